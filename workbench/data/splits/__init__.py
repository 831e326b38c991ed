"""Splits: how the rows that are kept aside for validation are chosen. One function is one entry.

A module here that adds to `SPLITS` is found by itself; nothing else has to be told of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache

from msgspec import Struct

from workbench.core.errors import Problem
from workbench.core.language import mark, tr
from workbench.core.plan import Choice, DatasetSpec
from workbench.core.registry import Registry
from workbench.data.files import problem
from workbench.data.watching import UNWATCHED, Watch


class Rows(Struct, frozen=True, kw_only=True):
    """What a split may look at: one entry for each usable row of the training file, in the file's order.

    Validation rows may be drawn evenly from the `strata`: classes, or ranges of numbers. `labels` are the classes, and
    empty where no label is learned: each of them has to stay among the training rows. `keys()` are equal where the
    texts are. `cells` are of the column that the split's own option names, and empty where it names none;
    `delimiter` is the file's.
    """

    path: str
    strata: Sequence[Hashable]
    labels: Sequence[Hashable]
    keys: Callable[[], Sequence[int]]
    cells: Sequence[str] = ()
    delimiter: str | None = None
    watch: Watch = UNWATCHED

    def __len__(self) -> int:
        return len(self.strata)


class Parts(Struct, frozen=True, kw_only=True):
    """The places of the training rows and of the validation rows, each in ascending order.

    The rows in `left_out` are in neither part: {place: why}.
    """

    training: array[int]
    validation: array[int]
    left_out: Mapping[int, str] = {}


SPLITS: Registry[Callable[..., Parts]] = Registry(mark("Rows kept aside"), "split")
"""(rows, share, seed, **options) -> Parts. Equal arguments give equal parts; both parts hold rows, or a WorkbenchError
says why not."""


@cache
def splits() -> Registry[Callable[..., Parts]]:
    """The registry with every split of this package in it, those that need no column first."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    for name in sorted(SPLITS.entries, key=lambda name: (len(SPLITS.entries[name].options), name)):
        SPLITS.entries[name] = SPLITS.entries.pop(name)
    return SPLITS


def split_rows(rows: Rows, choice: Choice, share: float, seed: int) -> Parts:
    """`rows` in two parts, of which the second has about `share` of them. Raises WorkbenchError."""
    entry = splits()[choice.name]
    parts: Parts = entry.function(rows, share, seed, **entry.values(choice))
    return parts


def column_of(spec: DatasetSpec) -> str:
    """The column that the split of `spec` looks at; "" for none, and where a validation file makes a split needless."""
    entry = splits().entries.get(spec.split.name)
    if entry is None or spec.validation_path:
        return ""
    names = [option.name for option in entry.options if option.kind == "column"]
    return str(spec.split.options.get(names[0], "")) if names else ""


def problems_of(spec: DatasetSpec, columns: Sequence[str] | None = None) -> list[Problem]:
    """What is wrong with the split of `spec`: an unknown name, knobs out of bounds, a column that is not there.

    `columns` are those of the file; None where it has not been looked at.
    """
    if spec.validation_path:
        return []
    found = splits().problems(spec.split)
    if found:
        return found
    entry, column = splits()[spec.split.name], column_of(spec)
    listed = "" if columns is None else ", ".join(columns[:30]) + (", …" if len(columns) > 30 else "")
    remedy = tr("The file has: {columns}.", columns=listed) if listed else ""
    if not column and any(option.kind == "column" for option in entry.options):
        what = tr("The split “{name}” needs a column.", name=tr(entry.title))
        return [problem("D55", spec.path, what, remedy or tr("Choose one."), "split")]
    if column and columns is not None and column not in columns:
        what = tr("There is no column “{column}”.", column=column[:60])
        return [problem("D56", spec.path, what, remedy, "split")]
    return []


def cannot_part(path: str, what: str, remedy: str) -> Problem:
    """The problem of rows that a split cannot part in two."""
    return problem("D58", path, what, remedy, "split")
