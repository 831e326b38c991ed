"""Studio: the door. It knows who does what, and does nothing itself."""

from __future__ import annotations

from pathlib import Path

from workbench.store import safe_io
from workbench.studio import exports, machine
from workbench.studio.runs import Predictor, load_predictor
from workbench.studio.starting import Starting


class Studio(Starting):
    """One workspace, its runs and models. Methods that read files or import torch say so: call them off the window."""

    def predictor(self, run: str) -> Predictor:
        """The kept model of a run, ready to answer. Imports torch and loads the model. Raises WorkbenchError."""
        record = self.run(run)
        return load_predictor(record, self._workspace.models)

    def write_file(self, path: str | Path, data: bytes) -> None:
        """Write `data` in one piece where the user asked for it. Raises WorkbenchError."""
        with exports.disk_errors(path):
            safe_io.write_bytes(Path(path), data)

    def export_predictions(self, path: str | Path, rows: list[dict[str, object]]) -> None:
        """Write predictions as CSV, with cells shielded that a spreadsheet would run. Raises WorkbenchError."""
        self.write_file(path, exports.csv_bytes(rows))

    def machine(self) -> machine.Machine:
        """Processor, threads and memory, as they are now."""
        return machine.look()
