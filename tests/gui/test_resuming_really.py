"""Pause, restart and resume with the real engine: a small model, in the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gui.driving import CSV, child, click, make_studio, wait_for, window_on
from workbench.core.plan import ModelSpec
from workbench.studio import Studio

SMALL = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2})
LONG = 120_000  # milliseconds; torch may have to be imported first


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def open_plan(qtbot: Any, window: Any, file: Path, **changes: Any) -> None:
    """The small model on the file, and Train ready to be pressed."""
    window.commands.open_path(str(file))
    wait_for(
        qtbot, lambda: window.session.draft.plan is not None and window.session.draft.plan.dataset.path == str(file)
    )
    wait_for(qtbot, lambda: window.session.survey.state not in ("none", "looking"))
    window.session.set_model(SMALL)
    window.session.draft.replace(batch_size=1, **changes)  # many steps, few looks at the validation rows
    wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())


def steps(window: Any) -> list[float]:
    return window.training.loss_plot.curves["raw"].track.x.tolist()


def test_that_a_run_paused_resumed_and_continued_equals_one_that_was_never_stopped(
    qtbot: Any, tmp_path: Path, file: Path
) -> None:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as window:
        open_plan(qtbot, window, file, epochs=5)
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: len(steps(window)) > 3, LONG)
        click(child(window, "progressPause"))
        wait_for(qtbot, lambda: window.session.training.ready, LONG)
        assert window.session.state == "paused"
        paused_at = len(steps(window))
        assert 3 < paused_at < 170
        click(child(window, "progressResume"))
        wait_for(qtbot, lambda: window.session.state == "idle", LONG)
        total = len(steps(window))
        assert steps(window) == list(range(1, total + 1))
        resumed = window.studio.runs()[0]
        assert resumed.state == "completed"
        qtbot.wait(520)
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running", LONG)
        wait_for(qtbot, lambda: window.session.state == "idle", LONG)
        whole = window.studio.runs()[0]
        assert whole.id != resumed.id
        a, b = (window.studio.curves(run.id) for run in (resumed, whole))
        assert a.losses == b.losses
        assert a.validation == b.validation
        window.tabs.setCurrentWidget(window.runs)
        wait_for(qtbot, lambda: window.runs.model.rowCount() == 2)
        window.runs.table.selectRow(0)
        wait_for(qtbot, child(window, "runsResume").isEnabled)
        click(child(window, "runsResume"))
        wait_for(qtbot, lambda: window.findChild(object, "continueDialog") is not None)
        assert child(window, "continueChanges").text() == "Epochs 5 → 10"
        click(child(window, "continueGo"))
        wait_for(qtbot, lambda: window.session.state == "running", LONG)
        wait_for(qtbot, lambda: window.session.state == "idle", LONG)
        assert len(steps(window)) == 2 * total
        assert window.studio.plan_of(whole.id).epochs == 10


def test_that_a_paused_run_is_there_after_a_restart(qtbot: Any, tmp_path: Path, file: Path) -> None:
    with window_on(qtbot, make_studio(tmp_path), sample=False) as window:
        open_plan(qtbot, window, file, epochs=100)
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: len(steps(window)) > 3, LONG)
        window.leaving.pause_and_close()
        wait_for(qtbot, lambda: not window.isVisible(), LONG)
        made = len(steps(window))
    with window_on(qtbot, make_studio(tmp_path), sample=False) as window:
        window.running.first_look()
        wait_for(qtbot, lambda: window.session.state == "paused")
        assert len(steps(window)) == made
        click(child(window, "progressResume"))
        wait_for(qtbot, lambda: len(steps(window)) > made + 3, LONG)
        click(child(window, "progressStop"))
        wait_for(qtbot, lambda: window.session.state == "idle", LONG)
        assert window.studio.runs()[0].state == "stopped"


UNTIL_KILLED = """
import sys
from PySide6.QtCore import QTimer
from workbench.core.events import CheckpointSaved, StepDone
from workbench.core.plan import ModelSpec
from workbench.gui import app
from workbench.gui.main_window import MainWindow
class Driven(MainWindow):
    def first_look(self, path=""):
        super().first_look(path)
        self.steps = 0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.drive)
        self.timer.start(20)
        self.session.run_events.connect(self.count)
    def count(self, events):
        before, self.steps = self.steps, self.steps + sum(isinstance(event, StepDone) for event in events)
        if before == 0 and self.steps:
            print("training", flush=True)
        for event in events:
            if isinstance(event, CheckpointSaved):
                print("saved", flush=True)
    def drive(self):
        plan = self.session.draft.plan
        if plan is None or self.session.busy:
            return
        if plan.model.source != "scratch":
            self.session.set_model(ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2}))
            self.session.draft.replace(epochs=1000)
        elif self.session.state == "idle" and not self.steps and self.start_bar.button.isEnabled():
            self.timer.stop()
            self.start_bar.button.click()
app.MainWindow = Driven
sys.exit(app.main([sys.argv[1]]))
"""


def killed(tmp_path: Path, file: Path, number: int, word: str = "training") -> tuple[int, str, Studio]:
    """(exit status, what was said) of a window that gets the signal once it said `word`; a studio on what it left."""
    environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-X", "faulthandler", "-c", UNTIL_KILLED, str(file)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    line = ""
    while word not in line and (more := process.stdout.readline()):
        line += more
    process.send_signal(number)
    out, errors = process.communicate(timeout=120)
    studio = Studio(tmp_path / "home" / "workspace", settings_path=tmp_path / "settings.json")
    return process.returncode, line + out + errors, studio


@pytest.mark.skipif(sys.platform == "win32", reason="signals of other systems")
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_that_a_signal_pauses_and_closes_without_a_question(tmp_path: Path, file: Path, number: int) -> None:
    code, told, studio = killed(tmp_path, file, number)
    assert told.startswith("training"), told
    assert code == 0, told
    assert "QThread: Destroyed" not in told
    assert "Traceback" not in told
    [run] = studio.runs()
    assert run.state == "paused"
    assert studio.resumable(run.id).step == run.steps


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of other systems")
def test_that_after_a_kill_the_next_start_shows_the_card(qtbot: Any, tmp_path: Path, file: Path) -> None:
    code, _told, studio = killed(tmp_path, file, signal.SIGKILL, "saved")
    assert code == -signal.SIGKILL
    [run] = studio.interrupted()
    with window_on(qtbot, studio, sample=False) as window:
        window.running.first_look()
        wait_for(qtbot, lambda: window.training.recovery.isVisible())
        assert f"Run “{run.name}” stopped at step" in window.training.recovery.text.text()
        made = len(steps(window))
        click(child(window, "recoveryResume"))
        wait_for(qtbot, lambda: window.session.state == "running" and len(steps(window)) > made + 3, LONG)
        assert steps(window) == list(range(1, len(steps(window)) + 1))
