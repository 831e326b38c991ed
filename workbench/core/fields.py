"""Fields: the kinds of value that a column can hold. A field parses raw text, or says why it cannot."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import ClassVar

from msgspec import Struct

from workbench.core.language import mark, tr

Value = str | float


class FieldError(ValueError):
    """A cell does not hold what its field needs; the message is in the user's language."""


class Field(Struct, frozen=True, kw_only=True):
    """A kind of value. `title` and `help` are English source texts; an `optional` field may stay without a column.

    `target` marks what is to be learned; the other fields are what the model sees.
    """

    title: str
    help: str = ""
    optional: bool = False
    target: bool = False
    kind: ClassVar[str] = ""

    def parse(self, raw: str) -> Value:
        """The typed value of one cell. Raises FieldError with what is wrong."""
        raise NotImplementedError


class Text(Field, frozen=True, kw_only=True):
    """Running text, kept as it is."""

    kind: ClassVar[str] = "text"

    def parse(self, raw: str) -> str:
        if not raw.strip():
            raise FieldError(tr("the text is empty"))
        return raw


class Label(Field, frozen=True, kw_only=True):
    """The name of a class. Spaces around it do not count."""

    kind: ClassVar[str] = "label"

    def parse(self, raw: str) -> str:
        label = raw.strip()
        if not label:
            raise FieldError(tr("the label is missing"))
        return label


_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_BY_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_BY_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?")
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_NARROW = {0xFF0B: "+", 0xFF0C: ",", 0xFF0D: "-", 0xFF0E: ".", 0x2212: "-"}
_NARROW |= {0xFF10 + digit: str(digit) for digit in range(10)}


def narrowed(raw: str) -> str:
    """`raw` without spaces around it, its full-width digits, signs, points and commas written as in ASCII."""
    text = raw.strip()
    return text if text.isascii() else text.translate(_NARROW)


class Number(Field, frozen=True, kw_only=True):
    """A finite number, written with a decimal point or a decimal comma, with or without marks between thousands.

    A cell such as "1,234" can be read in two ways and is refused here: only its column can tell. Full-width digits and
    marks count as ordinary ones; spaces or underscores between digits are refused.
    """

    kind: ClassVar[str] = "number"

    def parse(self, raw: str) -> float:
        text = narrowed(raw)
        if not text:
            raise FieldError(tr("the number is missing"))
        plain = _with_point(text)
        if not _PLAIN.fullmatch(plain):
            if _NOT_FINITE.fullmatch(plain):
                raise FieldError(tr("“{value}” is not a finite number", value=text[:40]))
            raise FieldError(tr("“{value}” is not a number", value=text[:40]))
        number = float(plain)
        if not math.isfinite(number):
            raise FieldError(tr("“{value}” is not a finite number", value=text[:40]))
        return number


def _with_point(text: str) -> str:
    """`text` with a decimal point and nothing between thousands, if its marks can be read in one way only."""
    if _TWO_WAYS.fullmatch(text):
        raise FieldError(tr("the comma in “{value}” can stand before decimals or between thousands", value=text[:40]))
    if _BY_COMMAS.fullmatch(text):
        return text.replace(",", "")
    if _BY_POINTS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


TEXT = Text(title=mark("Text"), help=mark("The column that the model reads."))
TEXT_PAIR = Text(
    title=mark("Second text"),
    help=mark("A second column that is read together with the first, e.g. a question and its answer."),
    optional=True,
)
LABEL = Label(title=mark("Label"), help=mark("The column with the class that the model learns to name."), target=True)
NUMBER = Number(title=mark("Number"), help=mark("The column with the number that the model learns."), target=True)


class Example(Struct, frozen=True):
    """One typed row: {field: value}, and the `row` of the file it came from (1 is the first after the header)."""

    values: Mapping[str, Value]
    row: int = 0
