"""How late the window is while a model is loaded, trained, evaluated and saved.

    python -m benchmarks.heartbeat [--epochs N]

The real window trains its sample; a timer asks to be called every 10 ms, and each call notes by how much it came late.
The table says it by phase. Run it on a quiet machine; offscreen, unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer

BEAT = 0.010


class Heartbeat(QObject):
    """Notes how late each beat comes, by phase, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.phase = "starting"
        self.late: dict[str, list[float]] = defaultdict(list)
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(int(BEAT * 1000))

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late[self.phase].append(max(0.0, now - self._last - BEAT) * 1000)
        self._last = now


def main() -> int:
    """Train the sample in the window; print one line for each phase."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    from workbench.core.events import PhaseChanged, RunStarted, StepDone
    from workbench.gui.app import make_app, make_window
    from workbench.studio import Studio

    app = make_app(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        window = make_window(app, Studio(folder, settings_path=Path(folder) / "settings.json"))
        window.show()
        heart = Heartbeat()
        QTimer.singleShot(0, window, lambda: window.first_look(""))

        last: list[StepDone] = []

        def listen(events: list[object]) -> None:
            for event in events:
                if isinstance(event, PhaseChanged):
                    heart.phase = event.phase
                elif isinstance(event, RunStarted):
                    heart.phase = "training"
                elif isinstance(event, StepDone):
                    last[:] = [event]

        def begin() -> None:
            window.session.draft.replace(epochs=options.epochs)
            window.session.run_events.connect(listen)
            window.session.run_ended.connect(lambda _: QTimer.singleShot(1000, window.close))
            window.session.train()

        QTimer.singleShot(8000, window, begin)
        code = app.exec()
        window.rest()
    print(f"{'phase':12} {'beats':>7} {'p50':>7} {'p99':>7} {'worst':>7}   ms late")
    everything = [beat for beats in heart.late.values() for beat in beats]
    for phase, late in [*heart.late.items(), ("all", everything)]:
        print(f"{phase:12} {len(late):7} {np.median(late):7.1f} {np.percentile(late, 99):7.1f} {max(late):7.1f}")
    if last:
        print(f"{last[0].rows / last[0].seconds:.1f} rows a second")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
