"""What to do where quotation marks do not match: keep what is plainly a row, lose one line at most."""

from __future__ import annotations

import csv
import enum
from collections.abc import Sequence

from msgspec import Struct

from workbench.data.dialects import Layout, rows_of


class Bad(enum.Enum):
    """Why a row cannot be used."""

    QUOTE = "quote"
    BYTES = "bytes"
    LONG = "long"


class Trouble(Struct, frozen=True):
    """The row that was made of the next `lines` lines; None if nothing could be made of them."""

    lines: int
    row: list[str] | None = None


def mend(lines: Sequence[str], layout: Layout, *, patient: bool = True) -> Trouble:
    """Make a row of the first lines of `lines`, whose quotation marks do not match.

    If the first line alone is a row with stray marks, it is kept. If its last quotation stays open, the quotation may
    go on over several lines or be a mistake: where the following lines are rows of their own, it is a mistake and
    costs this one line. Unless `patient`, only the first line is looked at: hostile files take no longer than others.
    """
    row, closed = _alone(lines[0], layout)
    if closed:
        return Trouble(1, row)
    if not patient:
        return Trouble(1)
    reader = rows_of(lines, layout.dialect)
    try:
        row = next(reader)
    except (csv.Error, StopIteration):
        return Trouble(1)
    count = reader.line_num
    if count >= len(lines) and not _alone("".join(lines), layout)[1]:
        return Trouble(1)
    if len(row) != layout.width or _swallows_rows(lines[:count], layout):
        return Trouble(1)
    return Trouble(count, row)


def _swallows_rows(lines: Sequence[str], layout: Layout) -> bool:
    """Whether a row that was read from several `lines` rather swallowed rows of their own."""
    following = [line for line in lines[1:] if line.strip()]
    own = 0
    for line in following:
        cells, closed = _alone(line, layout)
        own += closed and len(cells) == layout.width
    return layout.width > 1 and own >= max(1, 0.5 * len(following))


def _alone(line: str, layout: Layout) -> tuple[list[str], bool]:
    """The cells of one line read on its own, and whether its last quotation is closed."""
    ended = line if line.endswith(("\n", "\r")) else line + "\n"
    try:
        records = list(rows_of([ended, "."], layout.dialect))
    except csv.Error:
        return [], True
    return (records[0] if records else []), len(records) != 1
