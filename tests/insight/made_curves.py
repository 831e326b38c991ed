"""Curves that are made by formulas, with noise: cases that real runs give too seldom. Writes those that are missing.

python -m tests.insight.made_curves
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from tests.insight.curve_files import FOLDER, save
from workbench.core.plan import DatasetSpec, ModelSpec, TrainingPlan

Shape = Callable[[np.ndarray], np.ndarray]  # of the share of the run, 0 to 1


def falling(start: float, end: float, pace: float) -> Shape:
    """An exponential fall from `start` towards `end`."""
    return lambda at: end + (start - end) * np.exp(-pace * at)


def turning(start: float, low: float, where: float, end: float) -> Shape:
    """A fall to `low` at `where`, then a straight rise to `end`."""
    return lambda at: np.where(
        at < where, low + (start - low) * (1 - at / where) ** 2, low + (end - low) * (at - where) / (1 - where)
    )


def steady(value: float) -> Shape:
    return lambda at: np.full_like(at, value)


def line(start: float, end: float) -> Shape:
    return lambda at: start + (end - start) * at


def confusion_of(classes: int, share: float, *, collapsed: bool) -> list[list[int]]:
    """The confusion of 120 rows of which `share` are named rightly, or that are all taken for the second class."""
    rows = 120 // classes
    right = round(rows * share)
    wrong, more = divmod(rows - right, classes - 1)
    matrix = [[wrong] * classes for _ in range(classes)]
    for number, row in enumerate(matrix):
        row[number] = right
        row[(number + 1) % classes] += more
    return [[rows if column == 1 else 0 for column in range(classes)]] * classes if collapsed else matrix


EVEN = steady(1.0)


def made(
    seed: int,
    train: Shape,
    validation: Shape,
    score: Shape,
    *,
    noise: float,
    jitter: float = 0.01,
    wobble: float = 0.01,
    epochs: int = 10,
    per_epoch: int = 50,
    every: int = 0,
    rate: float = 1e-3,
    spikes: int = 0,
    norms: Shape = EVEN,
    classes: int = 4,
    number: bool = False,
    outcome: str = "completed",
    share_made: float = 1.0,
    collapses_at: float = 2.0,
) -> dict[str, Any]:
    """The numbers of a run. `noise` is that of a step, `jitter` and `wobble` that of the looks (loss, score)."""
    luck = np.random.default_rng(seed)
    planned = epochs * per_epoch
    steps = np.arange(1, round(planned * share_made) + 1)
    at = steps / planned
    losses = train(at) * np.exp(noise * luck.standard_normal(len(steps)))
    gradients = norms(at) * np.exp(0.3 * luck.standard_normal(len(steps)))
    for step in luck.choice(len(steps), spikes, replace=False):
        losses[step : step + 6] *= 1 + 4 * np.exp(-np.arange(len(losses[step : step + 6])))
        gradients[step] *= 20
    looked = [int(step) for step in steps if step % (every or per_epoch) == 0 or step == planned]
    where = np.array(looked) / planned
    losses_seen = validation(where) + jitter * luck.standard_normal(len(where))
    scores = score(where) + wobble * luck.standard_normal(len(where))
    metric = "rmse" if number else "macro_f1"
    looks = []
    for step, loss, value in zip(looked, losses_seen, scores, strict=True):
        value = float(value) if number else float(np.clip(value, 0.0, 1.0))
        metrics = {metric: value} if number else {metric: value, "accuracy": value}
        confusion = confusion_of(classes, value, collapsed=step / planned >= collapses_at)
        looks.append(
            {"step": step, "loss": float(loss), "metrics": metrics, **({} if number else {"confusion": confusion})}
        )
    plan = TrainingPlan(
        dataset=DatasetSpec(path="made.csv"),
        model=ModelSpec(source="scratch"),
        epochs=epochs,
        learning_rate=rate,
        evaluate_every=every,
    )
    chance = 1.0 if number else 1 / classes
    return {
        "origin": "made",
        "plan": msgspec.to_builtins(plan),
        "headline": metric,
        "higher_is_better": not number,
        "steps_planned": planned,
        "steps_per_epoch": per_epoch,
        "train_rows": per_epoch * 16,
        "validation_rows": 120,
        "outcome": outcome,
        "baseline": {metric: chance} if number else {metric: chance * 0.4, "accuracy": chance},
        "losses": losses.tolist(),
        "rates": (rate * (1 - (steps - 1) / planned)).tolist(),
        "norms": gradients.tolist(),
        "looks": looks,
    }


def cases() -> dict[str, dict[str, Any]]:
    """Every curve that is made."""
    ln4 = float(np.log(4))
    good, fine = falling(ln4, 0.15, 6), falling(ln4, 0.35, 6)
    rising = falling(0.1, 0.88, 6)
    return {
        "made-sound-quiet": made(1, good, fine, rising, noise=0.05),
        "made-sound-loud": made(2, good, fine, rising, noise=0.5, jitter=0.03, wobble=0.02),
        "made-sound-loud-often": made(3, good, fine, rising, noise=0.4, jitter=0.05, wobble=0.03, every=12),
        "made-sound-short": made(
            4, falling(ln4, 0.3, 4), falling(ln4, 0.5, 4), rising, noise=0.3, epochs=3, per_epoch=30
        ),
        "made-sound-regression": made(
            5, falling(1.0, 0.2, 5), falling(1.0, 0.3, 5), falling(1.0, 0.5, 5), noise=0.3, number=True
        ),
        "made-sound-late-start": made(
            6,
            lambda at: np.where(at < 0.15, ln4, 0.2 + (ln4 - 0.2) * np.exp(-8 * (at - 0.15))),
            lambda at: np.where(at < 0.15, ln4, 0.35 + (ln4 - 0.35) * np.exp(-8 * (at - 0.15))),
            lambda at: np.where(at < 0.15, 0.1, 0.88 - 0.78 * np.exp(-8 * (at - 0.15))),
            noise=0.2,
        ),
        "made-sound-stopped": made(7, good, fine, rising, noise=0.2, outcome="stopped", share_made=0.6),
        "made-sound-lone-spike": made(8, good, fine, rising, noise=0.15, spikes=1, epochs=8),
        "made-sound-slightly-rising": made(
            9, falling(ln4, 0.1, 6), turning(ln4, 0.4, 0.8, 0.42), falling(0.1, 0.9, 5), noise=0.2, jitter=0.015
        ),
        "made-overfit-clear": made(
            10, falling(ln4, 0.01, 7), turning(ln4, 0.6, 0.3, 1.3), falling(0.1, 0.78, 10), noise=0.2
        ),
        "made-overfit-loud": made(
            11,
            falling(ln4, 0.02, 6),
            turning(ln4, 0.7, 0.35, 1.4),
            falling(0.1, 0.74, 10),
            noise=0.5,
            jitter=0.06,
            wobble=0.02,
            epochs=16,
        ),
        "made-overfit-score-falls": made(
            12, falling(ln4, 0.02, 6), turning(ln4, 0.7, 0.3, 1.2), turning(0.1, 0.75, 0.3, 0.6), noise=0.3, epochs=12
        ),
        "made-overfit-regression": made(
            13,
            falling(1.0, 0.03, 6),
            turning(1.0, 0.5, 0.3, 0.9),
            turning(1.0, 0.7, 0.3, 0.95),
            noise=0.3,
            number=True,
            epochs=14,
        ),
        "made-overfit-on-the-way": made(
            14,
            falling(ln4, 0.01, 7),
            turning(ln4, 0.6, 0.2, 1.8),
            falling(0.1, 0.76, 14),
            noise=0.2,
            epochs=20,
            share_made=0.6,
            outcome="stopped",
        ),
        "made-high-spikes": made(
            15,
            falling(ln4, 0.7, 4),
            falling(ln4, 0.9, 4),
            falling(0.1, 0.6, 4),
            noise=0.15,
            spikes=25,
            epochs=8,
            jitter=0.15,
            wobble=0.06,
            rate=1e-2,
        ),
        "made-high-diverging": made(
            16,
            turning(ln4, 0.9, 0.3, 6.0),
            turning(ln4, 1.0, 0.3, 6.0),
            turning(0.1, 0.6, 0.3, 0.12),
            noise=0.4,
            norms=lambda at: np.exp(5 * at),
            rate=1e-1,
            epochs=6,
        ),
        "made-high-from-the-start": made(
            17,
            steady(3.5),
            steady(3.2),
            steady(0.12),
            noise=0.5,
            jitter=0.8,
            wobble=0.03,
            norms=steady(30.0),
            rate=0.3,
            epochs=6,
        ),
        "made-plateau-half-way": made(
            18,
            falling(ln4, 0.95, 25),
            falling(ln4, 1.0, 25),
            falling(0.1, 0.5, 25),
            noise=0.12,
            epochs=20,
        ),
        "made-plateau-loud": made(
            19,
            falling(ln4, 0.9, 25),
            falling(ln4, 0.98, 25),
            falling(0.1, 0.52, 25),
            noise=0.35,
            jitter=0.03,
            epochs=24,
            wobble=0.015,
        ),
        "made-low-rate": made(
            20, line(ln4, ln4 - 0.12), line(ln4, ln4 - 0.1), line(0.12, 0.3), noise=0.02, jitter=0.003, rate=1e-5
        ),
        "made-low-rate-loud": made(
            21, line(1.4, 1.2), line(1.4, 1.22), line(0.15, 0.35), noise=0.06, jitter=0.006, rate=1e-5, per_epoch=100
        ),
        "made-nothing": made(
            22, steady(ln4), steady(ln4), steady(0.15), noise=0.05, jitter=0.005, wobble=0.03, epochs=6
        ),
        "made-nothing-regression": made(
            23, steady(1.0), steady(1.0), steady(1.0), noise=0.35, jitter=0.01, wobble=0.01, number=True, epochs=6
        ),
        "made-collapse": made(
            24,
            steady(ln4),
            steady(ln4),
            steady(0.1),
            noise=0.08,
            jitter=0.01,
            wobble=0.0,
            epochs=6,
            collapses_at=0.0,
        ),
        "made-collapse-late": made(
            25,
            turning(ln4, 0.7, 0.4, ln4),
            turning(ln4, 0.8, 0.4, ln4),
            lambda at: np.where(at < 0.5, 0.65, 0.1),
            noise=0.12,
            jitter=0.02,
            wobble=0.0,
            epochs=10,
            collapses_at=0.5,
            rate=1e-2,
        ),
        "made-few-steps": made(26, line(ln4, 1.3), line(ln4, 1.33), line(0.1, 0.14), noise=0.05, epochs=1, per_epoch=8),
        "made-few-steps-loud": made(
            27, line(1.5, 1.2), line(1.4, 1.3), line(0.12, 0.2), noise=0.2, epochs=2, per_epoch=5
        ),
    }


def main() -> None:
    """Write what is missing."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in cases().items():
        if not (FOLDER / f"{name}.json").exists():
            save(name, content)


if __name__ == "__main__":
    main()
