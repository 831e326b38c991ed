"""Numbers: what commas and points mean in a column, which a single cell such as "1,234" cannot tell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from workbench.core.fields import narrowed

_EXPONENT = r"(?:[eE][+-]?\d+)?"
_COMMA_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_BY_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3}){2,}|(?:,\d{3})+\.\d*)")
_BY_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}|(?:\.\d{3})+,\d*)")
_DECIMAL_POINT = re.compile(rf"[+-]?(?:\d+\.\d*|\.\d+){_EXPONENT}")
_DECIMAL_COMMA = re.compile(rf"[+-]?(?:\d+,\d*|,\d+){_EXPONENT}")
_THOUSAND = re.compile(r"[+-]?[1-9]\d{3,}")

_LONGEST = 400
_KINDS = (
    ("comma_two_ways", _COMMA_TWO_WAYS),
    ("point_two_ways", _POINT_TWO_WAYS),
    ("by_commas", _BY_COMMAS),
    ("by_points", _BY_POINTS),
    ("decimal_point", _DECIMAL_POINT),
    ("decimal_comma", _DECIMAL_COMMA),
)


class Evidence(Struct, kw_only=True):
    """Which kinds of cells a column holds, as far as they tell what its marks mean."""

    comma_two_ways: bool = False
    point_two_ways: bool = False
    by_commas: bool = False
    by_points: bool = False
    decimal_point: bool = False
    decimal_comma: bool = False
    thousand: bool = False

    def look(self, cell: str) -> None:
        """Take one cell into account; one that holds no number changes nothing."""
        text = narrowed(cell[:_LONGEST])
        if "," not in text and "." not in text:
            self.thousand = self.thousand or bool(_THOUSAND.fullmatch(text))
            return
        if self.decimal_point and "," not in text and text.count(".") == 1 and text[-4:-3] != ".":
            return  # the commonest cell of all says nothing new
        for name, pattern in _KINDS:
            if pattern.fullmatch(text):
                setattr(self, name, True)
                return

    def with_other(self, other: Evidence) -> Evidence:
        """What both columns together tell."""
        names = self.__struct_fields__
        return Evidence(**{name: getattr(self, name) or getattr(other, name) for name in names})


class Marks(Struct, frozen=True, kw_only=True):
    """What stands before the decimals of a column: "." or ","; the other one then stands between thousands.

    "" is a column whose cells contradict each other: a cell like "1,234" is refused there. `sure` tells that the cells
    leave no other way to read them.
    """

    decimal: Literal[".", ",", ""] = "."
    sure: bool = True

    def plain(self, raw: str) -> str:
        """`raw`, or where it can be read in two ways, the one way of this column: without the mark of thousands."""
        text = narrowed(raw) if self.decimal and has_mark(raw) else ""
        if _COMMA_TWO_WAYS.fullmatch(text):
            return text.replace(",", "" if self.decimal == "." else ".")
        if self.decimal == "," and _POINT_TWO_WAYS.fullmatch(text):
            return text.replace(".", "")
        return raw


def evidence_of(cells: Iterable[str]) -> Evidence:
    """What these cells tell about their marks."""
    found = Evidence()
    for cell in cells:
        found.look(cell)
    return found


def marks_of(found: Evidence, delimiter: str | None = ",") -> Marks:
    """What the marks in a column mean.

    Decimals of another length than three, several groups, or both marks in one cell decide. Where there are none, a
    number of a thousand or more without any mark speaks for thousands, except in files parted by semicolons: these
    come from where the comma stands before decimals.
    """
    point, comma = found.by_commas or found.decimal_point, found.by_points or found.decimal_comma
    if not found.comma_two_ways and not (found.point_two_ways and comma):
        return Marks()
    if point and comma:
        return Marks(decimal="", sure=False)
    if point:
        return Marks()
    if comma:
        return Marks(decimal=",", sure=not found.point_two_ways or found.by_points)
    if found.point_two_ways:
        return Marks(decimal="", sure=False)
    european = delimiter == ";"
    return Marks(decimal="," if european else ".", sure=found.thousand and not european)


def has_mark(cell: str) -> bool:
    """Whether a comma or a point stands in `cell`."""
    return "," in cell or "." in cell or "，" in cell or "．" in cell


def has_two_ways(cell: str) -> bool:
    """Whether the number in `cell` can be read in two ways: "1,234" or "1.234"."""
    text = narrowed(cell) if has_mark(cell) else ""
    return bool(_COMMA_TWO_WAYS.fullmatch(text) or _POINT_TWO_WAYS.fullmatch(text))
