"""The Inference tab, used by typing: the newest text wins, soon, and errors stand where they belong."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui import fakes
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.fields import TEXT, TEXT_PAIR
from workbench.core.predictions import Value
from workbench.gui.editors import TextEditor
from workbench.gui.panels.inference import InferencePanel


def make_panel(qtbot, studio: fakes.FakeStudio, run: str | None = "run-1") -> InferencePanel:
    panel = InferencePanel(studio)
    qtbot.addWidget(panel)
    panel.resize(700, 500)
    panel.show()
    qtbot.waitExposed(panel)
    if run:
        panel.set_run(run)
        qtbot.waitUntil(lambda: panel._predictor is not None, timeout=5000)
    return panel


@pytest.fixture
def studio() -> fakes.FakeStudio:
    return fakes.FakeStudio([fakes.record(n) for n in (1, 2)])


@pytest.fixture
def panel(qtbot, studio: fakes.FakeStudio) -> InferencePanel:
    return make_panel(qtbot, studio)


def answered(panel: InferencePanel, label: str) -> bool:
    if not panel.answer.answered:
        return False
    view = panel.answer.currentWidget()
    return view.verdict.text() == label


def box(panel: InferencePanel) -> TextEditor:
    return panel.editors[0].editor


def test_that_the_empty_page_explains_itself(qtbot) -> None:
    panel = make_panel(qtbot, fakes.FakeStudio(), run=None)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.empty.isVisible(), timeout=5000)
    assert panel.empty.title.text() == "No model to try yet"
    with qtbot.waitSignal(panel.sample_requested, timeout=1000):
        qtbot.mouseClick(panel.empty.action, Qt.MouseButton.LeftButton)


def test_that_the_answer_comes_while_typing_and_soon(panel: InferencePanel, qtbot) -> None:
    QTest.keyClicks(box(panel), "my money and more money")
    last_key = time.perf_counter()
    qtbot.waitUntil(lambda: answered(panel, "billing"), timeout=5000)
    took = time.perf_counter() - last_key
    assert took <= 0.3, f"{1000 * took:.0f} ms after the last key"


def test_that_fast_typing_asks_seldom(panel: InferencePanel, studio: fakes.FakeStudio, qtbot) -> None:
    QTest.keyClicks(box(panel), "a text of forty letters that comes fast.")
    qtbot.waitUntil(lambda: panel.answer.answered and panel._asked is None, timeout=5000)
    assert len(studio.answerer.asked) <= 3
    assert studio.answerer.asked[-1] == {"text": "a text of forty letters that comes fast."}


def test_that_the_newest_text_wins_over_a_slow_answer(qtbot) -> None:
    slow = fakes.FakePredictor(slow=0.3)
    panel = make_panel(qtbot, fakes.FakeStudio([fakes.record(1)], predictor=slow))
    seen = []
    real = panel.answer.show_prediction
    panel.answer.show_prediction = lambda prediction: (seen.append(prediction.label), real(prediction))
    QTest.keyClicks(box(panel), "money money")
    qtbot.waitUntil(lambda: len(slow.asked) == 1, timeout=5000)
    for text in ("one", "two", "three"):
        box(panel).set_value(text)
        qtbot.wait(20)
    qtbot.waitUntil(lambda: panel.answer.answered, timeout=5000)
    assert slow.asked == [{"text": "money money"}, {"text": "three"}]
    assert seen == ["technical"]


def test_that_an_empty_text_is_not_asked(panel: InferencePanel, studio: fakes.FakeStudio, qtbot) -> None:
    QTest.keyClicks(box(panel), "money")
    qtbot.waitUntil(lambda: panel.answer.answered, timeout=5000)
    QTest.keyClick(box(panel), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(box(panel), Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not panel.answer.answered, timeout=5000)
    asked = len(studio.answerer.asked)
    QTest.keyClicks(box(panel), "   ")
    qtbot.wait(250)
    assert len(studio.answerer.asked) == asked


def test_that_a_problem_is_told_inline_and_gone_with_the_next_answer(
    panel: InferencePanel, studio: fakes.FakeStudio, qtbot
) -> None:
    def refuse(question):
        raise WorkbenchError(Problem(code="I09", where="Text", what="This text is too strange.", remedy="Try another."))

    kept, studio.answerer.answer = studio.answerer.answer, refuse
    QTest.keyClicks(box(panel), "x")
    qtbot.waitUntil(lambda: panel.status.text() == "Text: This text is too strange. Try another.", timeout=5000)
    assert panel.status.property("role") == "danger"
    assert not panel.answer.answered
    studio.answerer.answer = kept
    QTest.keyClicks(box(panel), "y")
    qtbot.waitUntil(lambda: panel.answer.answered, timeout=5000)
    assert panel.status.text() == ""


def test_that_a_bug_shows_no_class_name(panel: InferencePanel, studio: fakes.FakeStudio, qtbot) -> None:
    studio.answerer.answer = lambda question: 1 / 0
    QTest.keyClicks(box(panel), "x")
    qtbot.waitUntil(lambda: panel.status.text() == "The model gave no answer. Sorry.", timeout=5000)


def test_that_a_run_without_a_model_says_so(qtbot) -> None:
    panel = make_panel(qtbot, fakes.FakeStudio([fakes.record(1, best_step=0)]), run=None)
    panel.set_run("run-1")
    qtbot.waitUntil(lambda: "This run kept no model." in panel.status.text(), timeout=5000)


def test_that_only_runs_that_kept_a_model_are_offered(qtbot) -> None:
    records = [fakes.record(1), fakes.record(2, best_step=0), fakes.record(3, state="running"), fakes.record(4)]
    panel = make_panel(qtbot, fakes.FakeStudio(records), run=None)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.chooser.count() == 2, timeout=5000)
    assert [panel.chooser.itemData(n) for n in range(2)] == ["run-4", "run-1"]
    assert panel.chooser.itemText(0) == "reviews-4: Macro-F1 0.54"


def test_that_the_newest_kept_model_is_opened_when_the_page_is_first_seen_and_not_before(qtbot, monkeypatch) -> None:
    records = [fakes.record(1), fakes.record(2), fakes.record(3, best_step=0)]
    studio = fakes.FakeStudio(records)
    loaded: list[str] = []
    load = studio.predictor
    monkeypatch.setattr(studio, "predictor", lambda run: (loaded.append(run), load(run))[1])
    panel = InferencePanel(studio)
    qtbot.addWidget(panel)
    panel.refresh()
    qtbot.waitUntil(lambda: len(panel._runs) == 2, timeout=5000)
    assert loaded == []
    panel.show()
    qtbot.waitUntil(lambda: panel._predictor is not None, timeout=5000)
    assert loaded == ["run-2"]
    assert panel.content.isVisible()
    assert panel.chooser.currentData() == "run-2"


def test_that_what_was_closed_is_not_opened_again_by_looking_at_the_page(panel: InferencePanel, qtbot) -> None:
    panel.set_run(None)
    panel.hide()
    panel.show()
    qtbot.waitUntil(lambda: panel._listing is not None and panel._listing.finished, timeout=5000)
    assert (panel.run_id, panel._predictor) == ("", None)


def test_that_a_text_that_is_read_in_part_says_so(panel: InferencePanel, studio: fakes.FakeStudio, qtbot) -> None:
    studio.answerer.longest = 3
    QTest.keyClicks(box(panel), "my money and more")
    qtbot.waitUntil(lambda: panel.status.text() == "Only the first 3 tokens were read.", timeout=5000)
    assert panel.answer.answered
    assert panel.status.property("role") == "muted"
    box(panel).set_value("my money")
    qtbot.waitUntil(lambda: panel.status.text() == "", timeout=5000)


def test_that_another_run_is_chosen_by_the_keyboard_and_the_text_stays(panel: InferencePanel, qtbot) -> None:
    qtbot.waitUntil(lambda: panel.chooser.count() == 2, timeout=5000)
    QTest.keyClicks(box(panel), "money")
    panel.chooser.setFocus()
    with qtbot.waitSignal(panel.run_changed, timeout=2000) as caught:
        QTest.keyClick(panel.chooser, Qt.Key.Key_Up)
    assert caught.args == ["run-2"]
    qtbot.waitUntil(lambda: answered(panel, "billing"), timeout=5000)
    assert box(panel).value() == "money"


def test_that_the_samples_own_examples_are_one_click_away(panel: InferencePanel, qtbot) -> None:
    assert [button.toolTip() for button in panel.examples.buttons] == [
        "Where is my money?",
        "The parcel & the box are late.",
    ]
    qtbot.mouseClick(panel.examples.buttons[1], Qt.MouseButton.LeftButton)
    assert box(panel).value() == "The parcel & the box are late."
    qtbot.waitUntil(lambda: panel.answer.answered, timeout=5000)


def test_that_two_fields_have_two_boxes_and_both_are_needed(qtbot) -> None:
    pair = fakes.FakePredictor(fields={"text": TEXT, "text_pair": TEXT_PAIR})
    panel = make_panel(qtbot, fakes.FakeStudio([fakes.record(1)], predictor=pair))
    assert [editor.label.text() for editor in panel.editors] == ["Text", "Second text"]
    QTest.keyClicks(panel.editors[0].editor, "money")
    qtbot.waitUntil(lambda: panel.status.text() == "Fill in every text.", timeout=5000)
    assert pair.asked == []
    QTest.keyClicks(panel.editors[1].editor, "back")
    qtbot.waitUntil(lambda: answered(panel, "billing"), timeout=5000)


def test_that_a_number_is_shown_with_the_training_rows(panel: InferencePanel, studio: fakes.FakeStudio, qtbot) -> None:
    studio.answerer.answer = lambda question: Value(value=8.5, mean=6.5, spread=2.0)
    QTest.keyClicks(box(panel), "lovely")
    qtbot.waitUntil(lambda: panel.answer.answered, timeout=5000)
    view = panel.answer.currentWidget()
    assert view.number.text() == "8.50"
    assert view.comment.text() == "1.0 spreads above the mean of the training rows."
    assert view.rows.text() == "Training rows: mean 6.50, spread 2.00."


def test_that_enter_belongs_to_the_input_method_while_it_composes(panel: InferencePanel, studio, qtbot) -> None:
    editor = box(panel)
    editor.setFocus()
    QApplication.sendEvent(editor, QInputMethodEvent("nihao", []))
    assert editor.composing == "nihao"
    assert editor.textCursor().block().layout().preeditAreaText() == "nihao"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert editor.value() == ""
    assert studio.answerer.asked == []
    done = QInputMethodEvent("", [])
    done.setCommitString("你好")
    QApplication.sendEvent(editor, done)
    assert editor.composing == ""
    assert editor.value() == "你好"
    qtbot.waitUntil(lambda: studio.answerer.asked == [{"text": "你好"}], timeout=5000)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert editor.value() == "你好\n"


def test_that_tab_leaves_the_text_box(panel: InferencePanel) -> None:
    box(panel).setFocus()
    QTest.keyClick(box(panel), Qt.Key.Key_Tab)
    assert not box(panel).hasFocus()
    assert box(panel).value() == ""


def test_that_a_panel_that_is_gone_hears_no_answer(qtbot) -> None:
    slow = fakes.FakePredictor(slow=0.2)
    panel = make_panel(qtbot, fakes.FakeStudio([fakes.record(1)], predictor=slow))
    QTest.keyClicks(box(panel), "money")
    qtbot.waitUntil(lambda: len(slow.asked) == 1, timeout=5000)
    panel.set_run(None)
    qtbot.wait(300)
    assert not panel.answer.answered
