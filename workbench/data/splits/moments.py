"""Moments: the times in a column, with day and month in the order that the whole column tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from workbench.data.splits.dates import Count, Local, full_year, read_date, seconds_of
from workbench.data.watching import UNWATCHED, Watch

Order = Literal["day-month", "month-day", "year-month"]

_REMEMBERED = 100_000
_PROBE = 5_000
_SORTED, _UNSORTED = 0.99, 0.97

Read = float | Local | Count | None


class Moments(Struct, frozen=True, kw_only=True):
    """`values` has one number a cell, larger where it is later; None where the cell holds no date.

    They are seconds since 1970, or the column's own numbers where these are no dates. `order` is how dates such as
    "3/4/2024" were read, "" where there are none or where the column contradicts itself: `unclear` counts them, `place`
    is that of the first one (-1: none), and `sure` tells that no other reading is possible.
    """

    values: Sequence[float | None]
    order: Order | Literal[""] = ""
    sure: bool = True
    unclear: int = 0
    place: int = -1


def moments_of(
    cells: Sequence[str], order: str = "auto", delimiter: str | None = ",", watch: Watch = UNWATCHED
) -> Moments:
    """The times in a column. `order` is "auto" where the column has to tell it, else "day-month" or "month-day".

    A day above 12 tells the order of the whole column; where there is none, the order in which the rows lie in time
    does. Where that does not help either, the month comes first in dates with slashes, as in the United States, except
    in files parted by semicolons, and the day everywhere else.
    """
    known: dict[str, Read] = {}
    read: list[Read] = []
    for cell in watch.over(cells):
        if cell in known:
            read.append(known[cell])
            continue
        found = read_date(cell)
        read.append(found)
        if len(known) < _REMEMBERED:
            known[cell] = found
    written = sum(1 for one in watch.over(read) if isinstance(one, float | Local))
    numbers = [one for one in watch.over(read) if isinstance(one, Count)]
    counted = any(one.moment is None for one in numbers) and len(numbers) > written
    local = [one for one in watch.over(read) if isinstance(one, Local)]
    chosen, sure = _order(local, order, delimiter)
    values = [_value(one, chosen, counted) for one in watch.over(read)]
    unclear = [place for place, one in enumerate(watch.over(read)) if isinstance(one, Local) and _two_ways(one)]
    place = unclear[0] if unclear else -1
    return Moments(values=values, order=chosen, sure=sure or not unclear, unclear=len(unclear), place=place)


def _value(one: Read, order: Order | Literal[""], counted: bool) -> float | None:
    if counted:
        return one.number if isinstance(one, Count) else None
    if isinstance(one, Count):
        year = int(one.number) if one.moment is None and 1000 <= one.number < 3000 else 0
        return seconds_of(year, 1, 1) if year and one.number == year else one.moment
    return _moment(one, order) if isinstance(one, Local) else one


def _moment(one: Local, order: Order | Literal[""]) -> float | None:
    if not order:
        if _two_ways(one):
            return None
        order = "day-month" if one.second <= 12 else "month-day"
    if order == "year-month":
        return seconds_of(full_year(one.first), one.second, one.third, one.clock) if one.short else None
    day, month = (one.first, one.second) if order == "day-month" else (one.second, one.first)
    return seconds_of(full_year(one.third) if one.short else one.third, month, day, one.clock)


def _two_ways(one: Local) -> bool:
    """Whether day and month could be taken for each other."""
    return one.first <= 12 and one.second <= 12 and one.first != one.second


def _order(local: Sequence[Local], wanted: str, delimiter: str | None) -> tuple[Order | Literal[""], bool]:
    """The order of the numbers in these dates, and whether it is certain."""
    if not local:
        return "", True
    if all(one.short for one in local) and any(one.first > 31 or one.first == 0 for one in local):
        return "year-month", True
    if wanted == "day-month" or wanted == "month-day":
        return ("day-month" if wanted == "day-month" else "month-day"), True
    day_first = any(one.first > 12 for one in local)
    month_first = any(one.second > 12 for one in local)
    if day_first and month_first:
        return "", False
    if day_first or month_first:
        return ("day-month" if day_first else "month-day"), True
    by_day, by_month = _sorted(local, "day-month"), _sorted(local, "month-day")
    if max(by_day, by_month) >= _SORTED and min(by_day, by_month) < _UNSORTED:
        return ("day-month" if by_day > by_month else "month-day"), True
    american = local[0].mark == "/" and delimiter != ";"
    return ("month-day" if american else "day-month"), False


def _sorted(local: Sequence[Local], order: Order) -> float:
    """The share of steps from row to row that go the way most of them go, 0 to 1; 0 where there are hardly any."""
    moments: Iterable[float] = (moment for one in local[:_PROBE] if (moment := _moment(one, order)) is not None)
    steps = [later - earlier for earlier, later in pairwise(moments) if later != earlier]
    if len(steps) < 8:
        return 0.0
    forward = sum(step > 0 for step in steps)
    return max(forward, len(steps) - forward) / len(steps)
