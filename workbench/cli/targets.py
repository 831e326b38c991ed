"""Classes or a number: which task a column is made for that the user names with --label."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.fields import FieldError, Number
from workbench.core.language import tr
from workbench.studio import Preview, Studio

_NUMBER = Number(title="")
_MANY_VALUES = 100


def task_of_column(column: str, studio: Studio, head: Preview) -> str:
    """The id of the task whose target `column` can be, judged by its cells alone. Raises WorkbenchError if unclear."""
    cells = [cell.strip() for cell in head.sample.cells.get(column, ()) if cell.strip()]
    alone = _only(head, column)
    task = studio.guess_task(alone)
    named = column in studio.guess_roles(alone, task).columns.values()
    clear = _surely_number(cells) if _kind(studio, task) == "number" else _surely_classes(cells, named)
    if cells and not clear:
        raise WorkbenchError(_unclear(column, studio))
    return task


def _surely_number(cells: Sequence[str]) -> bool:
    return None not in map(_number, cells)


def _surely_classes(cells: Sequence[str], named: bool) -> bool:
    """Whether `cells` name classes: words, values that come again, or whole numbers in a column `named` so.

    Numbers that hardly ever come again are no classes, and might be no quantity either: ids, dates, counters.
    """
    numbers = [number for number in map(_number, cells) if number is not None]
    different = len(set(cells))
    if 2 * len(numbers) < len(cells) or 2 * different <= len(cells):
        return True
    return named and different <= _MANY_VALUES and all(number.is_integer() for number in numbers)


def _only(head: Preview, column: str) -> Preview:
    """`head` as if the file had this one column."""
    replace = msgspec.structs.replace
    sample = replace(head.sample, columns=(column,), cells={column: head.sample.cells[column]})
    return replace(head, columns=(column,), sample=sample)


def _kind(studio: Studio, task: str) -> str:
    return next(field.kind for field in studio.tasks()[task].fields.values() if field.target)


def _number(cell: str) -> float | None:
    try:
        return _NUMBER.parse(cell)
    except FieldError:
        return None


def _unclear(column: str, studio: Studio) -> Problem:
    return Problem(
        code="C05",
        where="--label",
        what=tr("It is not clear whether the column “{column}” holds classes or numbers.", column=column),
        remedy=tr("Say it with --task. Possible: {possible}.", possible=", ".join(studio.tasks())),
        field="label",
    )
