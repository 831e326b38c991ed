"""The newest rows kept aside: a model is judged by what came after all it has learned from, as it will be in use."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from workbench.core.errors import WorkbenchError
from workbench.core.language import mark, tr, trn
from workbench.core.options import Option
from workbench.data.files import problem
from workbench.data.splits import SPLITS, Parts, Rows, cannot_part
from workbench.data.splits.moments import Moments, moments_of

_ENOUGH = 0.5
"""The share of cells that have to hold a date: of a column with fewer, it is more likely that another was meant."""

COLUMN = Option(
    name="column",
    title=mark("Column of the time"),
    kind="column",
    default="",
    primary=True,
    help=mark("When each row came: dates in any common form, seconds since 1970, or numbers that grow."),
)
ORDER = Option(
    name="order",
    title=mark("Day and month"),
    kind="choice",
    default="auto",
    choices=(
        ("auto", mark("as the column tells")),
        ("day-month", mark("day first: 31/12/2024")),
        ("month-day", mark("month first: 12/31/2024")),
    ),
    help=mark("Which comes first in dates such as 3/4/2024. Found by itself where a day above 12 gives it away."),
)


@SPLITS.add(
    "time",
    title=mark("By time: the newest rows"),
    help=mark("The newest rows are kept aside, so that the model is judged by what came later, as it will be in use."),
    options=(COLUMN, ORDER),
)
def dated(rows: Rows, share: float, seed: int, *, column: str, order: str) -> Parts:
    """Rows of one moment stay on one side. There is nothing to draw: `seed` has no say.

    Left out are rows without a date, and newest rows with a label that no older row has. Raises WorkbenchError where
    too few cells hold a date, or all the same one.
    """
    moments = moments_of(rows.cells, order, rows.delimiter, rows.watch)
    known = rows.watch.ordered([moment for moment in moments.values if moment is not None], key=float)
    _require(rows, column, moments, known)
    first = _first_kept_aside(known, share)
    training, validation = array("L"), array("L")
    left_out: dict[int, str] = {}
    for place, moment in enumerate(rows.watch.over(moments.values)):
        if moment is None:
            left_out[place] = undated(rows.cells[place], moments)
        else:
            (training if moment < first else validation).append(place)
    learned = {rows.labels[place] for place in training} if rows.labels else set()
    unknown = {place for place in validation if rows.labels and rows.labels[place] not in learned}
    left_out |= {place: tr("no older row has its label “{label}”", label=rows.labels[place]) for place in unknown}
    validation = array("L", (place for place in validation if place not in unknown))
    if not validation or len(learned) == 1:
        what = tr("The older rows have too few labels to learn from, or none that the newest rows have.")
        raise WorkbenchError(cannot_part(rows.path, what, tr("Keep another share aside, or choose another way.")))
    return Parts(training=training, validation=validation, left_out=left_out)


def undated(cell: str, moments: Moments) -> str:
    """Why the row with this `cell` has no place in time."""
    if not cell.strip():
        return tr("the date is missing")
    if moments.unclear and not moments.order:
        return tr("day and month cannot be told apart in “{value}”", value=cell.strip()[:40])
    return tr("“{value}” is no date or time", value=cell.strip()[:40])


def _first_kept_aside(known: list[float], share: float) -> float:
    """The moment from which rows are kept aside, so that their share comes as near to `share` as equal moments allow.

    `known` are in order and not all the same.
    """
    wanted = min(max(round(share * len(known)), 1), len(known) - 1)
    moment = known[len(known) - wanted]
    start, end = bisect_left(known, moment), bisect_right(known, moment)
    without = end < len(known) and abs(len(known) - end - wanted) < abs(len(known) - start - wanted)
    return known[end] if without or not start else moment


def _require(rows: Rows, column: str, moments: Moments, known: list[float]) -> None:
    total = len(rows)
    if len(known) < 2 or len(known) < _ENOUGH * total:
        empty = [place for place, moment in enumerate(moments.values) if moment is None]
        what = trn(
            "{number} of {total} cells in “{column}” holds no date or time, e.g. “{value}”.",
            "{number} of {total} cells in “{column}” hold no date or time, e.g. “{value}”.",
            len(empty),
            total=total,
            column=column[:60],
            value=rows.cells[empty[0]].strip()[:40] if empty else "",
        )
        raise WorkbenchError(
            problem("D57", rows.path, what, tr("Choose a column with dates, or another way."), "split")
        )
    if known[0] == known[-1]:
        what = tr("All rows have the same time in “{column}”, so none is newer.", column=column[:60])
        raise WorkbenchError(problem("D59", rows.path, what, tr("Choose another column or another way."), "split"))
