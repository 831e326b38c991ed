"""Measures, from scikit-learn and SciPy, beside what a guesser reaches that has not read the texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.events import ClassMeasure, Measures


def classification_measures(
    logits: np.ndarray, targets: np.ndarray, labels: Sequence[str], *, commonest: int
) -> Measures:
    """`logits` [N, C], `targets` [N]; the baseline always answers class `commonest`.

    Classes that no row of `targets` has and none was taken for do not count in the macro mean.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    predicted = logits.argmax(axis=1)
    numbers = np.arange(len(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predicted, labels=numbers, zero_division=0.0
    )
    return Measures(
        metrics=_headlines(targets, predicted),
        baseline=_headlines(targets, np.full_like(targets, commonest)),
        guess=labels[commonest],
        classes=tuple(
            ClassMeasure(
                label=label,
                precision=float(precision[i]),
                recall=float(recall[i]),
                f1=float(f1[i]),
                support=int(support[i]),
            )
            for i, label in enumerate(labels)
        ),
        confusion=tuple(tuple(map(int, row)) for row in confusion_matrix(targets, predicted, labels=numbers)),
    )


def _headlines(targets: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import accuracy_score, f1_score

    return {
        "accuracy": float(accuracy_score(targets, predicted)),
        "macro_f1": float(f1_score(targets, predicted, average="macro", zero_division=0.0)),
    }


def regression_measures(values: np.ndarray, targets: np.ndarray, *, guess: float) -> Measures:
    """`values` [N] and `targets` [N] in the unit of the data; the baseline always answers `guess`.

    Correlations that are not defined (fewer than two rows, or no spread) are left out.
    """
    return Measures(
        metrics=_errors(values, targets) | _correlations(values, targets),
        baseline=_errors(np.full_like(targets, guess), targets),
    )


def _errors(values: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    errors = {
        "rmse": float(root_mean_squared_error(targets, values)),
        "mae": float(mean_absolute_error(targets, values)),
    }
    if len(targets) > 1:
        errors["r2"] = float(r2_score(targets, values))
    return errors


def _correlations(values: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    from scipy.stats import pearsonr, spearmanr

    if len(targets) < 2 or np.ptp(values) == 0 or np.ptp(targets) == 0:
        return {}
    return {
        "pearson": float(pearsonr(values, targets).statistic),
        "spearman": float(spearmanr(values, targets).statistic),
    }
