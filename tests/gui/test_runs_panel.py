"""The Runs tab: sort, filter, rename, compare, delete and take it back."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget

from tests.gui import fakes
from workbench.core.plan import Choice
from workbench.gui.compare import TRAINING
from workbench.gui.messages import Messages
from workbench.gui.panels.runs import RunsPanel


@pytest.fixture
def studio() -> fakes.FakeStudio:
    states = ("completed", "failed", "stopped", "running")
    studio = fakes.FakeStudio([fakes.record(n, state=state) for n, state in enumerate(states, start=1)])
    studio.records["run-2"].best_step = 0
    studio.plans = {
        "run-1": fakes.fake_plan(name="a", learning_rate=1e-4),
        "run-3": fakes.fake_plan(name="b", learning_rate=3e-4, optimizer=Choice(name="sgd")),
    }
    studio.played["run-3"] = fakes.whole_run(steps=120)
    return studio


@pytest.fixture
def panel(qtbot, studio: fakes.FakeStudio) -> RunsPanel:
    panel = RunsPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(700, 560)
    panel.show()
    qtbot.waitExposed(panel)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4, timeout=5000)
    return panel


def column(panel: RunsPanel, number: int) -> list[str]:
    return [panel.order.index(row, number).data() for row in range(panel.order.rowCount())]


def choose(panel: RunsPanel, *names: str) -> None:
    """Click the rows with these names, holding Ctrl after the first."""
    for place, name in enumerate(names):
        row = column(panel, 0).index(name)
        spot = panel.table.visualRect(panel.order.index(row, 0)).center()
        hold = Qt.KeyboardModifier.ControlModifier if place else Qt.KeyboardModifier.NoModifier
        QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, hold, spot)


def press(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_that_an_empty_workspace_explains_itself(qtbot) -> None:
    panel = RunsPanel(fakes.FakeStudio())
    qtbot.addWidget(panel)
    panel.show()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.empty.isVisible(), timeout=5000)
    assert panel.empty.title.text() == "No runs yet"


def test_that_a_run_is_told_in_words(panel: RunsPanel) -> None:
    row = column(panel, 0).index("reviews-3")
    cells = [panel.order.index(row, number).data() for number in range(7)]
    assert cells == [
        "reviews-3",
        "Text classification",
        "all-MiniLM-L6-v2",
        "stopped by you",
        "Macro-F1 0.53",
        "300",
        "1:03",
    ]


def test_that_columns_sort_by_value(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    studio.records["run-1"].steps = 1000
    panel.refresh()
    qtbot.waitUntil(lambda: "1000" in column(panel, 5), timeout=5000)
    panel.table.sortByColumn(5, Qt.SortOrder.AscendingOrder)
    assert column(panel, 5) == ["200", "300", "400", "1000"]


def test_that_the_filter_looks_at_every_column(panel: RunsPanel) -> None:
    QTest.keyClick(panel.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert panel.filter.hasFocus()
    QTest.keyClicks(panel.filter, "stopped BY")
    assert column(panel, 0) == ["reviews-3"]


def test_that_five_hundred_runs_are_listed_within_200_ms(qtbot) -> None:
    panel = RunsPanel(fakes.FakeStudio([fakes.record(n) for n in range(1, 501)]))
    qtbot.addWidget(panel)
    panel.show()
    began = time.perf_counter()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.order.rowCount() == 500, timeout=5000)
    took = time.perf_counter() - began
    assert took <= 0.5, f"{1000 * took:.0f} ms"  # 200 ms on a quiet machine


def test_that_a_run_is_renamed_in_place(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    choose(panel, "reviews-1")
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    QTest.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(editor, "first try")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "first try" in column(panel, 0), timeout=5000)
    assert studio.records["run-1"].name == "first try"
    assert [run.id for run in panel.selected()] == ["run-1"]


def test_that_a_name_that_is_taken_is_told_and_the_old_one_stays(panel: RunsPanel, qtbot) -> None:
    choose(panel, "reviews-1")
    with qtbot.waitSignal(panel.notified, timeout=5000) as caught:
        panel.model.setData(panel.model.index(3, 0), "reviews-3")
    assert "Another run is called “reviews-3”." in caught.args[0]
    qtbot.waitUntil(lambda: "reviews-1" in column(panel, 0), timeout=5000)


def test_that_a_deleted_run_comes_back_with_undo(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    choose(panel, "reviews-1")
    with qtbot.waitSignal(panel.notified, timeout=5000) as caught:
        QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    text, undo = caught.args
    assert text == "“reviews-1” was deleted."
    qtbot.waitUntil(lambda: "reviews-1" not in column(panel, 0), timeout=5000)
    undo()
    qtbot.waitUntil(lambda: "reviews-1" in column(panel, 0), timeout=5000)
    assert not studio.records["run-1"].deleted


def test_that_ctrl_z_takes_a_deletion_back_once_and_the_keyboard_stays_on_the_list(
    panel: RunsPanel, studio: fakes.FakeStudio, qtbot
) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    other, undone = QPushButton("other"), []
    bar = QWidget()
    row = QHBoxLayout(bar)
    row.addWidget(other)
    row.addWidget(panel)
    window.setCentralWidget(bar)
    action = QAction(window, shortcut=QKeySequence("Ctrl+Z"))  # as in the menus: it undoes settings
    action.triggered.connect(lambda: undone.append(1))
    window.addAction(action)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    choose(panel, "reviews-1")
    panel.buttons.delete_button.setFocus()
    with qtbot.waitSignal(panel.notified, timeout=5000):
        press(panel.buttons.delete_button)
    qtbot.waitUntil(lambda: "reviews-1" not in column(panel, 0), timeout=5000)
    assert panel.table.hasFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "reviews-1" in column(panel, 0), timeout=5000)
    assert undone == []
    assert panel.table.hasFocus()
    QTest.keyClick(panel.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    assert not studio.records["run-1"].deleted
    panel.setParent(None)


def test_that_the_keyboard_is_on_the_list_after_undo_in_the_toast(qtbot, studio: fakes.FakeStudio) -> None:
    window, page = QMainWindow(), QWidget()
    qtbot.addWidget(window)
    messages, panel = Messages(window), RunsPanel(studio)
    column_of = QVBoxLayout(page)
    for part in (QLineEdit(), messages, panel):  # the first is where the focus would go
        column_of.addWidget(part)
    window.setCentralWidget(page)
    panel.notified.connect(messages.notify)
    window.resize(800, 600)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4, timeout=5000)
    choose(panel, "reviews-1")
    press(panel.buttons.delete_button)
    qtbot.waitUntil(lambda: messages.toast.isVisible() and panel.model.rowCount() == 3, timeout=5000)
    messages.toast.undo_button.setFocus()
    press(messages.toast.undo_button)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 4, timeout=5000)
    assert panel.table.hasFocus()


def test_that_the_keyboard_stays_on_the_list_after_restoring(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    studio.records["run-1"].deleted = True
    panel.activateWindow()
    panel.bin_box.setChecked(True)
    qtbot.waitUntil(lambda: column(panel, 0) == ["reviews-1"], timeout=5000)
    choose(panel, "reviews-1")
    panel.buttons.restore_button.setFocus()
    press(panel.buttons.restore_button)
    qtbot.waitUntil(lambda: column(panel, 0) == [], timeout=5000)
    assert panel.table.hasFocus()


def test_that_the_row_of_a_run_that_is_going_follows_it(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    choose(panel, "reviews-4")
    row = column(panel, 0).index("reviews-4")
    studio.records["run-4"] = fakes.record(4, state="running", steps=777, seconds=125)
    qtbot.waitUntil(lambda: column(panel, 5)[row] == "777", timeout=3000)
    assert column(panel, 6)[row] == "2:05"
    assert [run.id for run in panel.selected()] == ["run-4"]
    assert panel.follower._beat.interval() >= 1000
    panel.hide()
    assert not panel.follower._beat.isActive()
    panel.show()
    studio.records["run-4"] = fakes.record(4)
    qtbot.waitUntil(panel.buttons.delete_button.isEnabled, timeout=3000)
    assert not panel.follower._beat.isActive()


def test_that_rows_reach_the_right_edge_at_every_width(panel: RunsPanel, qtbot) -> None:
    for width in (1500, 1800):
        panel.resize(width, 560)
        header = panel.table.horizontalHeader()
        qtbot.waitUntil(lambda: header.length() >= panel.table.viewport().width() > 1000, timeout=2000)  # noqa: B023
    panel.resize(600, 560)
    qtbot.waitUntil(lambda: panel.table.viewport().width() < 600, timeout=2000)
    assert panel.table.columnWidth(7) >= panel.table.sizeHintForColumn(7)
    assert not panel.table._sized_by_user


def test_that_deleted_runs_can_be_restored_later(panel: RunsPanel, studio: fakes.FakeStudio, qtbot) -> None:
    choose(panel, "reviews-1", "reviews-3")
    with qtbot.waitSignal(panel.notified, timeout=5000) as caught:
        press(panel.buttons.delete_button)
    assert caught.args[0] == "2 runs were deleted."
    panel.bin_box.setFocus()
    QTest.keyClick(panel.bin_box, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: sorted(column(panel, 0)) == ["reviews-1", "reviews-3"], timeout=5000)
    assert panel.buttons.delete_button.isHidden()
    choose(panel, "reviews-3")
    press(panel.buttons.restore_button)
    qtbot.waitUntil(lambda: column(panel, 0) == ["reviews-1"], timeout=5000)
    assert not studio.records["run-3"].deleted


def test_that_a_run_that_is_going_cannot_be_deleted_or_tried(panel: RunsPanel) -> None:
    choose(panel, "reviews-4")
    assert not panel.buttons.delete_button.isEnabled()
    assert not panel.buttons.try_button.isEnabled()
    choose(panel, "reviews-2")
    assert panel.buttons.delete_button.isEnabled()
    assert not panel.buttons.try_button.isEnabled()


def test_that_enter_tries_the_model_of_a_run(panel: RunsPanel, qtbot) -> None:
    choose(panel, "reviews-1")
    with qtbot.waitSignal(panel.open_requested, timeout=1000) as caught:
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert caught.args == ["run-1"]
    with qtbot.waitSignal(panel.show_requested, timeout=1000) as caught:
        press(panel.buttons.show_button)
    assert caught.args == ["run-1"]


def test_that_chosen_runs_lie_over_each_other_with_what_differs(panel: RunsPanel, qtbot) -> None:
    choose(panel, "reviews-1", "reviews-3")
    qtbot.waitUntil(lambda: len(panel.compare._told) == 2, timeout=5000)
    assert sorted(panel.compare.plot.legend.texts()) == ["reviews-1", "reviews-3"]
    curves = panel.compare.plot.curves
    assert curves["run-1"].track.x.tolist() == [20, 40, 60]
    assert curves["run-3"].track.x.tolist() == [40, 80, 120]
    looks = {(c.style.colour, c.style.dash, c.style.symbol) for c in curves.values()}
    assert len(looks) == 2
    content = panel.compare.table.content
    assert content.titles == ["reviews-3", "reviews-1"]
    settings = {
        title: [cell.text for cell in row]
        for title, row in zip(content.row_titles, content.rows, strict=True)
        if row[0].shade
    }
    assert settings == {
        "Learning rate": ["0.0003", "0.0001"],
        "Optimizer": ["Gradient descent (SGD)", "AdamW"],
        "Beta 1": ["–", "0.9"],
        "Beta 2": ["–", "0.999"],
        "Weight decay": ["–", "0.01"],
    }
    measures = dict(zip(content.row_titles, content.rows, strict=True))
    assert [cell.text[:6] for cell in measures["Macro-F1"]] == ["0.88 ("] * 2


def test_that_the_compared_quantity_can_be_chosen(panel: RunsPanel, qtbot) -> None:
    choose(panel, "reviews-1", "reviews-3")
    qtbot.waitUntil(lambda: len(panel.compare._told) == 2, timeout=5000)
    panel.compare.chooser.setFocus()
    QTest.keyClick(panel.compare.chooser, Qt.Key.Key_Down)
    assert panel.compare.chooser.currentData() == TRAINING
    assert len(panel.compare.plot.curves["run-3"].track) == 120
    QTest.keyClick(panel.compare.chooser, Qt.Key.Key_Down)
    assert panel.compare.plot.bounds() == (0.0, 1.0)


def test_that_more_than_ten_runs_are_not_drawn_and_that_this_is_said(qtbot) -> None:
    panel = RunsPanel(fakes.FakeStudio([fakes.record(n) for n in range(1, 14)]))
    qtbot.addWidget(panel)
    panel.show()
    panel.refresh()
    qtbot.waitUntil(lambda: panel.order.rowCount() == 13, timeout=5000)
    panel.table.selectAll()
    qtbot.waitUntil(lambda: len(panel.compare._told) == 10, timeout=5000)
    assert panel.compare.note.text() == "3 more runs are not drawn."


def test_that_measures_stand_with_how_far_they_can_be_trusted(panel: RunsPanel, qtbot) -> None:
    choose(panel, "reviews-1", "reviews-3")
    qtbot.waitUntil(lambda: len(panel.compare._told) == 2, timeout=5000)
    content = panel.compare.table.content
    accuracy = dict(zip(content.row_titles, content.rows, strict=True))["Accuracy"]
    # Wilson's interval of 90 of 100 rows.
    assert [cell.text for cell in accuracy] == ["0.90 (0.83 to 0.94)"] * 2
    assert "100 rows" in accuracy[0].help


def test_that_ctrl_c_copies_the_list(panel: RunsPanel) -> None:
    panel.table.setFocus()
    panel.table.selectAll()
    QTest.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines[0].split("\t")[0] == "Name"
    assert len(lines) == 5
