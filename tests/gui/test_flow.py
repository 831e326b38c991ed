"""The whole way, as a person goes it: open, train, stop, try, close."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from tests.gui.driving import CSV, child, click, drop, make_studio, mime, wait_for, window_on, write
from tests.gui.fakes import FakeRun, whole_run
from workbench.core.errors import Problem, WorkbenchError
from workbench.gui.languages import set_language
from workbench.studio import Studio


class PlayedStudio:
    """The real studio, whose runs play given events instead of training."""

    def __new__(cls, folder: Path, *, pause: float = 0.0, events: Any = None) -> Any:
        studio = make_studio(folder)
        studio.started = []

        def start(plan: Any) -> FakeRun:
            run = FakeRun(whole_run(plan=plan) if events is None else events, folder, pause=pause)
            run.plan = plan
            studio.started.append(run)
            return run

        studio.start = start
        return studio


def test_that_the_window_opens_on_the_sample_ready_to_train(qtbot: Any, tmp_path: Path) -> None:
    with window_on(qtbot, make_studio(tmp_path)) as window:
        plan = window.session.draft.plan
        assert Path(plan.dataset.path).name == "customer_messages.csv"
        assert plan.dataset.columns == {"text": "message", "label": "topic"}
        assert plan.model.source in ("offline", "scratch")
        assert child(window, "trainButton").isEnabled()
        assert not child(window, "trainReason").isVisible()


def test_that_the_first_sample_is_in_the_language_of_the_window(qtbot: Any, tmp_path: Path) -> None:
    set_language("zh_CN")
    with window_on(qtbot, make_studio(tmp_path)) as window:
        sample = next(one for one in window.studio.samples() if one.path == window.session.draft.plan.dataset.path)
        assert sample.language == "zh"


def test_that_without_the_offline_model_a_new_one_is_chosen(qtbot: Any, tmp_path: Path, monkeypatch: Any) -> None:
    from workbench.engine import pretrained

    def missing() -> Path:
        raise WorkbenchError(Problem(code="M01", what="It is not installed."))

    monkeypatch.setattr(pretrained, "offline_model_folder", missing)
    with window_on(qtbot, make_studio(tmp_path)) as window:
        assert window.session.draft.plan.model.source == "scratch"
        assert child(window, "trainButton").isEnabled()


def test_that_one_click_trains_and_the_model_can_be_tried(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.001)
    with window_on(qtbot, studio) as window:
        button = child(window, "trainButton")
        click(button)
        assert button.text() != "Train"  # it answers at once
        wait_for(qtbot, lambda: window.session.state == "running")
        assert button.text() == "Stop and keep"
        wait_for(qtbot, lambda: window.session.state == "idle")
        assert button.text() == "Train"
        assert button.isEnabled()
        assert window.inference.run_id == studio.started[0].id
        assert window.progress.isVisible()


def test_that_stop_ends_the_run_and_the_page_is_ready_again(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    with window_on(qtbot, studio) as window:
        for _ in range(3):
            click(child(window, "trainButton"))
            wait_for(qtbot, lambda: window.session.state == "running")
            qtbot.wait(520)
            click(child(window, "trainButton"))
            assert window.session.state == "stopping"
            wait_for(qtbot, lambda: window.session.state == "idle")
            qtbot.wait(520)
            assert child(window, "trainButton").isEnabled()
        assert all(run.stopped for run in studio.started)


def test_that_a_small_model_is_really_trained_from_a_dropped_file(qtbot: Any, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(CSV, encoding="utf-8")
    before = file.stat().st_mtime_ns
    with window_on(qtbot, make_studio(tmp_path)) as window:
        assert drop(window, mime(file))
        wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(file))
        window.model_panel.combo.setFocus()
        while window.session.draft.plan.model.source != "scratch":
            QTest.keyClick(window.model_panel.combo, Qt.Key.Key_Down)
        window.settings_panel.more.unfold()
        write(child(window, "option-epochs").lineEdit(), "1")
        write(child(window, "option-model-hidden_size").lineEdit(), "16")
        wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running", 60000)
        wait_for(qtbot, lambda: window.session.state == "idle", 200000)
        assert [run.state for run in window.studio.runs()] == ["completed"]
        assert window.studio.runs()[0].best_step > 0
    assert file.stat().st_mtime_ns == before


def test_that_the_keyboard_alone_opens_trains_and_switches_pages(qtbot: Any, tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(CSV, encoding="utf-8")
    with window_on(qtbot, PlayedStudio(tmp_path)) as window:
        QGuiApplication.clipboard().setText(str(file))
        QTest.keyClick(window, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        wait_for(qtbot, lambda: window.session.draft.plan.dataset.path == str(file))
        QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        wait_for(qtbot, lambda: bool(window.studio.started) and window.session.state == "idle")
        QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
        assert window.tabs.currentWidget() is window.inference
        QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
        assert window.tabs.currentWidget() is window.runs


def test_that_closing_while_idle_asks_nothing(qtbot: Any, tmp_path: Path) -> None:
    with window_on(qtbot, make_studio(tmp_path)) as window:
        assert window.close()
        assert window.findChild(object, "decision") is None


def test_that_closing_while_training_asks_once_and_escape_goes_on(qtbot: Any, tmp_path: Path) -> None:
    with window_on(qtbot, PlayedStudio(tmp_path, pause=0.02)) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        assert not window.close()
        assert not window.close()
        dialogs = [one for one in window.findChildren(object) if one.objectName() == "decision"]
        assert len(dialogs) == 1
        QTest.keyClick(dialogs[0], Qt.Key.Key_Escape)
        assert window.isVisible()
        assert window.session.state == "running"
        wait_for(qtbot, lambda: window.session.state == "idle")


def test_that_closing_while_training_keeps_the_work_and_closes(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        window.close()
        click(child(window, "decision-0"))
        wait_for(qtbot, lambda: not window.isVisible())
        assert studio.started[0].stopped
        assert window.session.state == "idle"


def test_that_enter_in_the_question_pauses_and_closes(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        window.close()
        question = child(window, "decision")
        words = [button.text() for button in question.findChildren(QPushButton)]
        assert words == ["Cancel", "Stop, keep the model and close", "Pause and close"]
        QTest.keyClick(question, Qt.Key.Key_Return)
        assert window.session.state == "pausing"
        assert "closes by itself" in child(window, "banner-closing").text
        wait_for(qtbot, lambda: not window.isVisible())
        assert studio.started[0].paused
        assert not studio.started[0].stopped


def test_that_cancel_in_the_question_changes_nothing(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        window.close()
        click(child(window, "decision-cancel"))
        assert window.session.state == "running"
        assert window.isVisible()


def test_that_the_end_of_the_session_pauses_without_a_question(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path, pause=0.02)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        window.leaving.end_session()
        assert studio.started[0].paused
        assert window.session.state == "paused"
        assert window.findChild(object, "decision") is None
        wait_for(qtbot, lambda: not window.isVisible())


@pytest.mark.parametrize("times", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_that_closing_at_any_moment_ends_with_the_run_at_rest(qtbot: Any, tmp_path: Path, times: int) -> None:
    studio, dice = PlayedStudio(tmp_path, pause=0.001), random.Random(14)
    with window_on(qtbot, studio) as window:
        for _ in range(times):
            window.show()
            window.session.train()
            for _ in range(dice.randint(0, 12)):
                QApplication.processEvents()
            window.leaving.pause_and_close()
            wait_for(qtbot, lambda: not window.isVisible())
            assert window.session.training.ready
            assert not window.session.bridge.running


def test_that_stop_and_quit_closes_also_when_the_start_does_not_work(qtbot: Any, tmp_path: Path) -> None:
    studio, release = PlayedStudio(tmp_path), threading.Event()

    def start(plan: Any) -> Any:
        release.wait(20)
        raise WorkbenchError(Problem(code="S02", what="The disk is full."))

    studio.start = start
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        assert window.session.state == "starting"
        assert not window.close()
        click(child(window, "decision-0"))
        release.set()
        wait_for(qtbot, lambda: not window.isVisible())


def test_that_what_breaks_after_the_end_is_told(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path)

    def events(self: FakeRun) -> Any:
        yield from whole_run()
        raise ValueError("the history cannot be closed")

    studio.start = lambda plan: type("Late", (FakeRun,), {"events": events})([], tmp_path)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.findChild(object, "banner-late") is not None)
        assert window.session.state == "idle"
        assert "safe" in child(window, "banner-late").text


def test_that_a_run_that_breaks_leaves_the_page_ready(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path)

    class Panic(BaseException):
        pass

    def events(self: FakeRun) -> Any:
        yield from whole_run()[:8]
        raise Panic("the tokenizer panics")

    studio.start = lambda plan: type("Broken", (FakeRun,), {"events": events})([], tmp_path)
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "running")
        wait_for(qtbot, lambda: window.session.state == "idle")
        assert child(window, "trainButton").isEnabled()


def test_that_a_plan_that_cannot_start_says_why(qtbot: Any, tmp_path: Path) -> None:
    studio = PlayedStudio(tmp_path)

    def start(plan: Any) -> Any:
        raise WorkbenchError(Problem(code="S02", where="Disk", what="It is full.", remedy="Free some space."))

    studio.start = start
    with window_on(qtbot, studio) as window:
        click(child(window, "trainButton"))
        wait_for(qtbot, lambda: window.session.state == "idle")
        assert "It is full." in child(window, "banner-train").text


def test_that_a_void_qt_call_costs_no_reference_to_none(qtbot: Any) -> None:
    label = QLabel()
    before = sys.getrefcount(None)
    for _ in range(500):
        label.setText("x")
    assert before - sys.getrefcount(None) <= 50


CLOSE_WHILE_TRAINING = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget
from workbench.core.events import StepDone
from workbench.core.plan import ModelSpec
from workbench.gui import app
from workbench.gui.main_window import MainWindow
late = []
class Driven(MainWindow):
    def first_look(self, path=""):
        super().first_look(path)
        self.beats = []
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.drive)
        self.timer.start(20)
        self.session.run_events.connect(self.beats.extend)
    def drive(self):
        plan = self.session.draft.plan
        if plan is None or self.session.busy:
            return
        if plan.model.source != "scratch":
            self.session.set_model(ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2}))
            self.session.draft.replace(epochs=1000)
        elif self.session.state == "idle" and not self.beats and self.start_bar.button.isEnabled():
            self.start_bar.button.click()
        elif any(isinstance(event, StepDone) for event in self.beats):
            self.close()
            question = self.findChild(QWidget, "decision-0")
            self.timer.stop()
            question.click()
app.MainWindow = Driven
sys.exit(app.main([sys.argv[1]]))
"""


def test_that_the_application_closed_while_training_keeps_the_run_and_exits_with_zero(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(CSV, encoding="utf-8")
    environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-X", "faulthandler", "-c", CLOSE_WHILE_TRAINING, str(file)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    runs = Studio(tmp_path / "home" / "workspace", settings_path=tmp_path / "settings.json").runs()
    assert [run.state for run in runs] == ["stopped"]
    assert runs[0].best_step > 0
