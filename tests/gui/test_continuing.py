"""Continue a run that ended: what is suggested, what is shown, what is told."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui import fakes
from tests.gui.driving import child, click, write
from workbench.gui.continuing import ContinueDialog


@pytest.fixture
def dialog(qtbot: Any) -> ContinueDialog:
    plan = fakes.fake_plan(epochs=3, learning_rate=1e-4)
    ended = fakes.resumable(fakes.record(1, steps=60, total_steps=60))
    dialog = ContinueDialog(fakes.FakeStudio(), "reviews-1", plan, ended)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_that_as_many_epochs_again_are_suggested_and_the_difference_is_shown(dialog: ContinueDialog) -> None:
    assert dialog.changes == {"epochs": 6}
    assert dialog.lines.text() == "Epochs 3 → 6"
    write(child(dialog, "option-continue-learning_rate").lineEdit(), "3e-5")
    assert dialog.lines.text() == "Epochs 3 → 6\nLearning rate 0.0001 → 3e-5"


def test_that_continue_says_what_differs_and_nothing_else(dialog: ContinueDialog, qtbot: Any) -> None:
    write(child(dialog, "option-continue-epochs").lineEdit(), "5")
    with qtbot.waitSignal(dialog.chosen, timeout=1000) as caught:
        click(child(dialog, "continueGo"))
    assert caught.args == [{"epochs": 5}]


def test_that_a_run_that_ended_cannot_go_on_unchanged(dialog: ContinueDialog) -> None:
    click(child(dialog, "reset-continue-epochs"))
    assert not child(dialog, "continueGo").isEnabled()
    assert "Change a value first" in dialog.reason.text()
    write(child(dialog, "option-continue-epochs").lineEdit(), "abc")
    assert not child(dialog, "continueGo").isEnabled()


def test_that_escape_leaves_everything_as_it_was(dialog: ContinueDialog, qtbot: Any) -> None:
    with qtbot.assertNotEmitted(dialog.chosen):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_that_a_stopped_run_can_go_on_as_it_was_planned(qtbot: Any) -> None:
    stopped = fakes.resumable(fakes.record(1, steps=20, total_steps=60))
    dialog = ContinueDialog(fakes.FakeStudio(), "reviews-1", fakes.fake_plan(), stopped)
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.changes == {}
    assert dialog.lines.text() == "40 steps of the plan are left."
    with qtbot.waitSignal(dialog.chosen, timeout=1000) as caught:
        click(child(dialog, "continueGo"))
    assert caught.args == [{}]
