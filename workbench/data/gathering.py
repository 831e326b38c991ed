"""Gathering: blocks of cells become the columns of a table, with account of every row that is left out."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence

from workbench.core.language import tr
from workbench.data.collecting import FIELD_LIMIT
from workbench.data.table import SkippedRow


class Gatherer:
    """Takes rows column by column. `places` are the wanted columns; `full` when `limit` rows are kept."""

    def __init__(self, columns: Sequence[str], only: Collection[str] | None, limit: int | None) -> None:
        self.columns = tuple(columns)
        self.places = [place for place, name in enumerate(columns) if only is None or name in only]
        self.numbers, self.lines = array("L"), array("L")
        self.skipped: list[SkippedRow] = []
        self.total = 0
        self._limit = limit
        self._kept: list[list[str]] = [[] for _ in self.places]
        self._pools: list[dict[str, str] | None] = [{} for _ in self.places]

    @property
    def full(self) -> bool:
        """Whether as many rows are kept as were asked for."""
        return self._limit is not None and len(self.numbers) >= self._limit

    @property
    def cells(self) -> dict[str, list[str]]:
        """The cells of the wanted columns."""
        return {self.columns[place]: cells for place, cells in zip(self.places, self._kept, strict=True)}

    def take(self, columns: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """Take the rows that start on `lines`; `columns` holds the cells of the wanted columns alone."""
        long = self._too_long(columns)
        if long or (self._limit is not None and len(self.numbers) + len(lines) > self._limit):
            kept = self._sort_out(long, lines)
            columns = [[column[place] for place in kept] for column in columns]
        else:
            self.numbers.extend(range(self.total + 1, self.total + len(lines) + 1))
            self.lines.extend(lines)
            self.total += len(lines)
        for slot, column in enumerate(columns):
            self._kept[slot].extend(self._pooled(slot, column))

    def _too_long(self, columns: Sequence[Sequence[str]]) -> dict[int, str]:
        """{place of a row with a cell beyond the limit: the column of the first such cell}."""
        long: dict[int, str] = {}
        for slot, column in enumerate(columns):
            if column and max(map(len, column)) > FIELD_LIMIT:
                for place, cell in enumerate(column):
                    if len(cell) > FIELD_LIMIT:
                        long.setdefault(place, self.columns[self.places[slot]])
        return long

    def _sort_out(self, long: dict[int, str], lines: Sequence[int]) -> list[int]:
        """Count the rows one by one until it is enough; the places of those that are kept."""
        kept: list[int] = []
        reason = tr("A cell is longer than {limit} characters.", limit=f"{FIELD_LIMIT:,}")
        for place, line in enumerate(lines):
            if self.full:
                break
            self.total += 1
            if place in long:
                self.skipped.append(SkippedRow(row=self.total, line=line, column=long[place], reason=reason))
            else:
                kept.append(place)
                self.numbers.append(self.total)
                self.lines.append(line)
        return kept

    def _pooled(self, slot: int, column: Sequence[str]) -> Sequence[str]:
        """`column`, where a cell that came before is kept once, as long as that saves much."""
        pool = self._pools[slot]
        if pool is None:
            return column
        column = list(map(pool.setdefault, column, column))
        seen = len(self._kept[slot])
        if seen > 100 and len(pool) > max(20, 0.3 * (seen + len(column))):
            self._pools[slot] = None
        return column
