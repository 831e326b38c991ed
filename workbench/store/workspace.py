"""The workspace: the one folder in which everything of ours lies."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from msgspec import Struct

from workbench.core.language import tr
from workbench.store import safe_io

_APP = "model-workbench"


class Workspace(Struct, frozen=True):
    """Where things lie in the workspace at `root` (an absolute path)."""

    root: Path

    @property
    def history(self) -> Path:
        """The SQLite file that indexes the runs."""
        return self.root / "history.sqlite"

    @property
    def runs(self) -> Path:
        """One folder for each run."""
        return self.root / "runs"

    @property
    def bin(self) -> Path:
        """Deleted runs, until they are purged."""
        return self.root / "bin"

    @property
    def models(self) -> Path:
        """Downloaded and imported models."""
        return self.root / "models"

    def create(self) -> None:
        """Make the folders that are missing. Raises OSError."""
        safe_io.make_folder(self.root, private=True)
        for folder in (self.runs, self.bin, self.models):
            safe_io.make_folder(folder)
        for folder in (self.root, self.runs, self.bin):
            safe_io.sweep(folder)
        readme = self.root / "README.txt"
        if not readme.exists():
            safe_io.write_text(readme, _readme())


def default_workspace() -> Path:
    """The folder of a user who chose none: in `$WORKBENCH_HOME` if that is set, else in the system's place for data."""
    home = os.environ.get("WORKBENCH_HOME")
    return Path(home).absolute() / "workspace" if home else Path(platformdirs.user_data_dir(_APP, appauthor=False))


def default_settings_path() -> Path:
    """The settings file: in `$WORKBENCH_HOME` if that is set, else in the system's place for settings."""
    home = os.environ.get("WORKBENCH_HOME")
    folder = Path(home).absolute() if home else Path(platformdirs.user_config_dir(_APP, appauthor=False))
    return folder / "settings.json"


def _readme() -> str:
    lines = (
        tr("This is the workspace of Model Workbench. Nothing in it leaves this computer."),
        "",
        "runs/           " + tr("One folder for each training run, with its model and a README.txt."),
        "bin/            " + tr("Deleted runs. They can be restored for 30 days."),
        "models/         " + tr("Models that you downloaded or imported."),
        "history.sqlite  " + tr("The index of all runs. It is built again from the run folders if it is lost."),
    )
    return "\n".join(lines) + "\n"
