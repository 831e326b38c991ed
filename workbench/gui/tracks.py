"""Points of a curve that arrive bit by bit, and their smoothing."""

from __future__ import annotations

import numpy as np

_TINY = 1e-12  # what a logarithm sees of zero and below
_BLOCK = 256


class Track:
    """Points (x, y), both float64, x rising. Room doubles when it is full, so that adding a point costs O(1).

    Points whose y is not finite are left out; `dropped` counts them.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self._x = np.empty(capacity)
        self._y = np.empty(capacity)
        self._log_y = np.empty(capacity)
        self._count = 0
        self.dropped = 0
        self.lowest, self.highest = np.inf, -np.inf

    def __len__(self) -> int:
        return self._count

    @property
    def x(self) -> np.ndarray:
        """[N] places of the points; a view, do not keep it."""
        return self._x[: self._count]

    @property
    def y(self) -> np.ndarray:
        """[N] values; a view, do not keep it."""
        return self._y[: self._count]

    @property
    def log_y(self) -> np.ndarray:
        """[N] log10 of the values, those below 1e-12 taken as 1e-12; a view, do not keep it."""
        return self._log_y[: self._count]

    def extend(self, xs: np.ndarray, ys: np.ndarray) -> None:
        """Add points, `xs` [M] and `ys` [M]."""
        sound = np.isfinite(ys)
        if not sound.all():
            self.dropped += int(len(ys) - sound.sum())
            xs, ys = xs[sound], ys[sound]
        if not len(ys):
            return
        end = self._count + len(ys)
        if end > len(self._x):
            room = max(end, 2 * len(self._x))
            self._x, self._y, self._log_y = (_grown(a, self._count, room) for a in (self._x, self._y, self._log_y))
        self._x[self._count : end] = xs
        self._y[self._count : end] = ys
        self._log_y[self._count : end] = np.log10(np.maximum(ys, _TINY))
        self._count = end
        self.lowest = min(self.lowest, float(ys.min()))
        self.highest = max(self.highest, float(ys.max()))

    def until(self, place: float) -> Track:
        """A track of its own with the points up to `place`."""
        count = int(np.searchsorted(self.x, place, side="right"))
        kept = Track(max(count, 1024))
        kept.extend(self.x[:count].copy(), self.y[:count].copy())
        return kept

    def at(self, place: float) -> int | None:
        """The number of the point nearest to `place`; None without points."""
        if not self._count:
            return None
        right = int(np.searchsorted(self.x, place))
        near = [i for i in (right - 1, right) if 0 <= i < self._count]
        return min(near, key=lambda i: abs(self._x[i] - place))


def _grown(array: np.ndarray, count: int, room: int) -> np.ndarray:
    grown = np.empty(room)
    grown[:count] = array[:count]
    return grown


class Smoother:
    """The exponential moving average without its bias towards zero (Kingma & Ba 2015, section 3).

    s_t = β s_(t-1) + (1 - β) x_t with s_0 = 0; the answer is s_t / (1 - β^t). Values that are not finite are passed
    over. Continues where the last call ended.
    """

    def __init__(self, beta: float = 0.9) -> None:
        self.beta = beta
        self._sum = 0.0
        self._count = 0
        ages = np.arange(_BLOCK)
        powers = beta ** np.abs(ages[:, None] - ages[None, :])
        self._weights = np.tril((1 - beta) * powers)  # [B, B]: what value j weighs in the average at i

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The averages at each of `values` [N] -> [N]."""
        result = np.full(len(values), np.nan)
        sound = np.flatnonzero(np.isfinite(values))
        for start in range(0, len(sound), _BLOCK):
            places = sound[start : start + _BLOCK]
            steps = np.arange(1, len(places) + 1)
            block = self._weights[: len(places), : len(places)] @ values[places]
            block += self.beta**steps * self._sum
            result[places] = block / (1 - self.beta ** (self._count + steps))
            self._sum = float(block[-1])
            self._count += len(places)
        return result
