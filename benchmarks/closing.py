"""Closes the window at random moments of a training; each time it must exit with 0 and have lost nothing.

    python -m benchmarks.closing [--times N] [--seed S]

Each time is a process of its own that trains a small model in the real window. The moment lies anywhere between the
click on Train and some seconds later: while importing, reading, tokenizing, training, evaluating or saving. Afterwards
the history must be sound, the run's end be known, and a model that was announced as saved must answer.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

CHILD = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from workbench.core.plan import ModelSpec
from workbench.gui import app
from workbench.gui.main_window import MainWindow
delay = int(sys.argv[1])
class Hurried(MainWindow):
    def first_look(self, path=""):
        super().first_look(path)
        self.pressed = False
        self.looker = QTimer(self)
        self.looker.timeout.connect(self.look)
        self.looker.start(20)
    def look(self):
        session = self.session
        if session.draft.plan is None or session.busy:
            return
        if session.draft.plan.model.source != "scratch":
            session.set_model(ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2}))
            session.draft.replace(epochs=1000, evaluate_every=5)
        elif self.start_bar.button.isEnabled() and not self.pressed:
            self.pressed = True
            self.looker.stop()
            self.start_bar.button.click()
            QTimer.singleShot(delay, self, self.leave)
    def leave(self):
        self.asked_at = time.perf_counter()
        self.close()
        question = self.findChild(QWidget, "decision-0")
        if question is not None:
            question.click()
app.MainWindow = Hurried
raise SystemExit(app.main([]))
"""


def closed(home: Path, delay: int) -> tuple[int, str]:
    """(exit status, the state of the run) after a window that is closed `delay` ms after the click on Train."""
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(home),
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
    }
    command = [sys.executable, "-X", "faulthandler", "-c", CHILD, str(delay)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
    return done.returncode, state_of(home)


def state_of(home: Path) -> str:
    """What the history says of the only run; a kept model that is not whole raises."""
    from workbench.studio import Studio

    studio = Studio(home / "workspace", settings_path=home / "settings.json")
    runs = studio.runs()
    if not runs:
        return "no run yet"
    (run,) = runs
    events = [json.loads(line) for line in (Path(run.folder) / "events.jsonl").read_text("utf-8").splitlines()]
    if any(event["event"] == "ModelSaved" for event in events):
        studio.predictor(run.id).predict([{"text": "where is my parcel"}])
    ended = bool(events) and events[-1]["event"] == "RunFinished"
    studio.history.close()
    return run.state if ended else f"{run.state} without an end"


def main() -> int:
    """Print how often each state was found; 1 if any window did not exit with 0 or any run has no end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    moments = random.Random(options.seed)
    found: collections.Counter[tuple[int, str]] = collections.Counter()
    for _ in range(options.times):
        with tempfile.TemporaryDirectory() as folder:
            found[closed(Path(folder), moments.randrange(0, 9000))] += 1
    for (status, state), times in found.most_common():
        print(f"exit {status}, {state}: {times}")
    return int(any(status or "without" in state for status, state in found))


if __name__ == "__main__":
    raise SystemExit(main())
