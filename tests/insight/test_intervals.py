"""Intervals: equal to their closed forms, and they hold the truth as often as they say."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score

from workbench.core.events import Measures
from workbench.insight import intervals
from workbench.insight.intervals import bootstrap, fisher, interval, wilson


def measured(confusion: np.ndarray) -> Measures:
    hits = np.trace(confusion)
    f1 = 2 * np.diag(confusion) / np.maximum(1, confusion.sum(0) + confusion.sum(1))
    return Measures(
        metrics={"accuracy": hits / confusion.sum(), "macro_f1": float(f1.mean())},
        baseline={},
        confusion=tuple(map(tuple, confusion.tolist())),
    )


@pytest.mark.parametrize(("hits", "rows"), [(0, 10), (1, 10), (8, 10), (10, 10), (81, 263), (500, 1000)])
def test_that_the_bounds_of_accuracy_are_where_the_score_test_is_just_refused(hits: int, rows: int) -> None:
    share = hits / rows
    low, high = wilson(share, rows)
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:
            score = abs(share - bound) / math.sqrt(bound * (1 - bound) / rows)
            assert score == pytest.approx(norm.ppf(0.975), abs=1e-9)


def test_that_the_interval_of_accuracy_is_the_published_one() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3: 81 of 263.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_that_pearson_and_spearman_have_fishers_interval() -> None:
    half = norm.ppf(0.975) / math.sqrt(97)
    middle = math.atanh(0.6)
    assert fisher(0.6, 100) == pytest.approx((math.tanh(middle - half), math.tanh(middle + half)))
    wider = fisher(0.6, 100, spearman=True)
    assert wider is not None
    assert wider[1] - wider[0] > math.tanh(middle + half) - math.tanh(middle - half)


@pytest.mark.parametrize(("correlation", "rows"), [(0.5, 3), (1.0, 50), (-1.0, 50)])
def test_that_a_correlation_that_tells_no_interval_has_none(correlation: float, rows: int) -> None:
    assert fisher(correlation, rows) is None


def test_that_the_drawn_metrics_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    actual, predicted = random.integers(0, 4, 60), random.integers(0, 5, 60)
    predicted[predicted == 4] = actual[predicted == 4]
    actual[actual == 3] = 2  # a class that is guessed, but never true
    confusion = confusion_matrix(actual, predicted, labels=range(6))  # and one that is neither
    cells = np.nonzero(confusion)
    margins = intervals._margins(confusion[cells][None], *cells, 6)
    for name, theirs in (("macro_f1", f1_score), ("macro_precision", precision_score), ("macro_recall", recall_score)):
        expected = theirs(actual, predicted, average="macro", zero_division=0.0)
        assert intervals._OF_CONFUSION[name](*margins)[0] == pytest.approx(expected)


def test_that_the_bootstrap_of_accuracy_agrees_with_its_closed_form() -> None:
    confusion = np.array([[300, 60], [90, 250]])
    share = 550 / 700
    half = norm.ppf(0.975) * math.sqrt(share * (1 - share) / 700)
    assert bootstrap(confusion, "accuracy", draws=4000) == pytest.approx((share - half, share + half), abs=3e-3)


def test_that_the_interval_of_macro_f1_holds_the_truth_as_often_as_it_says() -> None:
    truth = np.array([[0.36, 0.03, 0.01], [0.05, 0.25, 0.04], [0.02, 0.04, 0.20]])
    true_f1 = float((2 * np.diag(truth) / (truth.sum(0) + truth.sum(1))).mean())
    random = np.random.default_rng(7)
    samples = random.multinomial(150, truth.ravel(), size=200).reshape(-1, 3, 3)
    found = [interval(measured(sample), "macro_f1", 150) for sample in samples]
    held = np.mean([low <= true_f1 <= high for low, high in filter(None, found)])
    assert len(found) == 200
    assert 0.90 <= held <= 0.99  # 0.95, give or take three standard errors of 200 samples


def test_that_the_interval_of_pearson_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    first = random.standard_normal((400, 40))
    second = 0.7 * first + math.sqrt(1 - 0.49) * random.standard_normal((400, 40))
    found = [fisher(float(np.corrcoef(x, y)[0, 1]), 40) for x, y in zip(first, second, strict=True)]
    held = np.mean([low <= 0.7 <= high for low, high in filter(None, found)])
    assert 0.92 <= held <= 0.98


def test_that_the_same_numbers_give_the_same_interval() -> None:
    measures = measured(np.array([[40, 3], [6, 51]]))
    assert interval(measures, "macro_f1", 100) == interval(measures, "macro_f1", 100)


def test_that_an_interval_holds_what_was_measured() -> None:
    random = np.random.default_rng(3)
    for _ in range(30):
        confusion = random.integers(0, 6, (4, 4)) + np.diag(random.integers(0, 30, 4))
        measures = measured(confusion)
        for metric, value in measures.metrics.items():
            found = interval(measures, metric, int(confusion.sum()))
            assert found is not None
            assert 0 <= found[0] <= value <= found[1] <= 1


def test_that_a_model_without_a_mistake_is_not_said_to_be_certain() -> None:
    found = interval(measured(np.diag([12, 9, 14])), "macro_f1", 35)
    assert found is not None
    assert found == pytest.approx(wilson(1.0, 35))
    assert found[0] < 0.95


def test_that_more_rows_give_a_narrower_interval() -> None:
    confusion = np.array([[40, 10], [10, 40]])
    few, many = (interval(measured(confusion * times), "macro_f1", 100 * times) for times in (1, 25))
    assert few is not None
    assert many is not None
    assert few[1] - few[0] == pytest.approx(5 * (many[1] - many[0]), rel=0.15)


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "nobody_knows"])
def test_that_what_needs_every_rows_error_has_no_interval(metric: str) -> None:
    assert interval(Measures(metrics={metric: 0.5}, baseline={}), metric, 100) is None


def test_that_there_is_no_interval_without_rows_or_number() -> None:
    measures = Measures(metrics={"accuracy": 0.5, "pearson": math.nan}, baseline={})
    assert interval(measures, "accuracy", 0) is None
    assert interval(measures, "pearson", 50) is None
    assert interval(measures, "macro_f1", 50) is None


def test_that_a_thousand_classes_need_no_dense_cube_of_draws() -> None:
    random = np.random.default_rng(5)
    confusion = np.zeros((1000, 1000), dtype=np.int64)
    np.add.at(confusion, (random.integers(0, 1000, 5000), random.integers(0, 1000, 5000)), 1)
    tracemalloc.start()
    low, high = bootstrap(confusion, "macro_f1", draws=500)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 <= low <= high <= 1
    assert most < 500 * 1000 * 1000  # one byte for each cell of each draw
