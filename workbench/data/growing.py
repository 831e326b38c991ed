"""Columns that are not known beforehand: they grow with the rows, and every row that is left out is accounted for."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from workbench.core.language import tr
from workbench.core.plan import Reading
from workbench.data.collecting import FIELD_LIMIT
from workbench.data.encodings import SURE, EncodingGuess
from workbench.data.names import mend_names
from workbench.data.table import SkippedRow, Table

MOST_COLUMNS = 10_000
"""More columns than any table has: from here on the rows name their values anew each time."""

_FEW_CELLS = 20_000_000
_BYTES_PER_CELL = 4
_PENDING = 1 << 10


class TooManyColumnsError(Exception):
    """The rows have too many different names for their values; `names` are the first of them."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = tuple(names)


class GrowingColumns:
    """Takes rows as {name: value}, with other names in each row if need be, and makes columns of cells of them.

    `text_of` makes a cell of a value and raises RecursionError for one that is nested too deeply; `flat` makes a row
    without objects in it. `only` are the columns whose cells are kept; reading ends at `limit` rows (`full`). `size` is
    the file's, in bytes: a table that is mostly empty cells may not take many times its memory.
    """

    def __init__(
        self,
        text_of: Callable[[Any], str] = str,
        flat: Callable[[Mapping[str, Any]], dict[str, Any]] = dict,
        *,
        only: Collection[str] | None = None,
        limit: int | None = None,
        size: int = 0,
    ) -> None:
        self._text_of, self._flat, self._only, self._limit = text_of, flat, only, limit
        self._most_cells = max(_FEW_CELLS, size // _BYTES_PER_CELL)
        self.keys: dict[str, int] = {}
        self.names: list[str] = []
        self._taken: set[str] = set()
        self._repeats: dict[str, int] = {}
        self._kept: list[list[str] | None] = []
        self._pools: list[dict[str, str] | None] = []
        self.numbers, self.lines = array("L"), array("L")
        self._rows: list[Mapping[str, Any]] = []
        self._new_numbers, self._new_lines = array("L"), array("L")
        self._blank: list[str] = []
        self.skipped: list[SkippedRow] = []
        self.total = self._width = 0
        self.full = False

    def add(self, row: Mapping[str, Any], line: int) -> None:
        """Take one row that starts on `line`."""
        if self._limit is not None:
            self.extend((row,), line)
            return
        self.total += 1
        self._rows.append(row)
        self._new_numbers.append(self.total)
        self._new_lines.append(line)
        if len(self._rows) >= _PENDING:
            self.keep()

    def extend(self, rows: Sequence[Mapping[str, Any]], line: int) -> None:
        """Take rows that start on consecutive lines, the first on `line`."""
        if self._limit is not None:
            rows = rows[: max(0, self._limit - len(self.numbers) - len(self._rows))]
        self._rows.extend(rows)
        self._new_numbers.extend(range(self.total + 1, self.total + 1 + len(rows)))
        self._new_lines.extend(range(line, line + len(rows)))
        self.total += len(rows)
        pending = len(self._rows)
        if pending >= _PENDING or (self._limit is not None and len(self.numbers) + pending >= self._limit):
            self.keep()

    def skip(self, line: int, reason: str, column: str = "") -> None:
        """Leave out the row that starts on `line`, and say why."""
        self.total += 1
        self.skipped.append(SkippedRow(row=self.total, line=line, column=column, reason=reason))

    def expect(self, keys: Sequence[str]) -> None:
        """Have columns for `keys`, in this order, whether rows hold them or not. Raises TooManyColumnsError."""
        for key in keys:
            if key not in self.keys:
                self._grow(key)

    def keep(self) -> None:
        """Hand the pending rows over to the columns. Raises TooManyColumnsError."""
        rows = self._rows
        if rows:
            kinds = set(map(type, chain.from_iterable(row.values() for row in rows)))
            if dict in kinds:
                rows = [self._flat(row) for row in rows]
            present = dict.fromkeys(chain.from_iterable(rows))
            self.expect([key for key in present if key not in self.keys])
            self._require_room(len(rows))
            bad: dict[int, tuple[str, str]] = {}
            self._blank = [""] * len(rows)
            fresh = [
                () if self._kept[place] is None else self._cells(rows, key, bad) if key in present else self._blank
                for key, place in self.keys.items()
            ]
            self._store(fresh, bad)
        self._rows = []
        self._new_numbers, self._new_lines = array("L"), array("L")
        self.full = self._limit is not None and len(self.numbers) >= self._limit

    def table(
        self,
        path: Path,
        reading: Reading,
        guess: EncodingGuess,
        *,
        partial: bool = False,
        kind: str,
        total: int = 0,
        counted: bool = False,
        notes: tuple[str, ...] = (),
    ) -> Table:
        """Everything taken, as a table of a file of `kind`. A partial one has `total` rows, if that is more."""
        self.keep()
        if guess.confidence < SURE:
            notes += (tr("The encoding is a guess: {encoding}. Compare the preview.", encoding=guess.encoding),)
        partial = partial or self.full
        return Table(
            path=str(path),
            columns=tuple(self.names),
            cells={name: cells for name, cells in zip(self.names, self._kept, strict=True) if cells is not None},
            numbers=self.numbers,
            lines=self.lines,
            skipped=tuple(sorted(self.skipped, key=lambda row: row.row)),
            total=max(self.total, total) if partial else self.total,
            reading=replace(reading, encoding=guess.encoding),
            confidence=round(guess.confidence, 3),
            partial=partial,
            notes=mend_names(list(self.keys), len(self.keys))[1] + notes,
            encodings=tuple(dict.fromkeys((guess.encoding, *guess.alternatives))),
            kind=kind,
            counted=counted and partial,
        )

    def _grow(self, key: str) -> None:
        name = self._free_name(key)
        self._taken.add(name)
        self.keys[key] = len(self.names)
        self.names.append(name)
        wanted = self._only is None or name in self._only
        self._kept.append([""] * len(self.numbers) if wanted else None)
        self._pools.append({})
        self._width += wanted
        if len(self.names) > MOST_COLUMNS:
            raise TooManyColumnsError(self.names[:3])
        self._require_room(0)

    def _require_room(self, more: int) -> None:
        """Refuse a table that is mostly empty cells: a small file could take all memory with it."""
        if self._width * (len(self.numbers) + more) > self._most_cells:
            raise TooManyColumnsError(self.names[:3])

    def _free_name(self, key: str) -> str:
        """The column's name for `key`, mended as a header's: a name may not change when later rows bring more."""
        name = mend_names((key,), 1)[0][0]
        if name not in self._taken:
            return name
        count = self._repeats.get(name, 1) + 1
        while (candidate := f"{name} ({count})") in self._taken:
            count += 1
        self._repeats[name] = count
        return candidate

    def _cells(self, rows: Sequence[Mapping[str, Any]], key: str, bad: dict[int, tuple[str, str]]) -> Sequence[str]:
        """The cells of one column; rows that it makes unusable are put into `bad`, with the reason."""
        values = [row.get(key, "") for row in rows]
        kinds = set(map(type, values))
        if kinds == {int} or kinds == {float}:
            values = list(map(repr, values))
        elif kinds != {str}:
            for place, value in enumerate(values):
                if type(value) is not str:
                    try:
                        values[place] = self._text_of(value)
                    except RecursionError:
                        values[place] = ""
                        bad.setdefault(place, (tr("Its values are nested too deeply."), self.names[self.keys[key]]))
        if max(map(len, values)) > FIELD_LIMIT:
            reason = tr("A cell is longer than {limit} characters.", limit=f"{FIELD_LIMIT:,}")
            for place, value in enumerate(values):
                if len(value) > FIELD_LIMIT:
                    bad.setdefault(place, (reason, self.names[self.keys[key]]))
        return values

    def _store(self, fresh: Sequence[Sequence[str]], bad: Mapping[int, tuple[str, str]]) -> None:
        count = len(self._rows)
        good = [place for place in range(count) if place not in bad] if bad else None
        for slot, cells in enumerate(fresh):
            kept = self._kept[slot]
            if kept is None:
                continue
            if good is not None:
                cells = [cells[place] for place in good]
            kept.extend(self._pooled(slot, cells, len(kept)))
        for place, (reason, column) in bad.items():
            number, line = self._new_numbers[place], self._new_lines[place]
            self.skipped.append(SkippedRow(row=number, line=line, column=column, reason=reason))
        if good is None:
            self.numbers.extend(self._new_numbers)
            self.lines.extend(self._new_lines)
        else:
            self.numbers.extend(self._new_numbers[place] for place in good)
            self.lines.extend(self._new_lines[place] for place in good)

    def _pooled(self, slot: int, cells: Sequence[str], before: int) -> Sequence[str]:
        """`cells`, of which those that came before are kept once; a column that repeats little is left alone."""
        pool = self._pools[slot]
        if pool is None or cells is self._blank:
            return cells
        cells = tuple(map(pool.setdefault, cells, cells))
        if before > 100 and len(pool) > max(20, 0.3 * (before + len(cells))):
            self._pools[slot] = None
        return cells
