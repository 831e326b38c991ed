"""Rows of one customer, author or document on one side, as near to the share as such groups allow."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import ceil

from workbench.core.errors import WorkbenchError
from workbench.core.language import mark, tr
from workbench.core.options import Option
from workbench.data.parsing import MISSING, text_keys
from workbench.data.split import Groups, shuffled
from workbench.data.splits import SPLITS, Parts, Rows, cannot_part
from workbench.data.watching import Watch

COLUMN = Option(
    name="column",
    title=mark("Column of the group"),
    kind="column",
    default="",
    primary=True,
    help=mark("Rows with the same value here stay together, e.g. all reviews of one customer."),
)


@SPLITS.add(
    "group",
    title=mark("By a column: no customer on both sides"),
    help=mark("All rows of one customer, author or document are learned from, or all are kept aside."),
    source="The aim of scikit-learn's StratifiedGroupKFold (Pedregosa et al. 2011), for any share instead of 1/k",
    options=(COLUMN,),
)
def grouped(rows: Rows, share: float, seed: int, *, column: str) -> Parts:
    """Groups in the order of a lot go to validation while their classes have room there; then those that fill it best.

    The size is at most half a largest group away from the share, unless a class would leave the training rows. Raises
    WorkbenchError where the rows cannot be parted.
    """
    groups = groups_of(rows.cells, rows.watch)
    if len(groups) < 2:
        what = tr("All rows have the same value in “{column}”, so they cannot be parted by it.", column=column[:60])
        raise WorkbenchError(cannot_part(rows.path, what, tr("Choose another column or another way.")))
    sides = _Sides(rows, groups, share)
    order = shuffled(len(groups), seed, rows.watch)
    sides.take_those_with_room(order)
    sides.take_those_that_help(order)
    sides.fill_up(order)
    if not sides.size:
        what = tr("Each value in “{column}” has all rows of some class, so none can be kept aside.", column=column[:60])
        raise WorkbenchError(cannot_part(rows.path, what, tr("Choose another column or another way.")))
    return sides.parts()


def groups_of(cells: Sequence[str], watch: Watch) -> Groups:
    """The rows with equal cells, whatever their case and spaces. A row whose cell is empty is a group of its own."""
    keys = text_keys([cells], watch)
    for place, cell in enumerate(watch.over(cells)):
        if is_missing(cell):
            keys[place] = hash((cell, place))
    return Groups(keys, watch)


def is_missing(cell: str) -> bool:
    """Whether the cell of a column of groups is empty, or holds what programs write for empty."""
    return not cell or cell.isspace() or cell.strip().casefold() in MISSING


class _Sides:
    """Which groups go to validation, and how many rows of each class are on either side."""

    def __init__(self, rows: Rows, groups: Groups, share: float) -> None:
        self._rows, self._groups = rows, groups
        counts = Counter(rows.watch.over(rows.strata))
        self._ideal: dict[Hashable, float] = {name: share * count for name, count in counts.items()}
        self._left, self._taken = counts, Counter[Hashable]()
        self._chosen = bytearray(len(groups))
        self._wanted = min(max(round(share * len(rows)), 1), len(rows) - 1)
        self.size = 0

    def take_those_with_room(self, order: Sequence[int]) -> None:
        """Take groups no class of which would have more validation rows than its share."""
        for group in self._rows.watch.over(order):
            if self.size >= self._wanted:
                return
            needed = self._needed(group)
            room = all(self._taken[name] + count <= ceil(self._ideal[name]) for name, count in needed.items())
            if room and self._fits(group, needed):
                self._take(group, needed)

    def take_those_that_help(self, order: Sequence[int]) -> None:
        """Take groups that bring the classes of the validation rows nearer to their shares, all classes together."""
        for group in self._rows.watch.over(order):
            if self.size >= self._wanted:
                return
            if not self._chosen[group]:
                needed = self._needed(group)
                if self._fits(group, needed) and self._farther(needed) < 0:
                    self._take(group, needed)

    def fill_up(self, order: Sequence[int]) -> None:
        """Take groups for their size alone; the last one may be too large, if that is nearer than too few rows."""
        for group in self._rows.watch.over(order):
            if not self._chosen[group]:
                needed = self._needed(group)
                if self._fits(group, needed):
                    self._take(group, needed)
        short = self._wanted - self.size
        best, best_distance = -1, float(short) if self.size else float("inf")
        for group in self._rows.watch.over(order):
            distance = abs(short - len(self._groups.members(group)))
            if distance < best_distance and not self._chosen[group] and self._stays(group, self._needed(group)):
                best, best_distance = group, distance
        if best >= 0:
            self._take(best, self._needed(best))

    def parts(self) -> Parts:
        """The rows of the groups not chosen, and of the chosen ones."""
        aside = bytearray(len(self._rows))
        for group, chosen in enumerate(self._rows.watch.over(self._chosen)):
            for place in self._groups.members(group) if chosen else ():
                aside[place] = 1
        places = range(len(self._rows))
        return Parts(
            training=array("L", (place for place in self._rows.watch.over(places) if not aside[place])),
            validation=array("L", (place for place in self._rows.watch.over(places) if aside[place])),
        )

    def _needed(self, group: int) -> Mapping[Hashable, int]:
        members = self._groups.members(group)
        strata = self._rows.strata
        return {strata[members[0]]: 1} if len(members) == 1 else Counter(strata[place] for place in members)

    def _fits(self, group: int, needed: Mapping[Hashable, int]) -> bool:
        size = len(self._groups.members(group))
        return self.size + size <= self._wanted and self._stays(group, needed)

    def _stays(self, group: int, needed: Mapping[Hashable, int]) -> bool:
        """Whether every class, and any row at all, would stay among the training rows."""
        if self._rows.labels:
            return all(count < self._left[name] for name, count in needed.items())
        return self.size + len(self._groups.members(group)) < len(self._rows)

    def _farther(self, needed: Mapping[Hashable, int]) -> float:
        """By how many rows the classes would be farther from their shares with these rows."""
        return sum(
            abs(self._ideal[name] - self._taken[name] - count) - abs(self._ideal[name] - self._taken[name])
            for name, count in needed.items()
        )

    def _take(self, group: int, needed: Mapping[Hashable, int]) -> None:
        self._chosen[group] = 1
        self.size += len(self._groups.members(group))
        for name, count in needed.items():
            self._taken[name] += count
            self._left[name] -= count
