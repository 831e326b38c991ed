"""Rows for the tests of this room."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.plan import Choice
from workbench.data.splits import Parts, Rows, split_rows


def rows_of(
    labels: Sequence[str], cells: Sequence[str] = (), keys: Sequence[int] | None = None, delimiter: str = ","
) -> Rows:
    """Labelled rows; every text is another one unless `keys` say otherwise."""
    known = list(range(len(labels))) if keys is None else keys
    return Rows(path="rows.csv", strata=labels, labels=labels, keys=lambda: known, cells=cells, delimiter=delimiter)


def numbers_of(total: int, cells: Sequence[str] = ()) -> Rows:
    """Rows of which a number is learned."""
    return Rows(path="rows.csv", strata=bytes(total), labels=[], keys=lambda: range(total), cells=cells, delimiter=",")


def parted(rows: Rows, name: str, share: float = 0.2, seed: int = 1, **options: str) -> Parts:
    """The parts of `rows`; the column's name has no say here."""
    column = {"column": "column"} if name in ("group", "time") else {}
    return split_rows(rows, Choice(name=name, options={**column, **options}), share, seed)
