"""What to do where quotation marks do not match: keep what is plainly a row, lose one line at most."""

from __future__ import annotations

import csv
import enum
from collections.abc import Iterator, Sequence

from msgspec import Struct

from workbench.data.dialects import Layout, rows_of


class Bad(enum.Enum):
    """Why a row cannot be used."""

    QUOTE = "quote"
    BYTES = "bytes"
    LONG = "long"


class Trouble(Struct, frozen=True, kw_only=True):
    """The row that was made of the next `lines` lines; None if nothing could be made of them.

    `mended` tells that quotation marks were dropped; `seen` lines were looked at to find out.
    """

    lines: int = 1
    row: list[str] | None = None
    mended: bool = True
    seen: int = 1


def mend(lines: Sequence[str], position: int, layout: Layout, *, final: bool, patient: bool = True) -> Trouble | None:
    """Make a row of the lines from `position` on, whose quotation marks do not match.

    If the first line alone is a row with stray marks, it is kept. If its last quotation stays open, the quotation may
    go on over several lines or be a mistake: where the following lines are rows of their own, it is a mistake and
    costs this one line. None means that lines behind these, which are not `final`, are needed to know. Unless
    `patient`, only the first line is looked at: hostile files take no longer than others.
    """
    row, closed = _alone(lines[position], layout)
    if closed:
        return Trouble(row=row, mended=patient or not _is_strict(lines[position], layout))
    if not patient:
        return Trouble()
    record: list[str] = []
    cells = None
    reader = rows_of(_noting(lines, position, record), layout.dialect)
    try:
        cells = next(reader)
    except (csv.Error, StopIteration):
        return Trouble(seen=len(record))
    if position + len(record) >= len(lines):
        if not final:
            return None
        if not _alone("".join(record), layout)[1]:
            return Trouble(seen=len(record))
    if len(cells) != layout.width or _swallows_rows(record, layout):
        return Trouble(seen=len(record))
    return Trouble(lines=len(record), row=cells, seen=len(record))


def _noting(lines: Sequence[str], position: int, record: list[str]) -> Iterator[str]:
    for place in range(position, len(lines)):
        record.append(lines[place])
        yield lines[place]


def _is_strict(line: str, layout: Layout) -> bool:
    try:
        next(rows_of([line], layout.dialect, strict=True), None)
    except csv.Error:
        return False
    return True


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
