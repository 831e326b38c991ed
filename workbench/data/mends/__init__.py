"""Mends: what is done to the rows of a file, as a part of the plan, before anything else sees them.

The file itself is never changed: a mend is one entry of `DatasetSpec.mends`, a run repeats it, and undo takes it out. A
module here that adds to one of the registries below is found by itself; nothing else has to be told of it.
"""

from __future__ import annotations

import importlib
import pkgutil
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.fields import Field
from workbench.core.language import mark
from workbench.core.plan import Choice
from workbench.core.registry import Entry, Registry, unknown
from workbench.data.table import SkippedRow, Table
from workbench.data.watching import Watch

TextMend = Callable[[str], str]
"""One text as the model is to see it. Also what is typed for a trained model goes through it."""

LabelMend = Callable[[str], str]
"""One label as it is to be read."""


class Roles(Struct, frozen=True, kw_only=True):
    """The columns that the model sees, and the one that is learned ("" if there is none).

    `others` are the tables of the validation and test file, after their mends.
    """

    inputs: tuple[str, ...]
    target: str = ""
    others: tuple[Table, ...] = ()


_REMEMBERED = 1000
"""How many different cells are remembered with what became of them."""

MASK = "mask-personal"
"""The mend of texts that comes last: see `in_order`."""

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


def every_mend() -> dict[str, Entry[Any]]:
    """{name: entry} of every mend: of texts, labels and rows."""
    _found()
    entries: dict[str, Entry[Any]] = {}
    for registry in (TEXTS, LABELS, ROWS):
        entries |= registry.entries
    return entries


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
            problems.append(unknown(mark("Mend"), "mends", mend.name, every_mend()))
        else:
            problems += registry.problems(mend)
    return problems


def in_order(mends: Sequence[Choice]) -> Sequence[Choice]:
    """`mends` as they are made: what hides personal data comes after every other mend of texts.

    An address that stands in HTML or is broken by signs that cannot be seen is only found once those are gone.
    """
    _found()
    masks = [mend for mend in mends if mend.name == MASK]
    others = [mend for mend in mends if mend.name != MASK]
    last = max((place for place, mend in enumerate(others) if mend.name in TEXTS.entries), default=None)
    if not masks or last is None:
        return mends
    before = max(last + 1, len([mend for mend in mends[: mends.index(masks[0])] if mend.name != MASK]))
    return [*others[:before], *masks, *others[before:]]


def text_mend(mends: Sequence[Choice]) -> TextMend:
    """All mends of texts among `mends`, one after the other, as one function."""
    _found()
    wanted = [mend for mend in in_order(mends) if mend.name in TEXTS.entries]
    chosen = [TEXTS[mend.name].function(**TEXTS[mend.name].values(mend)) for mend in wanted]

    def mended(text: str) -> str:
        for change in chosen:
            text = change(text)
        return text

    return mended


def mends_texts(mends: Sequence[Choice]) -> bool:
    """Whether any of `mends` changes texts."""
    _found()
    return any(mend.name in TEXTS.entries for mend in mends)


def mended_labels(mends: Sequence[Choice], cells: Sequence[str], watch: Watch) -> Sequence[str]:
    """The target's `cells` of the training file after all mends of labels among `mends`."""
    _found()
    for mend in mends:
        if mend.name in LABELS.entries:
            entry = LABELS[mend.name]
            cells = _changed(cells, entry.function(cells, **entry.values(mend)), watch)
    return cells


def mended(
    table: Table,
    mends: Sequence[Choice],
    columns: Mapping[str, str],
    fields: Mapping[str, Field],
    watch: Watch,
    *,
    main: Table | None = None,
    others: Sequence[Table] = (),
) -> Table:
    """`table` after `mends`. For a validation or test file, `main` is the training file's table before any mend.

    For the training file, `others` are the tables of the validation and test file after their mends. Rows that are left
    out are among `Table.skipped` with their reason, so that read and skipped rows add up to all. Raises WorkbenchError
    for a mend that there is not.
    """
    roles = _roles(columns, fields, others)
    # What a label mend learns is the same for every file, whatever rows were left out before it.
    known: Sequence[str] = (main or table).cells[roles.target] if _is_label(fields) and roles.target else ()
    for mend in in_order(mends):
        registry = registry_of(mend.name)
        if registry is None:
            raise WorkbenchError(*problems_of([mend]))
        entry = registry[mend.name]
        if registry is TEXTS:
            table = _with_cells(table, dict.fromkeys(roles.inputs, entry.function(**entry.values(mend))), watch)
        elif registry is LABELS and known:
            change = entry.function(known, **entry.values(mend))
            known = _changed(known, change, watch)
            table = _with_cells(table, {roles.target: change}, watch)
        elif registry is ROWS and main is None:
            table = _without(table, entry.function(table, roles, watch, **entry.values(mend)), watch)
    return table


def _roles(columns: Mapping[str, str], fields: Mapping[str, Field], others: Sequence[Table]) -> Roles:
    used = {name: columns[name] for name in fields if columns.get(name)}
    target = next((column for name, column in used.items() if fields[name].target), "")
    inputs = tuple(column for name, column in used.items() if not fields[name].target and fields[name].kind == "text")
    return Roles(inputs=inputs, target=target, others=tuple(others))


def _is_label(fields: Mapping[str, Field]) -> bool:
    return any(field.target and field.kind == "label" for field in fields.values())


def _with_cells(table: Table, changes: Mapping[str, Callable[[str], str]], watch: Watch) -> Table:
    cells = {name: _changed(table.cells[name], change, watch) for name, change in changes.items()}
    return replace(table, cells={**table.cells, **cells})


def _changed(cells: Sequence[str], change: Callable[[str], str], watch: Watch) -> list[str]:
    """Every cell after `change`; what came before is not worked out again, as long as few cells differ."""
    known: dict[str, str] = {}
    result: list[str] = []
    for cell in watch.over(cells):
        value = known.get(cell)
        if value is None:
            value = change(cell)
            if len(known) < _REMEMBERED:
                known[cell] = value
        result.append(value)
    return result


def _without(table: Table, reasons: Mapping[int, str], watch: Watch) -> Table:
    """`table` without the rows at the places of `reasons`, which say why."""
    if not reasons:
        return table
    kept = [place for place in watch.over(range(len(table))) if place not in reasons]
    skipped = [*table.skipped]
    skipped += (
        SkippedRow(row=table.numbers[place], line=table.lines[place], reason=reason)
        for place, reason in watch.over(reasons.items())
    )
    return replace(
        table,
        cells={name: [cells[place] for place in watch.over(kept)] for name, cells in table.cells.items()},
        numbers=array("L", (table.numbers[place] for place in watch.over(kept))),
        lines=array("L", (table.lines[place] for place in watch.over(kept))),
        skipped=tuple(watch.ordered(skipped, key=lambda row: row.row)),
    )
