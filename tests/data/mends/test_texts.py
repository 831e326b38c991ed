"""Mends of texts: what its writer said stays, what a program put beside it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.plan import Choice
from workbench.data.mends import text_mend
from workbench.data.mends.texts import has_control, has_markup, has_mojibake


def mended(name: str, text: str) -> str:
    return text_mend((Choice(name=name),))(text)


MARKUP = {
    "<p>Hello <b>you</b></p>": "Hello you",
    "one<br>two<br/>three": "one two three",
    "<a href='x?a=1&b=2'>link</a> &amp; more&nbsp;&#8364;&#x20AC;": "link & more\u00a0€€",
    "&lt;b&gt;twice&lt;/b&gt; &amp;quot;": 'twice "',
    "<script>alert(1 < 2)</script>text": "text",
    "<style>p {}</style >text": "text",
    "a<!-- not < this -->b": "ab",
    "<!DOCTYPE html><html><body>x</body></html>": "x",
    "中文<br>评论&hellip;": "中文 评论…",
    "<o:p></o:p>Word": "Word",
    "<img src=x onerror=alert(1)>": "",
}


@pytest.mark.parametrize("text", MARKUP)
def test_that_markup_is_removed(text: str) -> None:
    assert has_markup(text)
    assert mended("strip-markup", text) == MARKUP[text]


KEPT = [
    "1 < 2 and 3 > 2",
    "I <3 you",
    "x<y and y>z",
    "AT&T, R&D, a && b",
    "mail <ann@example.org> now",
    "List<String> names",
    "&unknown; &;",
    "<>",
    "<!--",
    "a <b",
]


@pytest.mark.parametrize("text", KEPT)
def test_that_what_is_no_markup_is_kept(text: str) -> None:
    assert mended("strip-markup", text) == (text if text != "<!--" else "")


def test_that_what_is_left_open_loses_nothing_but_the_tag() -> None:
    assert mended("strip-markup", "<script>never closed") == "never closed"
    assert mended("strip-markup", "<!-- never closed") == "never closed"


CONTROL = {
    "zero\u200bwidth": "zerowidth",
    "\ufeffmark": "mark",
    "bell\x07": "bell",
    "form\x0cfeed": "form feed",
    "\u202eturned\u202c": "turned",
    "soft\u00adhyphen": "softhyphen",
    "joined\u200dhere": "joinedhere",
}


@pytest.mark.parametrize("text", CONTROL)
def test_that_characters_which_nobody_sees_are_removed(text: str) -> None:
    assert has_control(text)
    assert mended("strip-control", text) == CONTROL[text]


@pytest.mark.parametrize(
    "text", ["a\tb\nc\r\n", "👨\u200d👩\u200d👧", "می\u200cخواهم", "क्\u200dष", "\u3000全角", "\u00a0x"]
)
def test_that_breaks_and_joiners_that_mean_something_are_kept(text: str) -> None:
    assert not has_control(text)
    assert mended("strip-control", text) == text


BROKEN = ["café", "it’s “good”", "naïve façade", "Größe", "€ 5", "привет, мир", "你好，世界", "很好吃！"]


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_that_characters_read_in_the_wrong_encoding_are_repaired(text: str, wrong: str) -> None:
    try:
        broken = text.encode("utf-8").decode(wrong)
    except UnicodeDecodeError:
        pytest.skip("not in this encoding")
    assert has_mojibake(broken)
    assert mended("repair-characters", broken) == text


@pytest.mark.parametrize("text", [*BROKEN, "plain", "ÄÖÜ äöü ß", "São Paulo", "Â", "CRÈME BRÛLÉE", "“é”…", "déjà vu…”"])
def test_that_whole_characters_are_left_alone(text: str) -> None:
    assert mended("repair-characters", text) == text


@given(st.text(alphabet=st.sampled_from("<>/&;!-bpr script#xamplt \u200b\u200d\x07é😀中\n"), max_size=60))
def test_that_markup_and_control_characters_never_fail_and_are_gone(text: str) -> None:
    clean = mended("strip-control", text)
    assert not has_control(clean)
    assert mended("strip-control", clean) == clean
    assert len(mended("strip-markup", text)) <= len(text)


@pytest.mark.parametrize("start", ["<!--", "<script>", "<b ", "&amp", "<", "&#", "<b><!--"])
def test_that_hostile_texts_take_no_longer_than_others(start: str) -> None:
    text = start * 100_000
    assert len(mended("strip-markup", text)) <= len(text)


def test_that_mends_are_made_in_their_order() -> None:
    mend = text_mend((Choice(name="strip-control"), Choice(name="strip-markup"), Choice(name="drop-repeated")))
    assert mend("<\u200bb>x") == "x"
    assert text_mend(())("<b>") == "<b>"


def test_that_a_joiner_that_joins_nothing_any_more_goes_too() -> None:
    assert mended("strip-control", "\u200b\u200d") == ""
    assert mended("strip-control", "a\u200b\u200db") == "ab"
