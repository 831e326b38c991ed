"""Resume, continue, keep and discard, as a person does it: in the strip, in the list of runs, on the card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from tests.gui import fakes
from tests.gui.driving import child, click, make_studio, wait_for, window_on
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import RunFinished
from workbench.gui.panels.training import TrainingPanel
from workbench.gui.past import read_past

FAR = ("runs", "run", "curves", "events", "evaluations", "interrupted", "resumable", "resume", "keep", "delete")
FAR += ("restore", "plan_of", "rename", "predictor")
CONTROL = Qt.KeyboardModifier.ControlModifier


class FarStudio:
    """The real studio for data and models; its runs are those of a fake one, which also plays what is started."""

    def __new__(cls, folder: Path, *records: Any, pause: float = 0.01) -> Any:
        studio, far = make_studio(folder), fakes.FakeStudio(records)
        studio.far, studio.started = far, []
        for name in FAR:
            setattr(studio, name, getattr(far, name))

        def start(plan: Any) -> fakes.FakeRun:
            number = len(studio.started) + 11
            run = fakes.FakeRun(fakes.whole_run(plan=plan), folder, pause=pause, run_id=f"run-{number}")
            run.name, run.plan = f"reviews-{number}", plan
            far.records[run.id] = fakes.record(number, state="running", steps=0, total_steps=60)
            far.plans[run.id] = plan
            far.played[run.id] = run.made
            studio.started.append(run)
            return run

        studio.start = start
        return studio


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    with window_on(qtbot, FarStudio(tmp_path)) as one:
        yield one


def train(qtbot: Any, window: Any) -> fakes.FakeRun:
    """Press Train and wait for the first steps."""
    qtbot.wait(520)
    click(child(window, "trainButton"))
    wait_for(qtbot, lambda: window.session.state == "running" and len(losses(window)) > 3)
    return window.studio.started[-1]


def pause(qtbot: Any, window: Any) -> fakes.FakeRun:
    """Train and pause; the history says so afterwards."""
    run = train(qtbot, window)
    click(child(window, "progressPause"))
    wait_for(qtbot, lambda: window.session.state == "paused")
    record = window.studio.far.records[run.id]
    record.state, record.steps, record.best_step = "paused", len(losses(window)), 20
    return run


def losses(window: Any) -> list[float]:
    """The steps that are drawn."""
    return window.training.loss_plot.curves["raw"].track.x.tolist()


# In the strip.


def test_that_pause_answers_at_once_and_the_page_is_ready_for_other_work(qtbot: Any, window: Any) -> None:
    train(qtbot, window)
    click(child(window, "progressPause"))  # no event is waited for until it has answered
    assert child(window, "progressDoing").text() == "Pausing after this step…"
    assert not child(window, "progressPause").isEnabled()
    assert not child(window, "trainButton").isEnabled()
    wait_for(qtbot, lambda: window.session.state == "paused")
    assert child(window, "progressDoing").text() == f"Paused at step {len(losses(window))} of 60."
    assert child(window, "progressResume").isVisible()
    assert child(window, "trainButton").isEnabled()
    assert child(window, "trainButton").text() == "Train"


def test_that_resume_goes_on_with_the_curves_that_were_drawn_and_no_point_twice(qtbot: Any, window: Any) -> None:
    run = pause(qtbot, window)
    before = losses(window)
    click(child(window, "progressResume"))
    wait_for(qtbot, lambda: window.session.state == "running")
    assert losses(window)[: len(before)] == before
    assert window.progress.percent >= 15  # not from the beginning
    wait_for(qtbot, lambda: window.session.state == "idle")
    assert losses(window) == list(range(1, 61))
    assert window.studio.far.resumed == [(run.id, {})]


def test_that_the_keys_pause_and_resume(qtbot: Any, window: Any) -> None:
    run = train(qtbot, window)
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL)
    wait_for(qtbot, lambda: window.session.state == "paused")
    record = window.studio.far.records[run.id]
    record.state, record.steps = "paused", len(losses(window))
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    wait_for(qtbot, lambda: window.session.state == "running")
    assert window.studio.far.resumed == [(run.id, {})]


def test_that_the_menu_offers_what_can_be_done_and_nothing_else(qtbot: Any, window: Any) -> None:
    def enabled() -> set[str]:
        verbs = ("train", "pause", "resume", "stop", "discard")
        return {name for name in verbs if window.actions_.by_name[name].isEnabled()}

    assert enabled() == {"train"}
    run = train(qtbot, window)
    assert enabled() == {"pause", "stop", "discard"}
    run._pause = 0.3
    window.actions_.by_name["pause"].trigger()
    assert enabled() == {"stop", "discard"}
    wait_for(qtbot, lambda: window.session.state == "paused")
    assert enabled() == {"train", "resume", "discard"}


def test_that_discard_asks_nothing_and_can_be_undone(qtbot: Any, window: Any) -> None:
    run = train(qtbot, window)
    click(child(window, "progressDiscard"))
    assert child(window, "progressDoing").text() == "Discarding after this step."
    wait_for(qtbot, lambda: window.messages.toast.isVisible())
    assert window.findChild(QDialog, "decision") is None
    assert window.studio.far.records[run.id].deleted
    assert window.training.stack.currentWidget() is window.training.empty
    assert window.progress.isHidden()
    click(child(window, "toastUndo"))
    wait_for(qtbot, lambda: window.training.run_id == run.id)
    assert not window.studio.far.records[run.id].deleted


def test_that_a_paused_run_can_be_discarded_and_brought_back_to_be_resumed(qtbot: Any, window: Any) -> None:
    run = pause(qtbot, window)
    click(child(window, "progressDiscard"))
    wait_for(qtbot, lambda: window.messages.toast.isVisible())
    assert window.session.state == "idle"
    click(child(window, "toastUndo"))
    wait_for(qtbot, lambda: window.session.state == "paused")
    assert window.session.training.held.id == run.id
    assert child(window, "progressResume").isEnabled()


def test_that_keeping_the_model_of_a_paused_run_ends_it(qtbot: Any, window: Any) -> None:
    pause(qtbot, window)
    window.progress.keep_button.setVisible(True)
    click(child(window, "progressKeep"))
    wait_for(qtbot, lambda: window.session.state == "idle" and window.training.outcome.isVisible())
    assert "The model of step 20 is kept." in window.training.outcome.text.text()
    assert window.progress.isHidden()


def test_that_another_run_can_be_trained_while_one_is_paused(qtbot: Any, window: Any) -> None:
    first = pause(qtbot, window)
    second = train(qtbot, window)
    assert second.id != first.id
    assert window.session.training.held is None
    wait_for(qtbot, lambda: window.session.state == "idle")
    assert window.studio.far.records[first.id].state == "paused"


def test_that_a_resume_that_does_not_work_says_why_and_stays_possible(qtbot: Any, window: Any) -> None:
    pause(qtbot, window)
    window.studio.far.refusal = WorkbenchError(Problem(code="T17", what="The checkpoint is damaged."))
    click(child(window, "progressResume"))
    wait_for(qtbot, lambda: window.findChild(object, "banner-train") is not None)
    assert "damaged" in child(window, "banner-train").text
    assert child(window, "progressResume").isEnabled()


# In the Training tab.


@pytest.fixture
def panel(qtbot: Any) -> TrainingPanel:
    panel = TrainingPanel(fakes.FakeStudio([fakes.record(1, state="interrupted", steps=30, total_steps=60)]))
    qtbot.addWidget(panel)
    panel.resize(700, 520)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_that_what_comes_after_the_checkpoint_is_drawn_once(panel: TrainingPanel) -> None:
    run = fakes.FakeRun([], Path("/runs/run-1"))
    panel.begin(run)
    events = fakes.whole_run()
    panel.take([event for event in events if not hasattr(event, "step") or event.step <= 45])
    panel.begin(run, read_past(panel._studio, "run-1"))
    panel.take(fakes.whole_run(first_step=30))
    assert panel.loss_plot.curves["raw"].track.x.tolist() == list(range(1, 61))
    assert panel.loss_plot.curves["validation"].track.x.tolist() == [20, 40, 60]
    assert panel.metric_plot.curves["metric"].track.x.tolist() == [20, 40, 60]
    assert panel.report.history.content.rowCount() == 3
    whole = TrainingPanel(fakes.FakeStudio())
    whole.begin(run)
    whole.take(events)
    resumed, unbroken = (one.loss_plot.curves["smoothed"].track.y for one in (panel, whole))
    assert resumed.tolist() == pytest.approx(unbroken.tolist())
    assert panel.loss_plot.summary() == whole.loss_plot.summary()
    whole.deleteLater()


def test_that_the_best_model_of_before_the_checkpoint_counts_again(panel: TrainingPanel) -> None:
    run = fakes.FakeRun([], Path("/runs/run-1"))
    panel.begin(run)
    panel.take([event for event in fakes.whole_run() if not hasattr(event, "step") or event.step <= 45][:-1])
    assert panel.loss_plot.curves["best"].track.x.tolist() == [40]
    panel.begin(run, read_past(panel._studio, "run-1"))
    panel.take([fakes.started(first_step=30)])
    assert panel.loss_plot.curves["best"].track.x.tolist() == [20]
    assert panel.report.list.value.text() == "0.68"


def test_that_a_zoom_stays_when_a_run_is_resumed(panel: TrainingPanel) -> None:
    run = fakes.FakeRun([], Path("/runs/run-1"))
    panel.begin(run)
    panel.take(fakes.whole_run()[:40])
    panel.loss_plot.plot.setFocus()
    QTest.keyClick(panel.loss_plot.plot, Qt.Key.Key_Plus)
    box = panel.loss_plot.plot.getPlotItem().getViewBox()
    zoom = box.viewRange()
    panel.begin(run, read_past(panel._studio, "run-1"))
    panel.take(fakes.whole_run(first_step=30))
    assert box.viewRange() == zoom


def test_that_a_run_that_was_resumed_shows_each_look_once_and_its_last_end(panel: TrainingPanel, qtbot: Any) -> None:
    first = [event for event in fakes.whole_run() if getattr(event, "step", 0) <= 45][:-1]
    both = [*first, fakes.finished("paused", steps=45), *fakes.whole_run(first_step=30)]
    panel._studio.played["run-1"] = both
    panel._studio.curves = lambda run_id: fakes.curves(fakes.whole_run())
    panel._studio.records["run-1"].state = "completed"
    panel.show_run("run-1")
    wait_for(qtbot, lambda: panel.outcome.isVisible())
    assert panel.report.history.content.rowCount() == 3
    assert panel.outcome.text.text().startswith("Training is finished after 60 steps.")


def test_that_the_curves_so_far_are_there_before_the_first_new_event(panel: TrainingPanel) -> None:
    panel._studio.played["run-1"] = fakes.whole_run()[:40]
    panel.begin(fakes.FakeRun([], Path("/runs/run-1")), read_past(panel._studio, "run-1"))
    assert panel.stack.currentWidget() is panel.content
    assert len(panel.loss_plot.curves["raw"].track) > 20


def test_that_a_failed_run_offers_the_proposed_change_in_one_click(qtbot: Any, window: Any) -> None:
    end = fakes.finished("failed", steps=3, message="The loss became infinite.", mendable=True)
    end = msgspec.structs.replace(end, proposal={"learning_rate": 1e-5})
    before = window.session.draft.plan.learning_rate
    run = fakes.FakeRun([*fakes.whole_run()[:9], end], Path("/runs"), run_id="run-11")
    run.plan, started = window.session.draft.plan, window.studio.start
    window.studio.start = lambda plan: run
    click(child(window, "trainButton"))
    wait_for(qtbot, lambda: window.training.outcome.isVisible())
    button = child(window, "outcomeAgain")
    assert button.text() == "Try again with learning rate 1e-5"
    window.studio.start = started
    wait_for(qtbot, lambda: window.session.state == "idle")
    click(button)
    wait_for(qtbot, lambda: bool(window.studio.started))
    assert window.studio.started[0].plan.learning_rate == 1e-5
    assert window.session.draft.plan.learning_rate == 1e-5
    assert child(window, "option-learning_rate").value() == 1e-5
    window.actions_.by_name["undo"].trigger()
    assert window.session.draft.plan.learning_rate == before


def test_that_an_end_without_a_proposal_offers_none(panel: TrainingPanel) -> None:
    panel.begin(fakes.FakeRun([], Path("/runs/run-1")))
    panel.take([fakes.finished("failed", message="The file is gone.", mendable=True)])
    assert panel.outcome.again_button.isHidden()


# After a restart.


def restart(qtbot: Any, tmp_path: Path, *records: Any) -> Any:
    """A window on a studio that has these runs, as it looks some time after its start."""
    return window_on(qtbot, FarStudio(tmp_path, *records), sample=False)


def look_first(qtbot: Any, window: Any) -> None:
    """What happens after the first paint."""
    window.first_look()
    qtbot.wait(450)  # then the engine is got ready


def test_that_the_latest_run_is_shown_after_a_restart(qtbot: Any, tmp_path: Path) -> None:
    with restart(qtbot, tmp_path, fakes.record(1), fakes.record(2)) as window:
        look_first(qtbot, window)
        wait_for(qtbot, lambda: window.training.run_id == "run-2")
        assert len(losses(window)) == 60
        assert window.progress.isHidden()
        wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_a_run_paused_before_the_restart_is_resumed_with_one_click(qtbot: Any, tmp_path: Path) -> None:
    paused = fakes.record(2, state="paused", steps=30, total_steps=60)
    with restart(qtbot, tmp_path, fakes.record(1), paused) as window:
        made = [event for event in fakes.whole_run() if getattr(event, "step", 0) <= 30]
        window.studio.far.played["run-2"] = [event for event in made if not isinstance(event, RunFinished)]
        look_first(qtbot, window)
        wait_for(qtbot, lambda: window.session.state == "paused")
        assert child(window, "progressDoing").text() == "Paused at step 30 of 60."
        click(child(window, "progressResume"))
        wait_for(qtbot, lambda: window.session.state == "running")
        assert window.studio.far.resumed == [("run-2", {})]
        wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_one_click_on_the_card_goes_on_after_a_crash(qtbot: Any, tmp_path: Path) -> None:
    crashed = fakes.record(2, state="interrupted", steps=30, total_steps=60)
    with restart(qtbot, tmp_path, fakes.record(1), crashed) as window:
        look_first(qtbot, window)
        wait_for(qtbot, lambda: window.training.recovery.isVisible() and window.training.run_id == "run-2")
        assert [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()] == []
        qtbot.wait(50)
        assert window.progress.isHidden()  # the card offers it
        click(child(window, "recoveryResume"))
        wait_for(qtbot, lambda: window.session.state == "running")
        assert window.training.recovery.isHidden()
        wait_for(qtbot, lambda: window.session.state == "idle")
        assert window.training.recovery.isHidden()
        assert window.studio.far.resumed == [("run-2", {})]
        wait_for(qtbot, lambda: window.session.profile is not None)


def test_that_start_a_new_run_trains_the_settings_of_the_broken_one(qtbot: Any, window: Any) -> None:
    plan = window.session.draft.plan
    window.session.draft.replace(epochs=9)
    window.session.train_anew(msgspec.structs.replace(plan, name="reviews-3"))
    wait_for(qtbot, lambda: bool(window.studio.started))
    assert window.studio.started[0].plan == plan
    window.actions_.by_name["undo"].trigger()
    assert window.session.draft.plan.epochs == 9


# In the list of runs.


def choose_run(qtbot: Any, window: Any, run_id: str) -> Any:
    """Open the list and select a run; its button."""
    window.tabs.setCurrentWidget(window.runs)
    wait_for(qtbot, lambda: run_id in [one.id for one in window.runs.model.records])
    row = [one.id for one in window.runs.model.records].index(run_id)
    window.runs.table.selectRow(row)
    return child(window, "runsResume")


@pytest.mark.parametrize(
    ("state", "caption"),
    [("paused", "Resume"), ("interrupted", "Resume"), ("completed", "Continue…"), ("stopped", "Continue…")],
)
def test_that_the_list_offers_to_go_on_with_every_run(qtbot: Any, tmp_path: Path, state: str, caption: str) -> None:
    record = fakes.record(1, state=state, steps=60, total_steps=60)
    with restart(qtbot, tmp_path, record) as window:
        button = choose_run(qtbot, window, "run-1")
        assert button.text() == caption
        assert button.isEnabled()
        click(button)
        if caption == "Resume":
            wait_for(qtbot, lambda: window.studio.far.resumed == [("run-1", {})])
            wait_for(qtbot, lambda: window.tabs.currentWidget() is window.training)
        else:
            wait_for(qtbot, lambda: window.findChild(QDialog, "continueDialog") is not None)
            window.findChild(QDialog, "continueDialog").reject()


def test_that_nothing_is_resumed_while_a_run_is_going(qtbot: Any, tmp_path: Path) -> None:
    studio = FarStudio(tmp_path, fakes.record(1, state="paused"), pause=0.03)
    with window_on(qtbot, studio) as window:
        train(qtbot, window)
        assert not choose_run(qtbot, window, "run-1").isEnabled()
        window.session.stop()
        wait_for(qtbot, lambda: window.session.state == "idle")
        assert child(window, "runsResume").isEnabled()


def test_that_a_paused_run_that_is_deleted_in_the_list_is_not_offered_any_more(qtbot: Any, window: Any) -> None:
    run = pause(qtbot, window)
    choose_run(qtbot, window, run.id)
    click(child(window, "runsDelete"))
    wait_for(qtbot, lambda: window.session.state == "idle")
    assert window.progress.isHidden()


def test_that_a_run_that_kept_nothing_to_go_on_from_says_so(qtbot: Any, tmp_path: Path) -> None:
    with restart(qtbot, tmp_path, fakes.record(1)) as window:
        window.studio.far.resumables["run-1"] = None
        click(choose_run(qtbot, window, "run-1"))
        wait_for(qtbot, lambda: "nothing to go on from" in str(window.messages.past))
        assert window.findChild(QDialog, "continueDialog") is None
