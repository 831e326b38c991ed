"""What a column is like: how long, how varied and how numeric its cells are, and what its name says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from workbench.core.fields import NUMBER, FieldError
from workbench.data.numbers import Marks, evidence_of, marks_of

_CODE = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+"
    r"|(?:[\w .~-]*[/\\])+[\w .~-]+\.\w{1,5}|[\w-]+\.(?:jpe?g|png|wav|mp3|txt)"
    r"|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[ T].*)?|\d{1,2}:\d{2}(?::\d{2})?"
    r"|[0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f]{16,}",
    re.IGNORECASE,
)
"""Addresses, files, dates, times and keys: cells that are neither texts nor classes."""

_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3400-\u9fff]+|[^\W\d_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


class ColumnFacts(Struct, frozen=True, kw_only=True):
    """Shares are of the filled cells, 0 to 1. `characters`, `length` and `words` are means.

    `characters` counts each once; in `length` a wide one counts two and a half, for it says as much.
    """

    name: str
    tokens: tuple[str, ...]
    position: int
    filled: float
    rows: int
    distinct: int
    characters: float
    length: float
    words: float
    numeric: float
    whole: float
    coded: float
    counting: bool

    @property
    def varied(self) -> float:
        """The share of different cells among the filled ones."""
        return self.distinct / self.rows if self.rows else 0.0

    @property
    def is_numeric(self) -> bool:
        """Nearly all cells are numbers."""
        return self.numeric >= 0.9

    @property
    def has_decimals(self) -> bool:
        """Some of the numbers are not whole."""
        return self.numeric - self.whole > 0.02


def name_tokens(name: str) -> tuple[str, ...]:
    """The words of a column's name in lower case: "airlineSentiment_2" -> ("airline", "sentiment", "2")."""
    return tuple(token.casefold() for token in _TOKENS.findall(name))


def facts_of(name: str, position: int, cells: Sequence[str]) -> ColumnFacts:
    """The facts of one column."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    rows = len(filled) or 1
    probe = filled[:: max(1, len(filled) // 1000)]
    marks = marks_of(evidence_of(probe))
    numbers = [number for cell in probe if (number := _number(cell, marks)) is not None]
    share = len(probe) or 1
    wide = sum(len(_WIDE.findall(cell)) for cell in probe)
    return ColumnFacts(
        name=name,
        tokens=name_tokens(name),
        position=position,
        filled=len(filled) / len(cells) if cells else 0.0,
        rows=len(filled),
        distinct=len(set(filled)),
        characters=sum(map(len, probe)) / share,
        length=(sum(map(len, probe)) + 1.5 * wide) / share,
        words=(sum(len(cell.split()) for cell in probe) + 0.5 * wide) / share,
        numeric=len(numbers) / share,
        whole=sum(1 for number in numbers if number.is_integer()) / share,
        coded=sum(1 for cell in probe if _CODE.fullmatch(cell)) / share,
        counting=_counts(filled, rows, marks),
    )


def _number(cell: str, marks: Marks) -> float | None:
    try:
        return NUMBER.parse(marks.plain(cell))
    except FieldError:
        return None


def _counts(filled: Sequence[str], rows: int, marks: Marks) -> bool:
    """Whether the cells are the numbers of the rows, or other whole numbers that only ever grow."""
    values = [_number(cell, marks) for cell in filled[:1000]]
    numbers = [value for value in values if value is not None and value.is_integer()]
    if rows < 3 or len(numbers) < len(values):
        return False
    return all(later > earlier for earlier, later in pairwise(numbers))
