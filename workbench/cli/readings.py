"""How a table of questions is read: as the user said for the run, unless the file shows that it is another kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from workbench.core.errors import WorkbenchError
from workbench.core.plan import Reading
from workbench.studio import Preview, Studio

_NAMELESS = re.compile(r"column \d+( \(\d+\))?")
"""The name that a column has where the file gives it none."""


def reading_with(columns: Sequence[str], path: str, said: Reading, studio: Studio) -> Reading:
    """The first way to read the file at `path` that shows all of `columns`; where none does, as it was `said`.

    `said` is what the user set for the file that the run learned from. Reads the file's head. Never raises: a file
    that cannot be read is told by whoever reads it.
    """
    for reading in _ways(columns, path, said, studio):
        head = _head(path, reading, studio)
        if head is not None and all(column in head.columns for column in columns):
            return reading
    return said


def _ways(columns: Sequence[str], path: str, said: Reading, studio: Studio) -> Iterator[Reading]:
    replace = msgspec.structs.replace
    if said.encoding and _shows_unicode(_head(path, replace(said, encoding=None), studio)):
        yield replace(said, encoding=None)
    yield said
    if said.header is None and all(_NAMELESS.fullmatch(column) for column in columns):
        yield replace(said, header=False)
    yield Reading()


def _head(path: str, reading: Reading, studio: Studio) -> Preview | None:
    try:
        return studio.preview(path, reading)
    except WorkbenchError:
        return None


def _shows_unicode(head: Preview | None) -> bool:
    """Whether the file proves by letters beyond ASCII that it is UTF-8 or UTF-16, whatever the run's file was."""
    if head is None or not (head.reading.encoding or "").startswith("utf"):
        return False
    return not all(cell.isascii() for cells in head.sample.cells.values() for cell in cells)
