"""The tokens of a text as pieces that can be laid out: what each shows, where a word ends, and which way it reads."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.language import tr

SHOWN, SHOWN_CUT = 1500, 300
"""Tokens that are shown of a text, and of its part that is not read."""

_ARABIC = ((0x0600, 0x06FF), (0x0700, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
_JOINER = "\u200d"
_AGAIN = "·"  # one more token for a character that another one shows

Kind = Literal["text", "special", "cut"]


@dataclass(eq=False)
class Chip:
    """One token: `text` is what stands in it, `place` its number among the tokens."""

    place: int
    text: str
    id: str
    kind: Kind
    unknown: bool = False
    odd: bool = False
    """Every other token is tinted otherwise, so that their borders are seen."""


@dataclass(eq=False)
class Word:
    """Chips without a space between them, all read in one direction; a line never ends inside.

    `caption` is a line of text above it; a `glued` word has no space before it, but a line may end there.
    """

    rtl: bool
    chips: list[Chip] = field(default_factory=list)
    new_line: bool = False
    glued: bool = False
    caption: str = ""


def words_of(view: Any) -> list[Word]:
    """The tokens of a TokenView as words, the first 1,500 of them; of those that are not read, 300."""
    words: list[Word] = []
    last: Any = None
    bases = [reads_rtl(text) for text in view.texts]
    odd, cut, part = False, 0, 0
    for place, token in enumerate(view.tokens):
        cut += not token.kept
        if place >= SHOWN or (not token.kept and cut > SHOWN_CUT):
            continue
        odd = not odd
        chip = _chip(view, place, token, last, odd)
        near = _part_near(view, place) if token.special else token.part
        rtl = bases[near] if token.special else _direction(chip.text, bases[near])
        gap, caption = _gap(view, last, token), _caption(last, token)
        glued = not gap and (_is_wide(chip.text) or words[-1].rtl != rtl or _is_wide(words[-1].chips[-1].text))
        if not words or gap or caption or glued:
            words.append(Word(rtl, new_line="\n" in gap or near > part, glued=glued, caption=caption))
        words[-1].chips.append(chip)
        last, part = token, near
    for word in words:
        _join(word)
    return words


def hidden(view: Any, words: list[Word]) -> int:
    """How many tokens of `view` are not among `words`."""
    return view.total - sum(len(word.chips) for word in words)


def reads_rtl(text: str) -> bool:
    """Whether the first letter with a direction is of a script that is written from right to left."""
    return _direction(text, False)


def sentence_of(view: Any, place: int) -> str:
    """All about one token, in words."""
    token = view.tokens[place]
    if token.special:
        return tr("{token}, id {id}: put in by the tokenizer", token=token.text, id=token.id)
    piece = view.texts[token.part][token.start : token.end]
    text = tr(
        "“{piece}” is the token {token}, id {id}, characters {start} to {end}",
        piece=piece,
        token=token.text,
        id=token.id,
        start=token.start + 1,
        end=max(token.end, token.start + 1),
    )
    if token.unknown:
        text += "\n" + tr("The vocabulary has no such characters: the model cannot tell them from other unknown ones.")
    if not token.kept:
        text += "\n" + tr("It is cut off: the model does not read it.")
    return text


def _follows(last: Any, token: Any) -> bool:
    return last is not None and not last.special and last.part == token.part


def _chip(view: Any, place: int, token: Any, last: Any, odd: bool) -> Chip:
    kind: Kind = "special" if token.special else "text" if token.kept else "cut"
    piece = "" if token.special else view.texts[token.part][token.start : token.end].strip()
    if _follows(last, token) and token.end > token.start and (last.start, last.end) == (token.start, token.end):
        piece = _AGAIN
    if not piece or not all(_is_seen(character) for character in piece):
        piece = token.text
    return Chip(place, piece, str(token.id), kind, token.unknown, odd)


def _is_seen(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) in ("Cf", "Zs", "Mn", "Co", "Cn")


def _gap(view: Any, last: Any, token: Any) -> str:
    """What stands in the text between the token and the one before; a space beside those that were put in."""
    if token.special or not _follows(last, token):
        return " "
    text = view.texts[token.part]
    piece = text[token.start : token.end]
    return text[last.end : token.start] + piece[: len(piece) - len(piece.lstrip())]


def _part_near(view: Any, place: int) -> int:
    """The part that the text token before a special one belongs to, or else the one behind it."""
    for near in (*reversed(view.tokens[max(0, place - 1) : place]), *view.tokens[place + 1 : place + 2]):
        if not near.special:
            return int(near.part)
    return 0


def _caption(last: Any, token: Any) -> str:
    """What stands where reading ends or begins."""
    if token.special or (token.kept and not _follows(last, token)):
        return ""
    if not token.kept and (not _follows(last, token) or last.kept):
        return tr("The model reads up to here")
    if token.kept and not last.kept:
        return tr("The model reads from here")
    return ""


def _direction(text: str, otherwise: bool) -> bool:
    for character in text[:1000]:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return otherwise


def _join(word: Word) -> None:
    """Letters of the Arabic scripts keep their joined forms across tokens."""
    for before, after in zip(word.chips, word.chips[1:], strict=False):
        if _is_arabic(before.text[-1:]) and _is_arabic(after.text.lstrip(_JOINER)[:1]):
            before.text, after.text = before.text + _JOINER, _JOINER + after.text


def _is_wide(text: str) -> bool:
    """Whether it ends in a character of those scripts in which a line may end anywhere."""
    return unicodedata.east_asian_width(text[-1:] or " ") in ("W", "F")


def _is_arabic(character: str) -> bool:
    return bool(character) and any(first <= ord(character) <= last for first, last in _ARABIC)
