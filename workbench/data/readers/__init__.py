"""Readers: one file per format. A reader is found by what a file holds, never by its name.

A module here that defines `READER` is a reader; nothing else has to be told of it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Protocol

from workbench.core.plan import Reading
from workbench.data.files import open_file, refuse_foreign
from workbench.data.table import Progress, Table

HEAD = 1 << 16
"""How many of the first bytes of a file a reader is shown."""


class Reader(Protocol):
    """What a module of this package offers as `READER`."""

    def recognizes(self, head: bytes) -> float:
        """How sure (0 to 1) the first bytes of a file are of this format; 0 for not at all."""

    def read(
        self,
        path: Path,
        reading: Reading,
        *,
        limit: int | None = None,
        only: Collection[str] | None = None,
        head_only: bool = False,
        progress: Progress | None = None,
    ) -> Table:
        """The table at `path`: at most `limit` rows, the columns `only`, from the file's beginning if `head_only`."""


@cache
def readers() -> tuple[Reader, ...]:
    """Every reader found in this package."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return tuple(module.READER for module in modules if hasattr(module, "READER"))


def reader_for(path: Path) -> Reader:
    """The reader that is surest of the file at `path`. Raises WorkbenchError, with the reason, if there is none."""
    if os.path.isdir(path):
        from workbench.data.readers.text_folder import READER

        return READER
    with open_file(path) as stream:
        head = stream.read(HEAD) or b""
    sure, best = max(((reader.recognizes(head), reader) for reader in readers()), key=lambda pair: pair[0])
    if sure < 0.5:
        refuse_foreign(path, head)
    return best


def read_table(
    path: Path | str,
    reading: Reading = Reading(),  # noqa: B008 - frozen
    *,
    limit: int | None = None,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Table:
    """The table at `path`, at most `limit` rows of it; what `reading` leaves open is detected.

    `only` keeps the cells of these columns alone, which saves memory in wide files; columns that the file does not have
    are left out. `progress` is told the share that is read and may raise to stop. Raises WorkbenchError.
    """
    path = Path(path)
    return reader_for(path).read(path, reading, limit=limit, only=only, progress=progress)


def read_head(path: Path | str, reading: Reading = Reading()) -> Table:  # noqa: B008 - frozen
    """As `read_table`, but only the beginning of a large file is touched; `partial` tells that rows were left."""
    path = Path(path)
    return reader_for(path).read(path, reading, head_only=True)
