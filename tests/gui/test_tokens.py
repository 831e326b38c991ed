"""The view of tokens: what the model receives of a row, and what the longest-text setting cuts."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.engine.tiny_models import write_tiny_bert
from tests.gui.driving import child, click, make_studio, wait_for
from workbench.core.plan import ModelSpec
from workbench.engine.token_view import Token, TokenView
from workbench.gui.languages import set_language
from workbench.gui.panels.tokens import TokensView
from workbench.gui.session import Session
from workbench.gui.token_chips import SHOWN, SHOWN_CUT, hidden, sentence_of, words_of
from workbench.gui.token_lengths import percent_text
from workbench.gui.token_strip import TokenStrip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    return ModelSpec(source="folder", location=str(write_tiny_bert(tmp_path_factory.mktemp("tiny"))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    rows = [f"{'。' * number} day,{'ab'[number % 2]}" for number in range(1, 101)]
    file.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def view(qtbot: Any, tmp_path: Path, path: Path, model: ModelSpec) -> Any:
    """The view on a real session with a file of 100 rows, cut at 64 tokens."""
    session = Session(make_studio(tmp_path))
    one = TokensView(session)
    qtbot.addWidget(one)
    one.session = session
    session.open_file(str(path))
    wait_for(qtbot, lambda: session.profile is not None)
    plan = msgspec.structs.replace(session.draft.plan, model=model, max_length=64)
    session.draft.open(plan)
    one.resize(420, 700)
    one.show()
    wait_for(qtbot, lambda: one.lengths.lengths is not None and one.row.view is not None)
    wait_for(qtbot, lambda: bool(one.lengths.languages))
    yield one
    one.rest()
    session.rest()
    one.hide()
    session.deleteLater()


def make_view(text: str, pieces: list[str]) -> TokenView:
    """A view of `text` that is cut into `pieces`, one after the other."""
    tokens, start = [Token(text="[CLS]", id=2, special=True)], 0
    for number, piece in enumerate(pieces):
        start = text.index(piece, start)
        tokens.append(Token(text=piece, id=100 + number, start=start, end=start + len(piece)))
        start += len(piece)
    return view_with((text,), *tokens, Token(text="[SEP]", id=3, special=True))


def view_with(texts: tuple[str, ...], *tokens: Token, limit: int = 64) -> TokenView:
    """A view that consists of `tokens`."""
    ids = tuple(token.id for token in tokens if token.kept)
    return TokenView(texts=texts, tokens=tokens, ids=ids, total=len(tokens), limit=limit)


def test_that_the_first_row_is_shown_and_what_is_cut_is_said(view: Any) -> None:
    assert child(view, "tokenText").value() == "。 day"
    assert view.row.view.tokens[0].special
    assert "of the rows are longer than 64 tokens and are cut" in child(view, "tokenSentence").text()
    assert child(view, "languages").text().startswith("Languages of the rows: ")
    assert child(view, "tokenHistogram").line_at() == pytest.approx(
        64 / view.lengths.bars._ends[-1] * view.lengths.bars.width(), abs=8
    )


def test_that_one_click_sets_the_longest_text_and_one_undo_takes_it_back(qtbot: Any, view: Any) -> None:
    draft, button = view.session.draft, child(view, "setLongest")
    suggested = view.lengths.lengths.suggested
    assert str(suggested) in button.text()
    click(button)
    assert draft.plan.max_length == suggested
    wait_for(qtbot, lambda: not button.isVisible())
    assert child(view, "tokenSentence").text().startswith(("Nothing is cut", "1 %", "0."))
    draft.undo()
    assert draft.plan.max_length == 64
    wait_for(qtbot, button.isVisible)
    click(button)
    view.session.draft.replace(max_length=40)
    draft.undo()
    assert draft.plan.max_length == suggested  # setting it by hand is another step
    wait_for(qtbot, lambda: view.lengths.lengths.limit == suggested)


def test_that_a_row_of_the_table_and_a_typed_text_are_shown(qtbot: Any, view: Any) -> None:
    view.show_text("day\r\nday")
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.texts == ("day\r\nday",))
    box = child(view, "tokenText")
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(box, "the parcel")
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.texts == ("the parcel",))
    assert not child(view, "tokenPair").isVisible()
    box.clear()
    wait_for(qtbot, lambda: view.row.view is None)
    assert not child(view, "copyTokens").isEnabled()


def test_that_the_newest_text_wins(qtbot: Any, view: Any) -> None:
    for number in range(30):
        view.show_text(f"day {number}")
        QTest.qWait(5)
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.texts == ("day 29",))
    QTest.qWait(50)
    assert view.row.view.texts == ("day 29",)


def test_that_a_cut_text_says_so(qtbot: Any, view: Any) -> None:
    view.show_text("。" * 100)
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.cut > 0)
    assert child(view, "tokenCounts").text() == "102 tokens; 64 are read, 38 are cut off."
    captions = [caption for _box, caption in view.row.strip._captions]
    assert captions == ["The model reads up to here"]


def test_that_tokens_are_copied_as_json_with_the_ids_that_the_model_gets(qtbot: Any, view: Any) -> None:
    view.show_text("。" * 100)
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.cut > 0)
    told: list[str] = []
    view.session.told.connect(told.append)
    click(child(view, "copyTokens"))
    copied = json.loads(QGuiApplication.clipboard().text())
    assert copied["input_ids"] == list(view.row.view.ids)
    assert len(copied["input_ids"]) == copied["limit"] == 64
    assert len(copied["tokens"]) == 102
    assert copied["tokens"][1]["end"] == 1
    assert told


def test_that_tokens_are_walked_with_the_keys_and_told_in_words(qtbot: Any, view: Any) -> None:
    view.show_text("the day")
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.texts == ("the day",))
    strip = child(view, "tokenStrip")
    strip.setFocus()
    assert child(view, "tokenDetail").text() == "[CLS], id 2: put in by the tokenizer"
    QTest.keyClick(strip, Qt.Key.Key_Right)
    assert "characters 1 to" in child(view, "tokenDetail").text()
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert child(view, "tokenDetail").text().startswith("[SEP]")
    QTest.keyClick(strip, Qt.Key.Key_Home)
    assert strip.current == 0
    assert strip.accessibleName()
    assert "[CLS]" in strip.accessibleDescription()


def test_that_ids_are_shown_on_wish(view: Any) -> None:
    before = child(view, "tokenStrip").heightForWidth(400)
    child(view, "tokenIds").setChecked(True)
    assert child(view, "tokenStrip").heightForWidth(400) > before


def test_that_another_model_is_asked_when_the_draft_has_one(qtbot: Any, view: Any) -> None:
    draft = view.session.draft
    draft.open(msgspec.structs.replace(draft.plan, model=ModelSpec(source="scratch", options={"vocabulary": 400})))
    wait_for(qtbot, lambda: view.lengths.lengths is not None and view.lengths.lengths.preview)
    wait_for(qtbot, lambda: view.row.view is not None and view.row.view.preview)
    assert "preview" in child(view, "tokenMore").text()


def test_that_a_model_that_is_not_there_is_told_in_words_and_recovered_from(qtbot: Any, view: Any) -> None:
    draft = view.session.draft
    good = draft.plan
    draft.open(msgspec.structs.replace(good, model=ModelSpec(source="hub", location="no/such")))
    wait_for(qtbot, lambda: "not on this computer" in child(view, "tokenSentence").text())
    wait_for(qtbot, lambda: "not on this computer" in child(view, "tokenCounts").text())
    assert not child(view, "tokenHistogram").isVisible()
    draft.open(good)
    wait_for(qtbot, lambda: view.lengths.lengths is not None and view.row.view is not None)
    assert child(view, "tokenHistogram").isVisible()


def test_that_nothing_is_counted_while_it_is_not_seen(qtbot: Any, view: Any) -> None:
    view.hide()
    before = view.lengths.lengths
    view.session.draft.replace(max_length=32)
    QTest.qWait(300)
    assert view.lengths.lengths is before
    view.show()
    wait_for(qtbot, lambda: view.lengths.lengths is not None and view.lengths.lengths.limit == 32)
    wait_for(qtbot, lambda: bool(view.lengths.languages))


def test_that_every_text_is_spoken_in_chinese_too(view: Any) -> None:
    english = (child(view, "tokenIds").text(), child(view, "copyTokens").text(), view.lengths._title.text())
    set_language("zh_CN")
    chinese = (child(view, "tokenIds").text(), child(view, "copyTokens").text(), view.lengths._title.text())
    assert all(before != after for before, after in zip(english, chinese, strict=True))


def test_that_words_end_at_spaces_and_tokens_at_their_borders() -> None:
    words = words_of(make_view("unbelievable story", ["un", "believ", "able", "story"]))
    assert [[chip.text for chip in word.chips] for word in words] == [
        ["[CLS]"], ["un", "believ", "able"], ["story"], ["[SEP]"],
    ]  # fmt: skip
    tints = [chip.odd for word in words for chip in word.chips]
    assert all(before != after for before, after in pairwise(tints))


def test_that_a_line_may_end_between_chinese_characters_but_not_inside_a_word(qtbot: Any) -> None:
    strip = TokenStrip()
    qtbot.addWidget(strip)
    text = "包裹坏了" * 20 + " unbelievable"
    strip.resize(300, 400)
    strip.show_view(make_view(text, [*text[:80], "un", "believ", "able"]))
    boxes = [box for place in range(85) if (box := strip.place_of(place)) is not None]
    assert len(boxes) == 85
    assert boxes[0].top() == boxes[1].top() < boxes[80].top()
    assert all(box.right() <= 300 for box in boxes)
    assert boxes[81].top() == boxes[82].top() == boxes[83].top()


def test_that_right_to_left_texts_begin_on_the_right(qtbot: Any) -> None:
    strip = TokenStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 200)
    strip.show_view(make_view("שלום עולם hello", ["שלו", "ם", "עולם", "hel", "lo"]))
    boxes = [strip.place_of(place) for place in range(7)]
    assert all(box is not None for box in boxes)
    lefts = [box.left() for box in boxes if box is not None]
    assert lefts[0] > lefts[1] > lefts[2] > lefts[3] > lefts[5]
    assert lefts[5] > lefts[4] > lefts[6]  # "hel", "lo" read from left to right inside


def test_that_arabic_letters_stay_joined_across_tokens() -> None:
    words = words_of(make_view("مرحبا", ["مرح", "با"]))
    assert [chip.text for chip in words[1].chips] == ["مرح\u200d", "\u200dبا"]


def test_that_several_tokens_of_one_character_are_told_apart() -> None:
    tokens = tuple(Token(text=f"<0xF{n}>", id=n, start=0, end=1) for n in range(3))
    words = words_of(view_with(("👍",), *tokens))
    assert [chip.text for word in words for chip in word.chips] == ["👍", "·", "·"]


def test_that_a_control_character_is_shown_as_its_token() -> None:
    view = view_with(("\x07",), Token(text="[UNK]", id=1, end=1, unknown=True))
    assert [chip.text for word in words_of(view) for chip in word.chips] == ["[UNK]"]
    assert "no such characters" in sentence_of(view, 0)


def test_that_a_very_long_text_is_shown_in_part_and_the_rest_is_counted(qtbot: Any) -> None:
    kept = tuple(Token(text="a", id=1, start=n, end=n + 1) for n in range(100))
    cut = tuple(Token(text="a", id=1, start=n, end=n + 1, kept=False) for n in range(100, 20_000))
    view = view_with(("a" * 20_000,), *kept, *cut, limit=100)
    words = words_of(view)
    assert sum(len(word.chips) for word in words) == 100 + SHOWN_CUT <= SHOWN
    assert hidden(view, words) == 19_900 - SHOWN_CUT
    strip = TokenStrip()
    qtbot.addWidget(strip)
    strip.show_view(view)
    assert any("more tokens" in text for _box, text in strip._captions)


def test_that_a_click_chooses_the_token_below(qtbot: Any) -> None:
    strip = TokenStrip()
    qtbot.addWidget(strip)
    strip.resize(400, 100)
    strip.show_view(make_view("a day", ["a", "day"]))
    strip.show()
    box = strip.place_of(2)
    assert box is not None
    with qtbot.waitSignal(strip.current_changed) as chosen:
        QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(int(box.center().x()), int(box.center().y())))
    assert chosen.args == [2]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (0.0004, "< 0.1"), (0.032, "3.2"), (0.5, "50"), (0.9999, "> 99.9"), (1, "100")],
)
def test_that_a_share_is_never_rounded_to_none_or_all(share: float, text: str) -> None:
    assert percent_text(share) == text
