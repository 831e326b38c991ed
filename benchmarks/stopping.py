"""How soon Stop is acknowledged, and how soon the run has ended and its model is kept.

    python -m benchmarks.stopping [--times N]

The real window trains its sample with the offline model; Stop is pressed at a random moment after the first step.
Milliseconds from the click to the window's word for it, and to the end of the run, beside the length of a step.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer

from workbench.core.events import RunFinished, StepDone
from workbench.gui.app import make_app, make_window
from workbench.studio import Studio


def wait(seconds: float) -> None:
    """Let the window live for `seconds`."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def stopped(window: object, delay: float) -> tuple[float, float, float]:
    """(acknowledged, ended, mean step) in milliseconds for one run that is stopped `delay` s after its first step."""
    session, steps, ended = window.session, [], []  # type: ignore[attr-defined]

    def listen(events: list[object]) -> None:
        steps.extend(event for event in events if isinstance(event, StepDone))
        ended.extend(time.perf_counter() for event in events if isinstance(event, RunFinished))

    session.run_events.connect(listen)
    window.start_bar.button.click()  # type: ignore[attr-defined]
    while not steps:
        wait(0.02)
    wait(delay)
    pressed = time.perf_counter()
    window.start_bar.button.click()  # type: ignore[attr-defined]
    while session.state == "running":
        wait(0.001)
    acknowledged = time.perf_counter()
    while session.state != "idle":
        wait(0.005)
    session.run_events.disconnect(listen)
    step = steps[-1].seconds / steps[-1].step
    return 1000 * (acknowledged - pressed), 1000 * (ended[-1] - pressed), 1000 * step


def main() -> int:
    """Print medians and the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    app = make_app(sys.argv[:1])
    moments, found = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        window = make_window(app, Studio(folder, settings_path=Path(folder) / "settings.json"))
        window.show()
        window.first_look("")
        while not window.start_bar.button.isEnabled():
            wait(0.1)
        for _ in range(options.times):
            found.append(stopped(window, moments.uniform(0, 3)))
        window.close()
        window.rest()
    print("           median   worst   ms")
    for title, values in zip(("told", "ended", "a step"), zip(*found, strict=True), strict=True):
        print(f"{title:8} {statistics.median(values):8.1f} {max(values):7.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
