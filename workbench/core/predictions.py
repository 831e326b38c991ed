"""Predictions: what a model says about one example, with every number that led to it."""

from __future__ import annotations

from msgspec import Struct


class Scores(Struct, frozen=True, kw_only=True, tag="scores"):
    """One logit and one probability per label, in the order of `labels`. Probabilities sum to 1."""

    labels: tuple[str, ...]
    logits: tuple[float, ...]
    probabilities: tuple[float, ...]

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.labels[max(range(len(self.labels)), key=self.probabilities.__getitem__)]

    def ranked(self) -> list[tuple[str, float, float]]:
        """(label, logit, probability), the most probable first."""
        rows = zip(self.labels, self.logits, self.probabilities, strict=True)
        return sorted(rows, key=lambda row: -row[2])


class Value(Struct, frozen=True, kw_only=True, tag="value"):
    """A predicted number in the unit of the training data; `mean` and `spread` are those of the training rows."""

    value: float
    mean: float
    spread: float


Prediction = Scores | Value
