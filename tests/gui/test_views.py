"""What a prediction looks like: every number, sorted, copyable, and doubt in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from workbench.core.predictions import Scores, Value
from workbench.gui.value_view import place_text
from workbench.gui.views import PredictionView, ScoresView, comment_text, probability_text


def scores(*logits: float, labels: tuple[str, ...] = ()) -> Scores:
    total = sum(map(math.exp, logits))
    return Scores(
        labels=labels or tuple(f"class {n}" for n in range(len(logits))),
        logits=logits,
        probabilities=tuple(math.exp(logit) / total for logit in logits),
    )


@pytest.fixture
def view(qtbot):
    view = ScoresView()
    qtbot.addWidget(view)
    view.resize(420, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def shown(view: ScoresView, column: int) -> list[str]:
    model = view.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_that_labels_stand_in_the_order_of_their_probability(view: ScoresView) -> None:
    view.show_prediction(scores(0.5, 3.0, -1.0, labels=("a", "b", "c")))
    assert shown(view, 0) == ["b", "a", "c"]
    assert shown(view, 1) == ["3.0000", "0.5000", "-1.0000"]
    assert view.verdict.text() == "b"


def test_that_copying_gives_every_digit_of_every_label(view: ScoresView, qtbot) -> None:
    one = scores(*(0.01 * n for n in range(77)))
    view.show_prediction(one)
    qtbot.mouseClick(view.copy_button, Qt.MouseButton.LeftButton)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert lines[0][:3] == ["Label", "Logit", "Probability"]
    copied = {label: (float(logit), float(p)) for label, logit, p, *_ in lines[1:]}
    assert copied == {label: (logit, p) for label, logit, p in one.ranked()}
    assert sum(p for _, p in copied.values()) == pytest.approx(1, abs=1e-6)
    assert view.copy_button.text() == "Copied"
    view._copied.stop()


def test_that_ctrl_c_copies_the_rows_that_are_selected(view: ScoresView) -> None:
    view.show_prediction(scores(3.0, 2.0, 1.0, labels=("a", "b", "c")))
    view.table.setFocus()
    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert [line.split("\t")[0] for line in QGuiApplication.clipboard().text().split("\n")] == ["Label", "a", "b"]


def test_that_77_labels_scroll_and_keep_their_place_while_typing(view: ScoresView) -> None:
    view.show_prediction(scores(*(0.01 * n for n in range(77))))
    bar = view.table.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(200)
    view.show_prediction(scores(*(-0.01 * n for n in range(77))))
    assert bar.value() == 200
    assert shown(view, 0)[0] == "class 0"


def test_that_doubt_is_said_in_words() -> None:
    assert comment_text(scores(1.0, 1.1, -3.0, labels=("a", "b", "c"))) == "Unsure between “b” and “a”."
    assert comment_text(scores(2.0, 0.0, labels=("a", "b"))) == "“a” has 88 %; next comes “b”."
    assert "That is no guarantee." in comment_text(scores(9.0, 0.0, labels=("a", "b")))


@given(st.floats(0, 1))
def test_that_unsure_means_a_gap_below_a_tenth(first: float) -> None:
    one = Scores(labels=("a", "b"), logits=(0.0, 0.0), probabilities=(first, 1 - first))
    high, low = max(first, 1 - first), min(first, 1 - first)
    assert comment_text(one).startswith("Unsure") == (high - low < 0.1)


@given(st.floats(0, 1))
def test_that_no_probability_is_called_certain_unless_it_is(probability: float) -> None:
    text = probability_text(probability)
    assert (text == "100.00 %") == (probability == 1)
    assert (text == "0.00 %") == (probability == 0)


def test_that_markup_in_a_label_is_not_taken_for_markup(view: ScoresView) -> None:
    view.show_prediction(scores(2.0, 0.0, labels=("<h1>loud</h1>", "b")))
    assert view.verdict.textFormat() == Qt.TextFormat.PlainText
    assert view.verdict.text() == "<h1>loud</h1>"


def test_that_tabs_and_line_breaks_in_a_label_do_not_break_the_copied_table(view: ScoresView) -> None:
    view.show_prediction(scores(2.0, 0.0, labels=("a\tb\nc", "d")))
    assert view.text().split("\n")[1].split("\t")[0] == "a b c"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5.0, "About the mean of the training rows."),
        (8.0, "1.5 spreads above the mean of the training rows."),
        (1.0, "2.0 spreads below the mean of the training rows."),
    ],
)
def test_that_a_number_is_placed_among_the_training_rows(value: float, words: str) -> None:
    assert place_text(Value(value=value, mean=5.0, spread=2.0)) == words


def test_that_one_view_shows_whatever_kind_comes(qtbot) -> None:
    view = PredictionView()
    qtbot.addWidget(view)
    assert not view.answered
    view.show_prediction(scores(1.0, 2.0))
    view.show_prediction(Value(value=1.0, mean=1.0, spread=0.0))
    assert view.currentWidget().comment.text() == "The training rows all have the same number."
    view.show_prediction(scores(1.0, 2.0))
    assert view.currentWidget().verdict.text() == "class 1"
    view.clear()
    assert not view.answered
