"""Finding a learning rate and a batch size by trying: live, one at a time, and only the suggestion is taken."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.driving import CSV, child, click, make_studio, wait_for, window_on
from tests.gui.test_flow import PlayedStudio
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import PhaseChanged
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.core.probes import BatchCurve, BatchPoint, RateCurve, RatePoint


def rates(stopped: Callable[[], bool], *, pause: float = 0.0) -> Iterator[Any]:
    """A curve that falls, then climbs; the suggestion is 0.0123."""
    yield PhaseChanged(phase="loading")
    points = []
    for step in range(1, 61):
        if stopped():
            yield RateCurve(ending="stopped")
            return
        time.sleep(pause)
        rate = 10 ** (-7 + 7 * step / 60)
        loss = 1.4 - 0.4 * math.tanh(step / 20) + max(0, step - 50) * 0.3
        points.append(RatePoint(step=step, learning_rate=rate, loss=loss, validation_loss=loss))
        yield points[-1]
    losses = tuple(point.loss for point in points)
    yield RateCurve(
        learning_rates=tuple(point.learning_rate for point in points),
        losses=losses,
        validation_losses=losses,
        trend=losses,
        suggested=0.01234,
        highest=0.1234,
        ending="diverged",
    )


def sizes(_stopped: Callable[[], bool]) -> Iterator[Any]:
    """Three sizes, of which the last does not fit."""
    points = (
        BatchPoint(batch_size=8, rows_per_second=40.0),
        BatchPoint(batch_size=16, rows_per_second=70.0),
        BatchPoint(batch_size=32, fits=False, memory=9 << 30),
    )
    yield from points
    yield BatchCurve(points=points, suggested=16, ending="memory")


@pytest.fixture
def studio(tmp_path: Path) -> Any:
    one = PlayedStudio(tmp_path, pause=0.02)
    one.asked = []

    def find_learning_rate(_plan: TrainingPlan, stopped: Callable[[], bool]) -> Iterator[Any]:
        one.asked.append(stopped)
        return rates(stopped, pause=one.slow)

    one.find_learning_rate = find_learning_rate
    one.probe_batch_size = lambda plan, stopped: sizes(stopped)
    one.slow = 0.0
    return one


@pytest.fixture
def window(qtbot: Any, studio: Any) -> Any:
    with window_on(qtbot, studio) as one:
        yield one


def find(window: Any, name: str = "learning_rate") -> Any:
    click(child(window, f"probe-{name}"))
    assert window.probing.dialog is not None
    return window.probing.dialog


def test_that_the_suggested_rate_is_marked_and_taken_with_one_click(qtbot: Any, window: Any) -> None:
    dialog = find(window)
    wait_for(qtbot, lambda: dialog.over)
    assert not dialog.isModal()
    assert dialog.raw.getData()[0][[0, -1]].tolist() == pytest.approx([-7 + 7 / 60, 0.0])
    assert dialog.mark.isVisible()
    assert 10 ** dialog.mark.value() == pytest.approx(0.012)
    assert "0.012" in dialog.state.text()
    before = window.session.draft.plan
    click(child(dialog, "probeUse"))
    assert window.session.draft.plan.learning_rate == 0.012
    assert window.probing.dialog is None
    window.session.draft.undo()
    assert window.session.draft.plan == before


def test_that_points_are_drawn_as_they_come_and_cancel_ends_it(qtbot: Any, window: Any, studio: Any) -> None:
    studio.slow = 0.02
    dialog = find(window)
    wait_for(qtbot, lambda: len(dialog._points) > 3)
    assert not dialog.over
    assert not child(dialog, "probeUse").isEnabled()
    before = window.session.draft.plan
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert studio.asked[0]()  # it is told at once, and looks at it before each step
    wait_for(qtbot, lambda: window.session.training.errand == "")
    assert window.session.draft.plan == before
    assert child(window, "trainButton").isEnabled()


def test_that_no_run_begins_while_rates_are_tried_and_none_are_tried_while_it_trains(
    qtbot: Any, window: Any, studio: Any
) -> None:
    studio.slow = 0.05
    dialog = find(window)
    assert not child(window, "trainButton").isEnabled()
    assert "learning rate" in child(window, "trainReason").text()
    assert not child(window, "probe-batch_size").isEnabled()
    assert not window.session.train()
    assert not window.session.training.start(lambda: None, lambda _answer: None)
    dialog.reject()
    wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())
    window.session.train()
    wait_for(qtbot, lambda: window.session.state == "running")
    assert not child(window, "probe-learning_rate").isEnabled()


def test_that_what_goes_wrong_is_said_in_the_window_that_asked(qtbot: Any, window: Any, studio: Any) -> None:
    def refuse(_plan: TrainingPlan, _stopped: Any) -> Iterator[Any]:
        yield PhaseChanged(phase="loading")
        raise WorkbenchError(Problem(code="M01", what="The model is gone.", remedy="Choose another."))

    studio.find_learning_rate = refuse
    dialog = find(window)
    wait_for(qtbot, lambda: dialog.over)
    assert "The model is gone." in dialog.state.text()
    dialog.reject()
    wait_for(qtbot, lambda: child(window, "trainButton").isEnabled())


def test_that_sizes_stand_as_bars_with_what_they_cost(qtbot: Any, window: Any) -> None:
    dialog = find(window, "batch_size")
    wait_for(qtbot, lambda: dialog.over)
    ticks = dialog.plot.getAxis("bottom")._tickLevels
    assert ticks == [[(0, "8"), (1, "16"), (2, "32")]]
    note = child(dialog, "probeNote").text()
    assert "speed only" in note
    assert "An epoch has 26 steps." in note
    click(child(dialog, "probeUse"))
    assert window.session.draft.plan.batch_size == 16


def test_that_closing_the_window_ends_the_search(qtbot: Any, window: Any, studio: Any) -> None:
    studio.slow = 0.05
    dialog = find(window)
    wait_for(qtbot, lambda: len(dialog._points) > 1)
    window.close()
    assert studio.asked[0]()
    assert window.probing.dialog is None
    wait_for(qtbot, lambda: window.session.training.errand == "")


def test_that_a_real_model_is_tried_and_nothing_of_it_is_kept(qtbot: Any, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    studio = make_studio(tmp_path)
    with window_on(qtbot, studio, sample=False) as window:
        window.commands.open_path(str(path))
        wait_for(qtbot, lambda: window.session.profile is not None)
        small = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 300})
        window.session.set_model(small)
        dialog = find(window)
        wait_for(qtbot, lambda: dialog.over, timeout=60000)
        assert dialog.curve is not None
        assert len(dialog._points) == len(dialog.curve.trend)
        assert (dialog.suggestion > 0) == child(dialog, "probeUse").isEnabled()
        dialog.reject()
    assert studio.runs() == []
