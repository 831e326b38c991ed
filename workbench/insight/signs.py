"""What can be read off curves: levels, noise, and whether a difference is more than noise.

Noise is always estimated from the curve itself: differences of neighbours hold the noise, but hardly the trend.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from workbench.insight.story import Story

_MAD = 1.4826  # the standard deviation of normal noise, over its median absolute deviation
FEWEST_STEPS = 30  # fewer draws tell neither a mean nor its noise: the estimate is off by more than a fifth
_LEAST = 1e-12  # no loss is 0 to a logarithm
_WINDOWS = 20  # parts in which a curve is read: fine enough to date a change, coarse enough for means of several steps


class Level(NamedTuple):
    """The mean of a stretch of a curve, and its standard error."""

    mean: float
    error: float

    def above(self, other: Level) -> float:
        """By how many standard errors this level is higher than `other`."""
        error = math.hypot(self.error, other.error)
        difference = self.mean - other.mean
        return difference / error if error > 0 else math.copysign(math.inf, difference) if difference else 0.0


def level(values: np.ndarray) -> Level:
    """The level of `values`, of which the noise is independent: every batch is another draw of rows."""
    if not len(values):
        return Level(math.nan, math.inf)
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.inf
    return Level(float(values.mean()), spread / math.sqrt(len(values)))


def noise_of(values: np.ndarray) -> float:
    """The standard deviation of the noise on a smooth curve of few points; 0 for fewer than three.

    Second differences, x[i-1] - 2 x[i] + x[i+1], have 6 times the variance of the noise and nothing of a straight
    trend: Gasser, Sroka & Jennen-Steinmetz 1986, Residual variance and residual pattern in nonlinear regression,
    Biometrika 73:625-633. Their median, so that a bend or a jump does not count as noise.
    """
    if len(values) < 3:
        return 0.0
    return _MAD * float(np.median(np.abs(np.diff(values, n=2)))) / math.sqrt(6)


def _log_level(values: np.ndarray) -> Level:
    return level(np.log(np.maximum(values, _LEAST)))


class Signs:
    """A story as arrays, with what several hints need."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.steps = np.array(story.steps, dtype=np.int64)
        self.losses = np.array(story.losses, dtype=np.float64)
        self.rates = np.array(story.learning_rates, dtype=np.float64)
        self.norms = np.array(story.grad_norms, dtype=np.float64)
        self.looked = np.array([look.step for look in story.looks], dtype=np.int64)
        self.validation = np.array([look.loss for look in story.looks], dtype=np.float64)

    @property
    def is_over(self) -> bool:
        """Whether the run came to its own end. One that was stopped, paused or failed is as if it still went on."""
        return self.story.outcome in ("completed", "early_stopped")

    @property
    def share_done(self) -> float:
        """How much of the planned run is made, 0 to 1."""
        return min(1.0, int(self.steps[-1]) / max(1, self.story.steps_planned)) if len(self.steps) else 0.0

    @property
    def share_made(self) -> float:
        """As `share_done`, and 1 where the run is over, however early: there is nothing more to come."""
        return 1.0 if self.is_over else self.share_done

    @property
    def width(self) -> int:
        """Steps of one window, at least ten: the error of a smaller mean cannot be told from its own few values."""
        return max(10, len(self.losses) // _WINDOWS)

    @cached_property
    def start(self) -> Level:
        """Where the training loss began. The first ten steps; the rate climbs from zero there as a rule."""
        return level(self.losses[: min(10, max(1, len(self.losses) // 3))])

    @property
    def _parts(self) -> list[np.ndarray]:
        count = len(self.losses) // self.width
        return np.split(self.losses[len(self.losses) - count * self.width :], count) if count else []

    @cached_property
    def windows(self) -> list[Level]:
        """The levels of the training loss in windows one after the other; the last one ends at the last step."""
        return [level(part) for part in self._parts]

    @cached_property
    def log_windows(self) -> list[Level]:
        """As `windows`, of the loss's logarithm: its noise is even where that of the loss grows with the loss."""
        return [_log_level(part) for part in self._parts]

    @cached_property
    def log_quarters(self) -> list[Level]:
        """The levels of the logarithm in the four quarters of the run."""
        return [_log_level(part) for part in np.array_split(self.losses, 4)]

    @cached_property
    def log_untouched(self) -> Level:
        """The logarithm of the loss of a model that no step has touched.

        Of C classes it is ln C, of a number what guessing the mean gives; both are known after the first look. Before
        that, the first three steps, with the noise of the calmer windows: three values do not tell their own.
        """
        known = self._guessing_loss()
        if known > 0:
            return Level(math.log(known), 0.0)
        first = np.log(np.maximum(self.losses[:3], _LEAST))
        calm = np.percentile([one.error * math.sqrt(self.width) for one in self.log_windows], 25)
        return Level(float(first.mean()), max(float(first.std(ddof=1)), float(calm)) / math.sqrt(3))

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where it is not known."""
        return len(self.story.looks[0].confusion) if self.story.looks else 0

    def _guessing_loss(self) -> float:
        if self.classes:
            return math.log(self.classes)
        if not self.story.looks or self.story.plan.loss.name != "mean-squared-error":
            return 0.0
        look = self.story.looks[0]
        error, guessed = look.metrics.get("rmse", 0.0), self.story.baseline.get("rmse", 0.0)
        # The loss is of standardised numbers, the metric of their own unit; the ratio of squares is the same.
        return look.loss * (guessed / error) ** 2 if error > 0 and math.isfinite(look.loss) else 0.0

    @property
    def floor(self) -> float:
        """The least loss there can be: above 0 where labels are smoothed, the entropy of the smoothed label."""
        share = float(self.story.plan.loss.options.get("label_smoothing", 0.0))
        if not share or not self.classes:
            return 0.0
        other = share / self.classes
        right = 1 - share + other
        return -right * math.log(right) - (self.classes - 1) * other * math.log(other)

    def step_of_window(self, number: int) -> int:
        """The first step of window `number`."""
        begin = len(self.losses) - len(self.windows) * self.width
        return int(self.steps[begin + number * self.width])

    @cached_property
    def end(self) -> Level:
        """Where the training loss is now."""
        return self.windows[-1] if self.windows else level(self.losses)

    @property
    def fall(self) -> float:
        """How much of the first training loss is gone, 0 to 1; negative where it rose."""
        return 1 - self.end.mean / self.start.mean if self.start.mean > 0 else 0.0

    def between(self, after: float, until: float) -> np.ndarray:
        """The training losses of the steps in (after, until]."""
        losses: np.ndarray = self.losses[(self.steps > after) & (self.steps <= until)]
        return losses

    @cached_property
    def scores(self) -> np.ndarray:
        """The headline metric at each look, turned so that more is better; NaN where it was not measured."""
        sign = 1.0 if self.story.higher_is_better else -1.0
        name = self.story.headline
        return np.array([sign * look.metrics.get(name, math.nan) for look in self.story.looks], dtype=np.float64)

    @cached_property
    def score_noise(self) -> float:
        """The noise of the headline metric: of the curve, or of so few rows, whichever is more."""
        rows = max(1, self.story.validation_rows)
        scores = self.scores[np.isfinite(self.scores)]
        if not len(scores):
            return 0.0
        if not self.story.higher_is_better:  # an error: the spread of its own estimate, σ / √2n
            return max(noise_of(scores), float(np.abs(scores).min()) / math.sqrt(2 * rows))
        share = min(1.0, max(0.0, float(scores.max())))
        return max(noise_of(scores), math.sqrt(share * (1 - share) / rows))

    @cached_property
    def skill(self) -> float:
        """How far the best look is beyond guessing, in standard errors; NaN where nothing was measured."""
        found = [skill_of(self.story, number) for number in range(len(self.story.looks))]
        known = [value for value in found if math.isfinite(value)]
        return max(known) if known else math.nan


def skill_of(story: Story, number: int) -> float:
    """How far look `number` is beyond guessing, in standard errors of that many rows.

    Classes: Cohen's kappa over its error, so that neither a common class nor many classes count as skill (Cohen 1960,
    A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20:37-46). Without a
    confusion matrix: accuracy against the commonest class. Numbers: R² against the mean; of n rows without any link a
    line explains 1/n, and four times that one time in twenty.
    """
    look, rows = story.looks[number], max(1, story.validation_rows)
    if look.confusion:
        confusion = np.asarray(look.confusion, dtype=np.float64)
        total = max(1.0, confusion.sum())
        agreed = float(np.trace(confusion)) / total
        by_chance = float((confusion.sum(0) * confusion.sum(1)).sum()) / (total * total)
        return _excess(agreed, by_chance, int(total))
    if "accuracy" in look.metrics and "accuracy" in story.baseline:
        return _excess(look.metrics["accuracy"], story.baseline["accuracy"], rows)
    if "rmse" in look.metrics and story.baseline.get("rmse", 0.0) > 0:
        explained = 1 - (look.metrics["rmse"] / story.baseline["rmse"]) ** 2
        return math.copysign(math.sqrt(abs(explained) * rows), explained)
    if story.headline not in look.metrics or story.headline not in story.baseline:
        return math.nan
    gained = look.metrics[story.headline] - story.baseline[story.headline]
    return (gained if story.higher_is_better else -gained) * math.sqrt(rows)


def _excess(agreed: float, by_chance: float, rows: int) -> float:
    error = math.sqrt(max(by_chance * (1 - by_chance), agreed * (1 - agreed)) / max(1, rows))
    return (agreed - by_chance) / error if error > 0 else 0.0
