"""Options as widgets, both ways; what cannot be taken is said, with the nearest value that can."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.driving import choose, click, write
from workbench.core.options import Option
from workbench.core.plan import PLAN_OPTIONS
from workbench.gui.forms import OptionField
from workbench.gui.numbers import format_number, parse_number

OPTIONS = {option.name: option for option in PLAN_OPTIONS}
CHOICE = Option(name="mode", title="Mode", help="Help.", kind="choice", default="a", choices=(("a", "A"), ("b", "B")))
SWITCH = Option(name="switch", title="Switch", help="Help.", kind="switch", default=False)


@pytest.fixture
def field(qtbot: Any) -> Any:
    made = []

    def make(option: Option | str) -> OptionField:
        one = OptionField(OPTIONS[option] if isinstance(option, str) else option)
        qtbot.addWidget(one)
        one.show()
        one.told = []
        one.edited.connect(one.told.append)
        made.append(one)
        return one

    return make


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e-4", 1e-4), ("0,0001", 1e-4), ("１６", 16), ("1 000", 1000), ("1,000.5", 1000.5), ("3E-5", 3e-5), ("−2", -2)],
)
def test_that_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "abc", "1e", "nan", "inf", "1.2.3"])
def test_that_what_is_no_number_is_none(text: str) -> None:
    assert parse_number(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-12, max_value=1e12))
def test_that_a_shown_number_reads_back(value: float) -> None:
    assert math.isclose(parse_number(format_number(value)), value, rel_tol=1e-11)


def test_that_typing_gives_the_value(field: Any) -> None:
    rate = field("learning_rate")
    write(rate.editor.lineEdit(), "3e-5")
    assert rate.told[-1] == 3e-5
    whole = field("epochs")
    write(whole.editor.lineEdit(), "7")
    assert whole.told[-1] == 7
    assert isinstance(whole.told[-1], int)


@pytest.mark.parametrize(
    ("name", "text", "nearest"),
    [
        ("epochs", "0", 1),
        ("epochs", "5000", 1000),
        ("epochs", "2.5", 2),
        ("learning_rate", "50", 10.0),
        ("learning_rate", "fast", 1e-4),
        ("max_length", "1", 8),
    ],
)
def test_that_the_nearest_legal_value_is_one_click_away(field: Any, name: str, text: str, nearest: float) -> None:
    one = field(name)
    write(one.editor.lineEdit(), text)
    assert one.told == []
    assert one._wrong.isVisible()
    assert one.mend_button.isVisible()
    click(one.mend_button)
    assert one.told == [nearest]
    assert not one._wrong.isVisible()


def test_that_a_value_is_judged_half_a_second_after_the_last_key(field: Any, qtbot: Any) -> None:
    one = field("epochs")
    one.editor.setFocus()
    one.editor.lineEdit().selectAll()
    QTest.keyClicks(one.editor.lineEdit(), "0")
    assert not one._wrong.isVisible()
    qtbot.waitUntil(one._wrong.isVisible, timeout=900)


def test_that_zero_is_shown_as_what_it_means_and_can_be_kept(field: Any) -> None:
    one = field("max_steps")
    assert one.editor.text() == "no limit"
    write(one.editor.lineEdit(), "no limit")
    assert one.told[-1] == 0
    write(one.editor.lineEdit(), "0")
    assert one.told[-1] == 0


def test_that_arrows_step_through_legal_values(field: Any) -> None:
    rate = field("learning_rate")
    QTest.keyClick(rate.editor, Qt.Key.Key_Up)
    QTest.keyClick(rate.editor, Qt.Key.Key_Up)
    assert rate.told == [2e-4, 5e-4]
    for _ in range(60):
        QTest.keyClick(rate.editor, Qt.Key.Key_Up)
    assert rate.told[-1] == 10.0


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_that_stepping_never_leaves_the_bounds(field: Any, name: str) -> None:
    one = field(name)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
        for _ in range(30):
            QTest.keyClick(one.editor, key)
            assert one.option.check(one.value()) is None


def test_that_choices_and_switches_give_their_values(field: Any) -> None:
    combo = field(CHOICE)
    choose(combo.editor, "b")
    assert combo.told[-1] == "b"
    switch = field(SWITCH)
    QTest.keyClick(switch.editor, Qt.Key.Key_Space)
    assert switch.told == [True]


def test_that_showing_a_value_tells_nothing(field: Any) -> None:
    for option in (OPTIONS["epochs"], CHOICE, SWITCH):
        one = field(option)
        one.set_value({"integer": 9, "choice": "b", "switch": True}[option.kind])
        assert one.told == []


def test_that_the_arrow_appears_for_changed_values_only(field: Any, qtbot: Any) -> None:
    one = field("epochs")
    one.set_value(5, 5)
    assert not one.reset_button.isVisible()
    write(one.editor.lineEdit(), "6")
    assert one.reset_button.isVisible()
    with qtbot.waitSignal(one.reset_requested):
        click(one.reset_button)


def test_that_the_wheel_scrolls_the_column_and_not_the_value(field: Any) -> None:
    one = field("epochs")
    one.editor.clearFocus()
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(one.editor, wheel)
    assert one.value() == 3


@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_that_every_editor_has_a_name_a_buddy_and_short_help(field: Any, name: str) -> None:
    one = field(name)
    assert one.editor.accessibleName()
    assert one._label.buddy() is one.editor
    assert 0 < len(one.editor.toolTip()) <= 200
    assert one.reset_button.accessibleName()
