"""What the history tells about runs: plain frozen values."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct, field

RUN_VERSION = 1
State = Literal["running", "completed", "early_stopped", "stopped", "paused", "failed", "interrupted"]


class RunInfo(Struct, frozen=True, kw_only=True):
    """The contents of run.json: enough to build the history again.

    `sequence` orders the runs (clocks may jump). `score` is the best validation value of the metric `headline`.
    `started` is in seconds since 1970, `seconds` the time spent in training steps.
    """

    id: str
    name: str
    task: str
    model: str
    state: State
    started: float
    sequence: int = 0
    seconds: float = 0.0
    steps: int = 0
    total_steps: int = 0
    best_step: int = 0
    headline: str = ""
    higher_is_better: bool = True
    score: float | None = None
    message: str = ""
    version: int = RUN_VERSION


class RunRecord(RunInfo, frozen=True, kw_only=True):
    """One line of the history. `folder` is the absolute path of the run's folder, in the bin when `deleted`."""

    folder: str
    deleted: bool = False


class ValidationPoint(NamedTuple):
    """One look at the validation rows."""

    step: int
    epoch: float
    loss: float
    metrics: dict[str, float]


class Curves(Struct, frozen=True, kw_only=True):
    """The numbers of a run as columns of equal length, one entry for each step; NaN where a value was not finite.

    `validation` holds one point for each look at the validation rows; `baseline` the same metrics for always guessing
    the commonest class (or the mean). `best_step` is 0 until there was a best one.
    """

    steps: list[int] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    validation: list[ValidationPoint] = field(default_factory=list)
    baseline: dict[str, float] = field(default_factory=dict)
    best_step: int = 0
