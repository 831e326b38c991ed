"""Watching: long work tells how far it is, many times a second, and stops where its caller raises an error."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sized
from typing import Any, TypeVar

from workbench.data.table import Progress

T = TypeVar("T")

_STEP = 256
_RUN = 1 << 14
_PAUSE = 0.02


class Watch:
    """Tells `progress` the share of the whole work that is done, part after part; without one it costs nothing."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._start = self._end = self._reached = 0.0

    def part(self, until: float) -> None:
        """The part before is done; the next one ends at the share `until` (0 to 1) of the whole."""
        self._start, self._end = self._end, until
        self.tell(0.0)

    def tell(self, share: float = 0.0) -> None:
        """This `share` (0 to 1) of the part is done. The share told never falls. Passes on what `progress` raises."""
        if self._progress:
            self._reached = max(self._reached, self._start + share * (self._end - self._start))
            self._progress(self._reached)

    def over(self, values: Iterable[T]) -> Iterable[T]:
        """`values`, told about on the way."""
        return self._told(values) if self._progress else values

    def ordered(self, values: Collection[T], key: Callable[[T], Any]) -> list[T]:
        """`sorted(values, key=key)`, told about on the way."""
        if not self._progress or len(values) <= _RUN:
            return sorted(values, key=key)
        runs: list[list[T]] = []
        run: list[T] = []
        for value in self.over(values):
            run.append(value)
            if len(run) == _RUN:
                runs.append(sorted(run, key=key))
                run = []
        return list(self.over(heapq.merge(*runs, sorted(run, key=key), key=key)))

    def _told(self, values: Iterable[T]) -> Iterator[T]:
        total = max(1, len(values)) if isinstance(values, Sized) else 0
        told = 0.0
        for place, value in enumerate(values):
            if not place % _STEP and (now := time.monotonic()) > told + _PAUSE:
                told = now
                self.tell(place / total if total else 0.0)
            yield value


UNWATCHED = Watch()
"""Nobody is told."""
