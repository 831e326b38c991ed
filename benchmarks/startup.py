"""How soon the window shows, and how soon Train can be pressed.

    python -m benchmarks.startup [--runs N]

Each run is a new process with an empty workspace; times are counted from the moment before it is started, so that
Python's own start is in them. Medians and the worst, in seconds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

CHILD = """
import sys, time
began = float(sys.argv[1])
from PySide6.QtCore import QTimer
from workbench.gui import app
from workbench.gui.main_window import MainWindow
class Watched(MainWindow):
    painted = False
    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            assert "torch" not in sys.modules
            print("paint", time.time() - began, flush=True)
            self.look = QTimer(self)
            self.look.timeout.connect(self.usable)
            self.look.start(5)
    def usable(self):
        if self.start_bar.button.isEnabled():
            self.look.stop()
            print("usable", time.time() - began, flush=True)
            self.close()
app.MainWindow = Watched
raise SystemExit(app.main([]))
"""


def measured(folder: str) -> dict[str, float]:
    """{"paint": seconds, "usable": seconds} of one new process."""
    environment = {
        **os.environ,
        "WORKBENCH_HOME": folder,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }
    command = [sys.executable, "-c", CHILD, str(time.time())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[0]: float(words[1]) for words in lines if len(words) == 2}


def main() -> None:
    """Print one line for each moment."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    runs = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(measured(folder))
    print("moment   median   worst")
    for moment in ("paint", "usable"):
        seconds = [run[moment] for run in runs]
        print(f"{moment:7} {statistics.median(seconds):7.2f} {max(seconds):7.2f}")


if __name__ == "__main__":
    main()
