"""Split: which rows are kept aside for validation."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

from workbench.data.watching import UNWATCHED, Watch

_SHARDS = 64


def split(
    strata: Sequence[Hashable], keys: Sequence[int], share: float, seed: int, watch: Watch = UNWATCHED
) -> tuple[array[int], array[int]]:
    """The places of the training rows and of the validation rows, each in ascending order.

    `strata` and `keys` hold one entry per row. Every stratum (class) gives about `share` of its rows to validation, by
    largest remainder; one with a single row stays in training, and none leaves it completely. Rows with equal keys
    (texts) stay on one side. Equal arguments give equal parts.
    """
    total = len(strata)
    counts = Counter[Hashable]()
    for start in range(0, total, 20_000):
        counts.update(strata[start : start + 20_000])
        watch.tell()
    groups = Groups(keys, watch)
    order = shuffled(len(groups), seed, watch)
    quota = _quotas(counts, share, min(max(round(share * total), 1), total - 1) if total > 1 else 0, seed, watch)
    chosen = bytearray(total)
    for tolerance in (0, 1):
        missing = sum(quota.values())
        if missing <= 0:
            break
        _choose(order, groups, strata, counts, quota, chosen, tolerance, watch)
    training = array("L", (place for place in watch.over(range(total)) if not chosen[place]))
    return training, array("L", (place for place in watch.over(range(total)) if chosen[place]))


def shuffled(count: int, seed: int, watch: Watch) -> list[int]:
    """The numbers below `count`, shuffled as `random.shuffle` does, which cannot be stopped on the way."""
    order = list(range(count))
    below = random.Random(seed).randrange
    for place in watch.over(range(count - 1, 0, -1)):
        other = below(place + 1)
        order[place], order[other] = order[other], order[place]
    return order


class Groups:
    """Rows with equal keys: `members(group)` are their places. Rows that stand alone cost no list.

    The keys lie in several small dictionaries: making one large dictionary larger would stop every other thread.
    """

    def __init__(self, keys: Sequence[int], watch: Watch = UNWATCHED) -> None:
        shards: list[dict[int, int]] = [{} for _ in range(_SHARDS)]
        self.first = array("L")
        self._more: dict[int, list[int]] = {}
        for place, key in enumerate(watch.over(keys)):
            group = shards[key % _SHARDS].setdefault(key, len(self.first))
            if group == len(self.first):
                self.first.append(place)
            else:
                self._more.setdefault(group, [self.first[group]]).append(place)

    def __len__(self) -> int:
        return len(self.first)

    def members(self, group: int) -> Sequence[int]:
        """The places of the rows of `group`, ascending."""
        return self._more.get(group) or (self.first[group],)

    def repeated(self) -> Iterator[Sequence[int]]:
        """The members of every group with more than one row."""
        return iter(self._more.values())


def _quotas(counts: Counter[Hashable], share: float, wanted: int, seed: int, watch: Watch) -> dict[Hashable, int]:
    """How many rows of each stratum go to validation: `wanted` together, as far as single rows allow it."""
    exact = {name: share * count for name, count in watch.over(counts.items())}
    quota = {name: min(int(exact[name]), count - 1) for name, count in watch.over(counts.items())}
    chance = random.Random(seed + 1)
    by_remainder = watch.ordered(
        [name for name, count in watch.over(counts.items()) if count > 1],
        key=lambda name: (quota[name] - exact[name], chance.random()),
    )
    missing = wanted - sum(quota.values())
    while missing > 0 and by_remainder:
        by_remainder = [name for name in watch.over(by_remainder) if quota[name] < counts[name] - 1]
        for name in by_remainder[:missing]:
            quota[name] += 1
            missing -= 1
    return quota


def _choose(
    order: Sequence[int],
    groups: Groups,
    strata: Sequence[Hashable],
    counts: Counter[Hashable],
    quota: dict[Hashable, int],
    chosen: bytearray,
    tolerance: int,
    watch: Watch,
) -> None:
    """Move groups to validation while their strata have room; `tolerance` rows more than the room are allowed."""
    room = sum(quota.values())
    left = Counter(counts)
    for place, taken in enumerate(watch.over(chosen)):
        if taken:
            left[strata[place]] -= 1
    for group in watch.over(order):
        if room <= 0:
            return
        members = groups.members(group)
        if chosen[members[0]]:
            continue
        needed = Counter(strata[place] for place in members) if len(members) > 1 else {strata[members[0]]: 1}
        if len(members) > room + tolerance or any(
            count > quota[name] + tolerance or left[name] - count < 1 for name, count in needed.items()
        ):
            continue
        for name, count in needed.items():
            quota[name] -= count
            left[name] -= count
        room -= len(members)
        for place in members:
            chosen[place] = 1
