"""All rows of a data file for whoever wants to see or search them: read off the GUI thread, once, and kept."""

from __future__ import annotations

import os
import threading
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.plan import Reading
from workbench.gui.background import Ticket

_TURN = 0.05  # seconds between two looks whether anybody still waits
_SMALL = 64 * 2**20  # bytes of a file whose rows may stay in memory
_CHUNK = 4096  # rows that are looked at in one go


class RowSource:
    """Reads files for threads that work under a ticket. The rows of one file are kept."""

    def __init__(self, studio: Any) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._kept: tuple[tuple[Any, ...], Any] | None = None

    def table(self, path: str, reading: Reading, ticket: Ticket) -> Any:
        """The whole table at `path`. Call it off the GUI thread. Raises WorkbenchError, OSError or GivenUpError."""
        while not self._lock.acquire(timeout=_TURN):
            ticket.check()
        try:
            ticket.check()
            status = os.stat(path)
            key = (path, msgspec.json.encode(reading), status.st_size, status.st_mtime_ns)
            # The stamp of a folder does not tell of the files in it.
            if self._kept is None or self._kept[0] != key or os.path.isdir(path):
                self._kept = None  # two large tables at once would need twice the memory
                self._kept = (key, self._studio.read_table(path, reading))
            return self._kept[1]
        finally:
            self._lock.release()

    def release(self) -> None:
        """Nobody shows the rows any more: a large table is forgotten."""
        kept = self._kept
        if kept is not None and kept[0][2] > _SMALL:
            self._kept = None


def places_of(
    columns: Sequence[Sequence[str]], needle: str, ticket: Ticket, among: Sequence[int] | None = None
) -> Sequence[int]:
    """The places of the rows that have `needle` in one of their cells, capitals or not; `among` these alone."""
    if not needle:
        return among if among is not None else range(len(columns[0]) if columns else 0)
    wanted = needle.casefold()
    plain = wanted == wanted.upper()  # e.g. Chinese: nothing to fold
    found = array("q")
    for chunk in _chunks(among if among is not None else range(len(columns[0]) if columns else 0), ticket):
        hits: set[int] = set()
        for cells in columns:
            if plain:
                hits.update(place for place in chunk if wanted in cells[place])
            else:
                hits.update(place for place in chunk if wanted in cells[place].casefold())
        found.extend(sorted(hits))
    return found


def places_with(cells: Sequence[str], wanted: Iterable[str], ticket: Ticket) -> Sequence[int]:
    """The places of the cells that are one of `wanted`."""
    chosen = frozenset(wanted)
    found = array("q")
    for chunk in _chunks(range(len(cells)), ticket):
        found.extend(place for place in chunk if cells[place] in chosen)
    return found


def spellings(cells: Sequence[str], ticket: Ticket) -> list[str]:
    """The different cells, in the order in which they come first."""
    seen: dict[str, None] = {}
    for chunk in _chunks(range(len(cells)), ticket):
        seen.update(dict.fromkeys(cells[place] for place in chunk))
    return list(seen)


def _chunks(places: Sequence[int], ticket: Ticket) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), _CHUNK):
        ticket.check()
        yield places[start : start + _CHUNK]


def input_columns(studio: Any, plan: Any) -> tuple[str, ...]:
    """The columns that the model sees, in the order of the task's fields."""
    fields: Mapping[str, Any] = studio.tasks()[plan.task.name].fields
    named = (plan.dataset.columns.get(key, "") for key, field in fields.items() if not field.target)
    return tuple(column for column in named if column)


def target_column(studio: Any, plan: Any) -> str:
    """The column that is learned; "" if none is chosen."""
    fields: Mapping[str, Any] = studio.tasks()[plan.task.name].fields
    return next((plan.dataset.columns.get(key, "") for key, field in fields.items() if field.target), "")


def places_of_class(studio: Any, plan: Any, cells: Sequence[str], label: str, ticket: Ticket) -> Sequence[int]:
    """The places of the `cells`, all those of the target's column, that are read as the class `label`."""
    if plan.dataset.mends:
        cells = studio.mended_labels(plan, cells, lambda _share: ticket.check())
    return places_with(cells, [cell for cell in spellings(cells, ticket) if cell.strip() == label], ticket)


def places_used(table: Any, places: Sequence[int], profile: Any, ticket: Ticket) -> Sequence[int]:
    """Those of `places` whose rows are learned from, as far as `profile` tells."""
    if profile is None or not profile.skipped:
        return places
    skipped = {row.row for row in profile.skipped if not row.path}
    used = array("q")
    for chunk in _chunks(places, ticket):
        used.extend(place for place in chunk if table.numbers[place] not in skipped)
    return used
