"""The card after a crash: one run at a time, in plain words, three verbs."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QLabel, QPushButton

from tests.gui import fakes
from tests.gui.driving import child, click, wait_for
from workbench.gui.panels.recovery import RecoveryCard


def card_of(qtbot: Any, *records: Any, **resumables: Any) -> RecoveryCard:
    studio = fakes.FakeStudio(records)
    studio.resumables.update(resumables)
    card = RecoveryCard(studio)
    qtbot.addWidget(card)
    card.told = []
    card.notified.connect(lambda text, undo: card.told.append((text, undo)))
    card.resize(700, 150)
    card.look()
    qtbot.waitUntil(lambda: card.first is not None, timeout=5000)
    return card


def broken(number: int, **more: Any) -> Any:
    return fakes.record(number, state="interrupted", steps=1240, total_steps=3000, **more)


def said(card: RecoveryCard) -> list[str]:
    """The texts on the card."""
    return [label.text() for label in card.findChildren(QLabel) if not label.isHidden() and label.text()]


def offered(card: RecoveryCard) -> list[str]:
    return [button.text() for button in card.findChildren(QPushButton) if not button.isHidden()]


def test_that_after_a_crash_the_card_says_what_stopped_where_and_offers_three_verbs(qtbot: Any) -> None:
    card = card_of(qtbot, broken(3))
    assert said(card) == ["Run “reviews-3” stopped at step 1,240 of 3,000.", "Nothing is lost."]
    assert offered(card) == ["Resume", "Keep the model", "Discard"]
    with qtbot.waitSignal(card.resume_requested, timeout=1000) as caught:
        click(child(card, "recoveryResume"))
    assert caught.args == ["run-3"]


def test_that_the_card_says_from_which_step_on_work_is_lost(qtbot: Any) -> None:
    record = broken(3)
    card = card_of(qtbot, record, **{"run-3": fakes.resumable(record, step=1200)})
    assert "Nothing before step 1,200 is lost." in said(card)


def test_that_several_runs_come_one_after_another_the_newest_first(qtbot: Any) -> None:
    card = card_of(qtbot, broken(3), broken(4), broken(5))
    assert said(card)[0].startswith("Run “reviews-5”")
    assert "2 more" in said(card)
    click(child(card, "recoveryKeep"))
    wait_for(qtbot, lambda: card.first.record.id == "run-4")
    assert card._studio.records["run-5"].state == "stopped"
    assert card.told[-1][0] == "The model of “reviews-5” is kept."
    click(child(card, "recoveryDiscard"))
    wait_for(qtbot, lambda: card.first.record.id == "run-3")
    assert card._studio.records["run-4"].deleted
    assert "more" not in " ".join(said(card))
    text, undo = card.told[-1]
    assert text == "“reviews-4” was discarded."
    undo()
    wait_for(qtbot, lambda: card.first.record.id == "run-4")
    assert not card._studio.records["run-4"].deleted


def test_that_a_changed_data_file_is_told_and_a_new_run_is_offered(qtbot: Any) -> None:
    record = broken(3)
    changed = fakes.resumable(record, changed_data="The file reviews.csv has changed.")
    card = card_of(qtbot, record, **{"run-3": changed})
    assert "The file reviews.csv has changed." in said(card)
    assert offered(card) == ["Continue with the old copy", "Start a new run", "Keep the model", "Discard"]
    with qtbot.waitSignal(card.anew_requested, timeout=5000) as caught:
        click(child(card, "recoveryNew"))
    assert caught.args == [fakes.fake_plan()]


def test_that_a_run_that_cannot_be_resumed_offers_no_resume_and_one_without_a_model_none_to_keep(qtbot: Any) -> None:
    card = card_of(qtbot, broken(3, best_step=0), **{"run-3": None})
    assert "It cannot be resumed." in said(card)
    assert offered(card) == ["Start a new run", "Discard"]


def test_that_no_verb_on_the_card_is_cut_where_the_window_is_narrow(qtbot: Any) -> None:
    record = broken(3)
    changed = fakes.resumable(record, changed_data="The file reviews.csv has changed.")
    card = card_of(qtbot, record, **{"run-3": changed})
    card.show()
    heights = []
    for width in (1000, 440, 300):
        card.resize(width, card.heightForWidth(width) if card.hasHeightForWidth() else 200)
        qtbot.wait(20)
        buttons = [button for button in card.findChildren(QPushButton) if button.isVisible()]
        assert [button.text() for button in buttons if button.width() < button.sizeHint().width()] == []
        rooms = [button.geometry() for button in buttons]
        assert not any(a.intersects(b) for place, a in enumerate(rooms) for b in rooms[:place])
        heights.append(buttons[0].parentWidget().height())
    assert heights == sorted(heights)
    assert heights[0] < heights[-1]


def test_that_the_decision_can_wait(qtbot: Any) -> None:
    card = card_of(qtbot, broken(3))
    click(card.later_button)
    assert card.isHidden()
    assert card._studio.records["run-3"].state == "interrupted"
