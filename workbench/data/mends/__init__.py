"""Mends: what is done to the rows of a file, as a part of the plan, before anything else sees them.

The file itself is never changed: a mend is one entry of `DatasetSpec.mends`, a run repeats it, and undo takes it out. A
module here that adds to one of the registries below is found by itself; nothing else has to be told of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from workbench.core.errors import Problem
from workbench.core.fields import Field
from workbench.core.language import mark
from workbench.core.plan import Choice
from workbench.core.registry import Registry, unknown
from workbench.data.table import Table
from workbench.data.watching import Watch

TextMend = Callable[[str], str]
"""One text as the model is to see it. Also what is typed for a trained model goes through it."""

LabelMend = Callable[[str], str]
"""One label as it is to be read."""


class Roles(Struct, frozen=True, kw_only=True):
    """The columns that the model sees, and the one that is learned ("" if there is none)."""

    inputs: tuple[str, ...]
    target: str = ""


TEXTS: Registry[Callable[..., TextMend]] = Registry(mark("Mend of texts"), "mends")
"""(**options) -> TextMend. Applied to every input cell of every file."""

LABELS: Registry[Callable[..., LabelMend]] = Registry(mark("Mend of labels"), "mends")
"""(the target's cells in the training file, **options) -> LabelMend. Applied to the target of every file."""

ROWS: Registry[Callable[..., Mapping[int, str]]] = Registry(mark("Mend of rows"), "mends")
"""(table, roles, watch, **options) -> {place: why this row is left out}. Applied to the training file alone."""


@cache
def _found() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def registry_of(name: str) -> Registry[Any] | None:
    """The registry that has the mend `name`; None if there is no such mend."""
    _found()
    return next((registry for registry in (TEXTS, LABELS, ROWS) if name in registry.entries), None)


def problems_of(mends: Sequence[Choice]) -> list[Problem]:
    """What is wrong with `mends`: unknown names, or knobs out of bounds."""
    problems: list[Problem] = []
    for mend in mends:
        registry = registry_of(mend.name)
        if registry is None:
            every = [name for found in (TEXTS, LABELS, ROWS) for name in found.entries]
            problems.append(unknown(mark("Mend"), "mends", mend.name, dict.fromkeys(every)))
        else:
            problems += registry.problems(mend)
    return problems


def text_mend(mends: Sequence[Choice]) -> TextMend:
    """All mends of texts among `mends`, one after the other, as one function."""
    _found()
    chosen = [
        TEXTS[mend.name].function(**TEXTS[mend.name].values(mend)) for mend in mends if mend.name in TEXTS.entries
    ]

    def mended(text: str) -> str:
        for change in chosen:
            text = change(text)
        return text

    return mended


def mended(
    table: Table,
    mends: Sequence[Choice],
    columns: Mapping[str, str],
    fields: Mapping[str, Field],
    watch: Watch,
    *,
    main: Table | None = None,
) -> Table:
    """`table` after `mends`. For a validation or test file, `main` is the training file's table before any mend.

    Rows that are left out are among `Table.skipped` with their reason, so that read and skipped rows add up to all.
    """
    raise NotImplementedError
