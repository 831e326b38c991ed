"""What to try next: every point of a grid, points at random, or where optuna's TPE expects the best.

Grid and random need nothing more; TPE needs the extra `sweeps`. Everything is drawn from the seed, so that a sweep that
is started again proposes the same values as long as it is told the same scores.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.studio.spaces import Method, Range, Space, Values

if TYPE_CHECKING:
    import optuna

TRIALS = 10
"""Trials of a random search or of TPE where nothing was said."""

MOST_TRIALS = 1000


class Sampler(Protocol):
    """Where values come from. `proposals` are read one by one, and each is answered with `tell`."""

    total: int

    def proposals(self) -> Iterator[dict[str, Scalar]]:
        """{knob: value}, one after the other."""

    def tell(self, score: float | None) -> None:
        """What the last proposal came to, more is better; None where it came to nothing."""


def sampler(space: Space, method: Method, trials: int, seed: int) -> Sampler:
    """The sampler for `method`. Raises WorkbenchError (P09, P10) for too many trials, or where optuna is missing."""
    points = grid_size(space)
    if max(trials, points if method == "grid" and not trials else 0) > MOST_TRIALS:
        raise WorkbenchError(_too_many(max(trials, points)))
    if method == "grid":
        return Grid(space, trials)
    if method == "random":
        return Random(space, trials or TRIALS, seed)
    if not can_use_tpe():
        raise WorkbenchError(_missing_optuna())
    return Tpe(space, trials or TRIALS, seed)


def can_use_tpe() -> bool:
    """Whether the extra `sweeps` is installed."""
    try:
        return importlib.util.find_spec("optuna") is not None
    except (ImportError, ValueError):
        return False


def grid_size(space: Space) -> int:
    """How many points a grid over `space` has."""
    return math.prod(len(span) if isinstance(span, tuple) else _whole_numbers(span) for span in space.values())


def _whole_numbers(span: Range) -> int:
    return max(0, math.floor(span.high) - math.ceil(span.low) + 1)


def values_of(span: Values | Range) -> Values:
    """The values of one side of a grid; a range gives its whole numbers."""
    if isinstance(span, tuple):
        return span
    return tuple(range(math.ceil(span.low), math.floor(span.high) + 1))


class Grid:
    """Every combination, the last knob changing fastest."""

    def __init__(self, space: Space, trials: int) -> None:
        self._space = space
        self.total = min(trials or MOST_TRIALS, grid_size(space))

    def proposals(self) -> Iterator[dict[str, Scalar]]:
        sides = [values_of(span) for span in self._space.values()]
        return (dict(zip(self._space, point, strict=True)) for point in itertools.product(*sides))

    def tell(self, score: float | None) -> None:
        """A grid learns nothing."""


class Random:
    """Independent draws. Source: Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization, JMLR 13."""

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        self._space, self._seed, self.total = space, seed, trials

    def proposals(self) -> Iterator[dict[str, Scalar]]:
        random = np.random.default_rng(self._seed)
        while True:
            yield {name: _drawn(span, float(random.random())) for name, span in self._space.items()}

    def tell(self, score: float | None) -> None:
        """Chance learns nothing."""


def _drawn(span: Values | Range, share: float) -> Scalar:
    """The value that lies at `share` (0 to 1, 1 excluded) of `span`."""
    if isinstance(span, tuple):
        return span[int(share * len(span))]
    low, high = (span.low - 0.5, span.high + 0.5) if span.whole else (span.low, span.high)
    if span.log:
        number = math.exp(math.log(max(low, 0.5 if span.whole else low)) * (1 - share) + math.log(high) * share)
    else:
        number = low + share * (high - low)
    return min(max(round(number), int(span.low)), int(span.high)) if span.whole else _rounded(number, span)


class Tpe:
    """Optuna's tree-structured Parzen estimator, in memory: it proposes what resembles the good trials so far.

    Source: Bergstra, Bardenet, Bengio & Kégl 2011, Algorithms for Hyper-Parameter Optimization, NeurIPS.
    """

    def __init__(self, space: Space, trials: int, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.total, self._spans = trials, space
        self._space = {name: _distribution(span) for name, span in space.items()}
        # A third of the trials at random is enough for the small sweeps that are made here.
        start = max(3, min(10, trials // 3))
        tpe = optuna.samplers.TPESampler(seed=seed, n_startup_trials=start)
        self._study = optuna.create_study(sampler=tpe, direction="maximize")
        self._trial: Any = None

    def proposals(self) -> Iterator[dict[str, Scalar]]:
        while True:
            self._trial = self._study.ask(self._space)
            yield {name: _rounded(value, self._spans[name]) for name, value in self._trial.params.items()}

    def tell(self, score: float | None) -> None:
        from optuna.trial import TrialState

        if score is None:
            self._study.tell(self._trial, state=TrialState.FAIL)
        else:
            self._study.tell(self._trial, score)


def _distribution(span: Values | Range) -> optuna.distributions.BaseDistribution:
    from optuna import distributions

    if isinstance(span, tuple):
        return distributions.CategoricalDistribution(span)
    if span.whole:
        return distributions.IntDistribution(int(span.low), int(span.high), log=span.log)
    return distributions.FloatDistribution(span.low, span.high, log=span.log)


def _rounded(value: Scalar, span: Values | Range) -> Scalar:
    """Three figures are as good as seventeen, and can be read."""
    if isinstance(span, Range) and isinstance(value, float):
        return min(max(float(f"{value:.3g}"), span.low), span.high)
    return value


def _too_many(trials: int) -> Problem:
    return Problem(
        code="P09",
        where=tr("Sweep"),
        what=tr("{number} trials are too many for one sweep.", number=f"{trials:,}"),
        remedy=tr("Give fewer values, or a number of trials up to {most}.", most=f"{MOST_TRIALS:,}"),
    )


def _missing_optuna() -> Problem:
    return Problem(
        code="P10",
        where=tr("Sweep"),
        what=tr("The method tpe needs a package that is not installed."),
        remedy=tr("Install it with {command}, or use random.", command='pip install "model-workbench[sweeps]"'),
    )
