"""Collecting: lines become rows, rows become columns, and every row that is left out is accounted for.

Lines come in blocks of some hundred kilobytes, so that a window beside stays awake and memory holds little but the
cells. Python's csv module parses each block strictly; where it objects, `mending` decides what is kept.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Callable, Collection, Iterator

from workbench.core.language import tr, trn
from workbench.data.decoding import MARK
from workbench.data.dialects import Layout, rows_of, split_lines
from workbench.data.mending import Bad, Trouble, mend
from workbench.data.table import SkippedRow

FIELD_LIMIT = 1_000_000
"""The longest cell, in characters, that is kept; a row with a longer one is skipped and listed."""

_RECORD_LIMIT = 4 * FIELD_LIMIT
_BLOCK_SIZE = 1 << 17
_PENDING_ROWS = 1 << 10
_PENDING_CELLS = 1 << 18


class Block:
    """Consecutive lines of a file: `first` is the number of the first one; after the `last` block nothing comes."""

    def __init__(self, lines: list[str], first: int, last: bool) -> None:
        self.lines, self.first, self.last = lines, first, last


def blocks(stream: io.TextIOWrapper, tell: Callable[[], None], *, cut: bool) -> Iterator[Block]:
    """The lines of `stream`, some hundred kilobytes at a time. If `cut`, the text ends anywhere: what is not whole at
    its end is left out, and no block is the last.

    A line longer than `_RECORD_LIMIT` loses its middle: enough to be refused, and memory stays bounded.
    """
    carried, number = "", 1
    while text := stream.read(_BLOCK_SIZE):
        tell()
        if len(carried) > _RECORD_LIMIT and not ("\n" in text or "\r" in text):
            continue
        carried += text
        end = max(carried.rfind("\n"), carried.rfind("\r", 0, -1)) + 1
        if end:
            lines = split_lines(carried[:end])
            yield Block(lines, number, False)
            number += len(lines)
            carried = carried[end:]
    lines = split_lines(carried)
    yield Block(lines[:-1], number, False) if cut else Block(lines, number, True)


class Collector:
    """Takes blocks of lines apart into columns, row by row, and keeps account of every row that it leaves out."""

    def __init__(
        self, layout: Layout, columns: tuple[str, ...], only: Collection[str] | None, limit: int | None
    ) -> None:
        self.layout, self.columns, self.limit = layout, columns, limit
        self.places = [index for index, name in enumerate(columns) if only is None or name in only]
        self.kept: list[list[str]] = [[] for _ in self.places]
        self.pools: list[dict[str, str] | None] = [{} for _ in self.places]
        self.numbers, self.lines = array("L"), array("L")
        self.rows: list[list[str]] = []
        self.skipped: list[SkippedRow] = []
        self.total = self.mended = 0
        self.full = False
        self.awaits_header = layout.header
        self.effort = 16 * _RECORD_LIMIT
        self.reasons: dict[Bad | int, str] = {bad: _reason(bad) for bad in Bad}

    def read(self, blocks_of_lines: Iterator[Block]) -> None:
        """Read all blocks, or until `limit` rows are kept."""
        csv.field_size_limit(8 * _RECORD_LIMIT)
        waiting: list[str] = []
        tried = size = 0
        for block in blocks_of_lines:
            lines = block.lines if block.first > 1 else block.lines[self.layout.skip :]
            size += sum(map(len, lines))
            waiting += lines
            if size < min(2 * tried, _RECORD_LIMIT) and not block.last:
                continue  # a long row: wait until there is twice as much of it
            first = block.first + len(block.lines) - len(waiting)
            waiting = waiting[self._take(waiting, first, block.last) :]
            tried = size = sum(map(len, waiting))
            if self.full:
                break
        self._keep()

    def _take(self, lines: list[str], first: int, last: bool) -> int:
        """Read `lines`; the number of lines used. Fewer than all are used if a row may go on behind them."""
        watchful = MARK in "".join(lines) or max(map(len, lines), default=0) > FIELD_LIMIT
        position = 0
        while position < len(lines) and not self.full:
            taken = seen = 0
            if self.effort > 0:
                taken, seen = self._run(lines, position, first, watchful)
                position += taken
            if position >= len(lines) or self.full:
                break
            patient = self.effort > 0
            trouble = mend(lines, position, self.layout, final=last, patient=patient)
            if trouble is None and sum(map(len, lines[position:])) >= _RECORD_LIMIT:
                trouble = mend(lines, position, self.layout, final=True, patient=patient)
            if trouble is None:
                break
            self.effort -= sum(map(len, lines[position : position + max(seen - taken, trouble.seen)]))
            self._mended(trouble, first + position)
            position += trouble.lines
        return position

    def _run(self, lines: list[str], position: int, first: int, watchful: bool) -> tuple[int, int]:
        """Read rows from `position` on until the parser objects: lines of the rows read, and lines looked at."""
        width = self.layout.width
        rest = lines if not position else (lines[place] for place in range(position, len(lines)))
        reader = rows_of(rest, self.layout.dialect, strict=True)
        rows = self.rows
        taken = 0
        try:
            for row in reader:
                line = reader.line_num
                if len(row) == width and not watchful and line - taken == 1 and not self.awaits_header:
                    if width > 1 or row[0].strip():
                        rows.append(row)
                        self.total += 1
                        self.numbers.append(self.total)
                        self.lines.append(first + position + taken)
                elif row:
                    self._check(row, first + position + taken)
                taken = line
                if self.limit is not None and len(self.numbers) >= self.limit:
                    self.full = True
                    break
            else:
                taken = len(lines) - position
        except csv.Error:
            pass
        if len(rows) >= _PENDING_ROWS or len(rows) * width >= _PENDING_CELLS:
            self._keep()
        return taken, reader.line_num

    def _keep(self) -> None:
        """Hand the pending rows over to the columns. A cell that came before is kept once."""
        columns = list(zip(*self.rows, strict=True)) if self.rows else [() for _ in self.columns]
        for slot, place in enumerate(self.places):
            cells, pool = columns[place], self.pools[slot]
            if pool is not None:
                known = pool.setdefault
                cells = tuple(map(known, cells, cells))
                if len(pool) > max(20, 0.3 * (len(self.kept[slot]) + len(cells))) and len(self.kept[slot]) > 100:
                    self.pools[slot] = None
            self.kept[slot].extend(cells)
        self.rows.clear()

    def _check(self, row: list[str], line: int) -> None:
        """Keep or skip one row that is not plainly right."""
        width = self.layout.width
        if len(row) == 1 and not row[0].strip():
            return
        if self.awaits_header:
            self.awaits_header = False
            return
        self.total += 1
        while len(row) > width and not row[-1].strip():
            row.pop()
        if len(row) != width:
            self._skip(line, self._ragged(len(row)))
            return
        for place, cell in enumerate(row):
            if MARK in cell:
                self._skip(line, self.reasons[Bad.BYTES], self.columns[place])
                return
            if len(cell) > FIELD_LIMIT:
                self._skip(line, self.reasons[Bad.LONG], self.columns[place])
                return
        self.numbers.append(self.total)
        self.lines.append(line)
        self.rows.append(row)

    def _mended(self, trouble: Trouble, line: int) -> None:
        if trouble.row is not None:
            self.mended += trouble.mended
            self._check(trouble.row, line)
        elif self.awaits_header:
            self.awaits_header = False
        else:
            self.total += 1
            self._skip(line, self.reasons[Bad.QUOTE])

    def _ragged(self, found: int) -> str:
        reason = self.reasons.get(found)
        if reason is None:
            reason = trn(
                "It has {number} cell; the table has {width}.",
                "It has {number} cells; the table has {width}.",
                found,
                width=self.layout.width,
            )
            self.reasons[found] = reason
        return reason

    def _skip(self, line: int, reason: str, column: str = "") -> None:
        self.skipped.append(SkippedRow(row=self.total, line=line, column=column, reason=reason))


def _reason(bad: Bad) -> str:
    if bad is Bad.BYTES:
        return tr("Some bytes do not fit the encoding.")
    if bad is Bad.LONG:
        return tr("A cell is longer than {limit} characters.", limit=f"{FIELD_LIMIT:,}")
    return tr("A quotation mark is opened and not closed.")
