"""Sweeps as a person makes them: ask, watch each run, compare, take the best."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.gui import fakes
from tests.gui.driving import CSV, child, choose, click, make_studio, wait_for, window_on, write
from workbench.core.events import RunFinished
from workbench.core.plan import PLAN_OPTIONS, Choice, ModelSpec
from workbench.gui.parallel import ParallelPlot, score_shares
from workbench.gui.spans import read_span, suggested_text
from workbench.gui.sweep_dialog import SweepDialog
from workbench.gui.sweep_view import SweepView
from workbench.gui.training_session import Begun, TrainingSession
from workbench.gui.trials import SweepJob, Trial, TrialBegun
from workbench.studio import Range, Sweep, SweepFinished, TrialFinished, sweep_table

OPTIONS = {option.name: option for option in PLAN_OPTIONS}
TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})


# What is written.


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1e-5, 3e-5", (1e-5, 3e-5)),
        ("1e-5，3e-5、1e-4", (1e-5, 3e-5, 1e-4)),
        ("1e-5 1e-5", (1e-5,)),
        ("1e-5 .. 1e-3", Range(low=1e-5, high=1e-3, log=True)),
        ("0.001 to 0.002", Range(low=0.001, high=0.002)),
        ("1e-5 到 1e-3", Range(low=1e-5, high=1e-3, log=True)),
        ("", None),
        ("1e-5, fast", None),
        ("1 .. 2 .. 3", None),
    ],
)
def test_that_values_and_ranges_are_read_as_people_write_them(text: str, span: object) -> None:
    assert read_span(text, OPTIONS["learning_rate"]) == span


def test_that_whole_numbers_stay_whole() -> None:
    assert read_span("1, 2", OPTIONS["epochs"]) == (1, 2)
    assert read_span("1..4", OPTIONS["epochs"]) == Range(low=1, high=4, whole=True)


def test_that_suggestions_lie_around_what_is_set() -> None:
    assert suggested_text(fakes.fake_plan(learning_rate=3e-5), OPTIONS["learning_rate"]) == "1e-5, 3e-5, 9e-5"
    assert suggested_text(fakes.fake_plan(epochs=1), OPTIONS["epochs"]) == "1, 2"


# The question.


@pytest.fixture
def dialog(qtbot: Any, tmp_path: Path) -> Any:
    one = SweepDialog(make_studio(tmp_path), fakes.fake_plan())
    one.asked = []
    one.chosen.connect(one.asked.append)
    qtbot.addWidget(one)
    one.show()
    return one


def test_that_enter_starts_with_the_values_as_they_are_written(dialog: SweepDialog) -> None:
    write(child(dialog, "sweepValues-0"), "1e-5, 1e-4")
    assert dialog.asked[0].space == {"learning_rate": (1e-5, 1e-4)}  # Enter starts


def test_that_two_settings_make_every_combination(dialog: SweepDialog) -> None:
    choose(child(dialog, "sweepKnob-1"), "epochs")
    dialog.rows[1]._offer()
    dialog.rows[0].text.setText("1e-5, 1e-4")
    dialog.rows[1].text.setText("1..3")
    assert child(dialog, "sweepCount").text().startswith("6 runs")
    click(child(dialog, "sweepStart"))
    asked = dialog.asked[0]
    assert (asked.method, asked.trials) == ("grid", 0)
    assert asked.space["epochs"] == Range(low=1, high=3, whole=True)


def test_that_a_setting_with_names_offers_all_of_them(dialog: SweepDialog) -> None:
    dialog.rows[0].choose("optimizer")
    assert not dialog.rows[0].text.isVisible()
    assert dialog.rows[0].span == ("adamw",)
    box = child(dialog, "sweepChoice-optimizer-sgd")
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert dialog.sweep.space == {"optimizer": ("adamw", "sgd")}


def test_that_a_range_of_fractions_is_searched_at_random(dialog: SweepDialog) -> None:
    dialog.rows[0].text.setText("1e-5 .. 1e-3")
    assert dialog.sweep.method == "random"
    assert child(dialog, "sweepCount").text().startswith("10 runs")
    write(child(dialog, "option-sweep-trials"), "4")
    assert child(dialog, "sweepCount").text().startswith("4 runs")


def test_that_what_cannot_be_tried_is_said_and_start_waits(dialog: SweepDialog) -> None:
    start, reason = child(dialog, "sweepStart"), child(dialog, "sweepReason")
    dialog.rows[0].text.setText("fast")
    assert not start.isEnabled()
    assert "fast" in reason.text()
    dialog.rows[0].text.setText("1e-5, 99")
    assert not start.isEnabled()
    assert "99" in reason.text()
    dialog.rows[0].text.setText("1e-5")
    dialog.rows[1].choose("learning_rate")
    assert "twice" in reason.text()
    dialog.rows[1].choose("")
    assert start.isEnabled()
    assert not reason.isVisible()


# The whole way, with real runs.


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Any:
    path = tmp_path / "days.csv"
    path.write_text(CSV, encoding="utf-8")
    with window_on(qtbot, make_studio(tmp_path), sample=False) as one:
        one.commands.open_path(str(path))
        wait_for(qtbot, lambda: one.session.profile is not None)
        plan = msgspec.structs.replace(one.session.draft.plan, model=TINY, epochs=1, batch_size=16, name="")
        one.session.draft.open(plan)
        yield one


def test_that_a_sweep_is_made_compared_and_its_best_taken(qtbot: Any, window: Any) -> None:
    window.actions_.by_name["sweep"].trigger()
    dialog = window.sweeping.dialog
    dialog.rows[0].text.setText("1e-6, 1e-2")
    dialog.heading.setText("tries")
    begun: list[TrialBegun] = []
    window.session.training.trial_begun.connect(begun.append)
    click(child(dialog, "sweepStart"))
    wait_for(qtbot, lambda: len(begun) == 2, timeout=60000)
    assert [one.values["learning_rate"] for one in begun] == [1e-6, 1e-2]
    wait_for(qtbot, lambda: window.session.training.ready, timeout=60000)
    assert window.training.run_id == begun[1].run.id
    assert window.training.name_label.text() == "tries-2, 2 of 2"
    assert len(window.training.loss_plot.curves["raw"].track) == begun[1].run.plan.epochs * 3
    banner = next(one for one in window.messages.banners if one.key == "sweep")
    assert "2 runs were made" in banner.text

    window.tabs.setCurrentWidget(window.runs)
    table = window.runs.table
    wait_for(qtbot, lambda: window.runs.model.rowCount() == 2 and not table.isColumnHidden(8))
    assert {window.runs.order.index(row, 8).data() for row in range(2)} == {"tries"}
    assert not child(window, "runsSweep").isVisible()
    table.selectAll()
    click(child(window, "runsSweep"))
    view = window.sweeping.view
    wait_for(qtbot, lambda: len(view.plot.lines) == 2)
    assert [axis.name for axis in view.plot.table.axes] == ["learning_rate", "score"]
    best = view.plot.table.lines[0]
    click(child(view, "sweepViewUse"))
    assert window.session.draft.plan.learning_rate == best.values[0]
    assert window.session.draft.plan.group == ""
    view.close()
    qtbot.wait(10)
    assert window.sweeping.view is None


def test_that_stop_ends_the_whole_sweep_and_keeps_what_is_there(qtbot: Any, window: Any) -> None:
    plan = msgspec.structs.replace(window.session.draft.plan, epochs=400)
    window.sweeping.start(Sweep(plan=plan, space={"learning_rate": (1e-5, 1e-4, 1e-3)}, heading="tries"))
    wait_for(qtbot, lambda: len(window.training.loss_plot.curves["raw"].track) > 2, timeout=60000)
    wait_for(qtbot, lambda: len(window.training.loss_plot.curves["raw"].track) > 30, timeout=60000)
    window.session.stop()
    wait_for(qtbot, lambda: window.session.training.ready, timeout=60000)
    assert [run.state for run in window.studio.runs()] == ["stopped"]
    assert window.session.state == "idle"

    made = window.studio.runs()[0].steps
    banner = next(one for one in window.messages.banners if one.key == "sweep")
    click(next(button for button in banner.findChildren(QPushButton) if button.text() == "Go on with it"))
    begun: list[TrialBegun] = []
    window.session.training.trial_begun.connect(begun.append)
    wait_for(qtbot, lambda: bool(begun), timeout=60000)
    assert begun[0].past is not None
    assert begun[0].past.steps == made  # from where it was stopped, not from the start
    wait_for(qtbot, lambda: window.training.loss_plot.curves["raw"].track.x[-1] > made, timeout=60000)
    steps = window.training.loss_plot.curves["raw"].track.x.tolist()
    assert steps == list(range(1, len(steps) + 1))
    window.session.stop()
    wait_for(qtbot, lambda: window.session.training.ready, timeout=60000)
    assert len(window.studio.runs()) == 1


def test_that_the_events_of_two_runs_never_come_together(qtbot: Any) -> None:
    plan = fakes.fake_plan(group="tries")
    first, second = (TrialBegun(Trial(f"run-{n}", f"tries-{n}", Path(), plan), n, 2, {}) for n in (1, 2))
    told = TrialFinished(number=1, run="run-1")
    run = fakes.FakeRun([first, *fakes.whole_run(), told, second, *fakes.whole_run(steps=120)], Path())
    owner = QObject()
    session = TrainingSession(fakes.FakeStudio(), owner)
    seen: list[Any] = []
    for signal in (session.trial_begun, session.sweep_told):
        signal.connect(seen.append)
    session.events.connect(seen.extend)
    assert session.start(lambda: Begun(run), lambda begun: begun)
    wait_for(qtbot, lambda: session.ready)
    owner.deleteLater()
    assert seen == [first, *fakes.whole_run(), told, second, *fakes.whole_run(steps=120)]


def test_that_a_sweep_that_was_made_before_ends_at_once(window: Any) -> None:
    sweep = Sweep(plan=window.session.draft.plan, space={"learning_rate": (1e-3,)}, heading="tries")
    for _turn in range(2):
        told = list(SweepJob(window.studio.sweep(sweep), window.studio).events())
    assert not any(isinstance(event, TrialBegun) for event in told)
    assert sum(isinstance(event, RunFinished) for event in told) == 1
    assert sum(isinstance(event, SweepFinished) for event in told) == 1


# The plot.


@pytest.fixture
def swept() -> fakes.FakeStudio:
    studio = fakes.FakeStudio([fakes.record(n, score=score) for n, score in enumerate((0.5, 0.9, 0.7, None), start=1)])
    rates, names = (1e-5, 1e-4, 1e-3, 1e-2), ("adamw", "sgd", "adamw", "sgd")
    for number, (rate, name) in enumerate(zip(rates, names, strict=True), start=1):
        studio.plans[f"run-{number}"] = fakes.fake_plan(learning_rate=rate, optimizer=Choice(name=name), group="tries")
    return studio


@pytest.fixture
def plot(qtbot: Any, swept: fakes.FakeStudio) -> ParallelPlot:
    one = ParallelPlot()
    qtbot.addWidget(one)
    one.resize(700, 360)
    one.show()
    qtbot.waitExposed(one)
    one.picks = []
    one.picked.connect(one.picks.append)
    one.show_table(sweep_table(list(swept.records.values()), swept.plans))
    return one


def test_that_each_run_is_a_line_through_its_values(plot: ParallelPlot) -> None:
    assert [axis.name for axis in plot.table.axes] == ["learning_rate", "optimizer", "score"]
    xs, ys = plot.lines["run-2"].getData()
    assert xs.tolist() == [0, 1, 2]
    assert ys.tolist() == pytest.approx([1 / 3, 1, 1])
    assert math.isnan(plot.lines["run-4"].getData()[1][-1])
    assert plot.readout.text().startswith("Best: reviews-2")


def test_that_the_colour_tells_the_score(plot: ParallelPlot) -> None:
    assert score_shares(plot.table) == pytest.approx({"run-1": 0.0, "run-2": 1.0, "run-3": 0.5})
    colours = {run: plot.lines[run].opts["pen"].color().name() for run in ("run-1", "run-2", "run-3")}
    assert len(set(colours.values())) == 3


def test_that_pointing_names_a_run_and_a_click_chooses_it(plot: ParallelPlot) -> None:
    box = plot.plot.getPlotItem().getViewBox()
    xs, ys = plot.lines["run-3"].getData()
    middle = QPointF((xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2)
    place = plot.plot.mapFromScene(box.mapViewToScene(middle))
    QTest.mouseMove(plot.plot.viewport(), place)
    plot._hovered(box.mapViewToScene(middle))
    assert plot.readout.text().startswith("reviews-3")
    QTest.mouseClick(plot.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert plot.picks == ["run-3"]


def test_that_the_arrows_go_from_the_best_run_to_the_next(plot: ParallelPlot) -> None:
    plot.plot.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(plot.plot, key)
    assert plot.picks == ["run-2", "run-3", "run-2"]


def test_that_line_and_row_are_chosen_together(qtbot: Any, swept: fakes.FakeStudio) -> None:
    view = SweepView(swept, "tries")
    view.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(view)
    view.show()
    wait_for(qtbot, lambda: len(view.plot.lines) == 4)
    assert child(view, "sweepViewUse").text() == "Use the best"
    view.list.selectRow(2)
    assert view.plot.chosen == "run-1"
    assert child(view, "sweepViewUse").text() == "Use “reviews-1”"
    view.plot.plot.setFocus()
    QTest.keyClick(view.plot.plot, Qt.Key.Key_Up)
    assert view.list.selectionModel().selectedRows()[0].row() == 1
    wanted: list = []
    view.wanted.connect(wanted.append)
    click(child(view, "sweepViewUse"))
    assert (wanted[0].learning_rate, wanted[0].group) == (1e-3, "")
