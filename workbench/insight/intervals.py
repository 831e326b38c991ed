"""How sure a measured number is: the 95 % interval of a metric, given how many rows it was measured on.

Only what the rows tell: another seed or another split can differ by more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from workbench.core.events import Measures

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution, for intervals of 95 %."""
DRAWS = 1000  # the 2.5 % points are then known to within about half a percentage point of coverage (Efron 1987)
_SEED = 20240229  # the same interval at every look at the same numbers
_CELLS_AT_ONCE = 2_000_000  # of draws times cells: 16 MB

Interval = tuple[float, float]


def interval(measures: Measures, metric: str, rows: int) -> Interval | None:
    """The 95 % interval of `metric` in `measures`, measured on `rows` rows; None where the numbers do not tell one.

    accuracy: Wilson's score interval. What follows from the confusion matrix: a bootstrap over its cells. Pearson and
    Spearman: Fisher's z. RMSE, MAE and R² would need every row's error: None.
    """
    value = measures.metrics.get(metric)
    if value is None or rows < 1 or not math.isfinite(value):
        return None
    if metric == "accuracy":
        return wilson(value, rows)
    if metric in _CORRELATIONS:
        return fisher(value, rows, spearman=metric == "spearman")
    if metric not in _OF_CONFUSION or not measures.confusion:
        return None
    confusion = np.asarray(measures.confusion, dtype=np.int64)
    low, high = bootstrap(confusion, metric)
    if low == high:  # no row was mistaken (or every row): drawing the same rows again knows no other case
        low, high = wilson(value, int(confusion.sum()))
    return min(low, value), max(high, value)


def wilson(share: float, rows: int) -> Interval:
    """Wilson's score interval of a `share` of `rows` rows: sound for few rows, and at 0 and 1.

    Wilson 1927, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22:209-212.
    """
    squared = Z * Z
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    half = Z / (1 + squared / rows) * math.sqrt(share * (1 - share) / rows + squared / (4 * rows * rows))
    # At 0 and 1 the bound is the share itself, but for rounding.
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def fisher(correlation: float, rows: int, *, spearman: bool = False) -> Interval | None:
    """The interval of a correlation of `rows` pairs through Fisher's z; None for 3 pairs or fewer, or a perfect one.

    Fisher 1921, On the "Probable Error" of a Coefficient of Correlation, Metron 1:3-32. Spearman's ρ has the variance
    (1 + ρ²/2) / (n - 3) of Bonett & Wright 2000, Sample size requirements for estimating Pearson, Kendall and Spearman
    correlations, Psychometrika 65:23-28.
    """
    if rows <= 3 or abs(correlation) >= 1:
        return None
    spread = math.sqrt((1 + correlation * correlation / 2 if spearman else 1.0) / (rows - 3))
    middle = math.atanh(correlation)
    return math.tanh(middle - Z * spread), math.tanh(middle + Z * spread)


def bootstrap(confusion: np.ndarray, metric: str, draws: int = DRAWS) -> Interval:
    """The percentile interval of `metric` ("macro_f1", ...) when the rows of `confusion` [C, C] are drawn again.

    Rows that are drawn with replacement make the cells multinomial, so the cells are drawn at once: Efron & Tibshirani
    1993, An Introduction to the Bootstrap, chapter 13. Raises KeyError for a metric that no confusion matrix tells.
    """
    measure = _OF_CONFUSION[metric]
    actual, predicted = np.nonzero(confusion)
    counts = confusion[actual, predicted]
    random = np.random.default_rng(_SEED)
    at_once = max(1, _CELLS_AT_ONCE // len(counts))
    found = []
    for begin in range(0, draws, at_once):
        drawn = random.multinomial(counts.sum(), counts / counts.sum(), size=min(at_once, draws - begin))
        found.append(measure(*_margins(drawn, actual, predicted, len(confusion))))
    low, high = np.percentile(np.concatenate(found), [2.5, 97.5])
    return float(low), float(high)


def _margins(
    drawn: np.ndarray, actual: np.ndarray, predicted: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits, true rows and predicted rows of each class [draws, C], from the counts of the cells [draws, cells]."""
    on_diagonal = actual == predicted
    hits = np.zeros((len(drawn), classes))
    hits[:, actual[on_diagonal]] = drawn[:, on_diagonal]
    return hits, _summed(drawn, actual, classes), _summed(drawn, predicted, classes)


def _summed(drawn: np.ndarray, owner: np.ndarray, classes: int) -> np.ndarray:
    """The counts [draws, cells] added up for the class that owns each cell."""
    order = np.argsort(owner, kind="stable")
    owners, begins = np.unique(owner[order], return_index=True)
    sums = np.zeros((len(drawn), classes))
    sums[:, owners] = np.add.reduceat(drawn[:, order], begins, axis=1)
    return sums


def _mean_over_classes(parts: np.ndarray, wholes: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """The mean of parts / wholes over the classes that are `counted`; 0 / 0 is 0, as in scikit-learn."""
    ratios = np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > 0)
    mean: np.ndarray = np.where(counted, ratios, 0.0).sum(axis=1) / np.maximum(1, counted.sum(axis=1))
    return mean


def _macro_f1(hits: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    both = actual + predicted
    return _mean_over_classes(2 * hits, both, both > 0)


def _macro_precision(hits: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return _mean_over_classes(hits, predicted, actual + predicted > 0)


def _macro_recall(hits: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return _mean_over_classes(hits, actual, actual + predicted > 0)


def _accuracy(hits: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    share: np.ndarray = hits.sum(axis=1) / actual.sum(axis=1)
    return share


_CORRELATIONS = ("pearson", "spearman")
_OF_CONFUSION: Mapping[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "accuracy": _accuracy,
    "macro_f1": _macro_f1,
    "macro_precision": _macro_precision,
    "macro_recall": _macro_recall,
}
