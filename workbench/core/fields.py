"""Fields: the kinds of value that a column can hold. A field parses raw text, or says why it cannot."""

from __future__ import annotations

import math
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


class Number(Field, frozen=True, kw_only=True):
    """A finite number, written with a decimal point or, where that cannot be misread, a decimal comma."""

    kind: ClassVar[str] = "number"

    def parse(self, raw: str) -> float:
        text = raw.strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        try:
            number = float(text)
        except ValueError:
            raise FieldError(
                tr("“{value}” is not a number", value=text[:40]) if text else tr("the number is missing")
            ) from None
        if not math.isfinite(number):
            raise FieldError(tr("“{value}” is not a finite number", value=text[:40]))
        return number


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
