"""Forecast: what a run will cost, told before it starts, and corrected while it runs. Plain values, sizes in bytes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from workbench.core.events import Evaluated, Event, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.language import mark, tr
from workbench.core.plan import TrainingPlan

Verdict = Literal["fits", "tight", "too_big"]

FITS, TIGHT = 0.7, 1.0
"""Shares of the memory that can be had: up to the first a run fits, up to the second it is tight."""

LONG = 3600.0
"""Seconds above which cheaper choices are offered for the time's sake."""

PARTS: dict[str, str] = {
    "process": mark("Workbench and libraries"),
    "weights": mark("Weights"),
    "gradients": mark("Gradients"),
    "moments": mark("Memory of the optimizer"),
    "copies": mark("Copies in bfloat16"),
    "activations": mark("Activations of the largest batch"),
    "working": mark("Working memory of a step"),
    "kernels": mark("Prepared products for each length of batch"),
    "snapshot": mark("Copy for checkpoints"),
    "file": mark("The model's file while it is read"),
    "features": mark("Kept answers of the frozen layers"),
    "rows": mark("Encoded rows"),
}
"""{key of a part: its title}, in the order in which they are shown."""


class MemoryPart(Struct, frozen=True, kw_only=True):
    """One part of the peak; `key` is one of `PARTS`."""

    key: str
    bytes: int

    @property
    def title(self) -> str:
        """What it is, in the language spoken now."""
        return tr(PARTS[self.key])


class Cheaper(Struct, frozen=True, kw_only=True):
    """A choice that costs less: one click puts `plan` in place of the one that was forecast.

    `key` says what changes ("batch_size", "precision", "max_length", "tuning", "model", "epochs"); `title` tells it in
    the language spoken now, with what it costs in quality.
    """

    key: str
    title: str
    plan: TrainingPlan
    peak_bytes: int
    seconds: float
    verdict: Verdict


class Forecast(Struct, frozen=True, kw_only=True):
    """What a run of a plan will cost.

    `peak_bytes` is the most that this process (or the card that trains) will hold, `parts` what it consists of,
    `available_bytes` what it may hold (0: unknown). `seconds` is the whole run: `start_seconds` until the first step,
    `step_seconds` for all steps, `other_seconds` for evaluating and saving. `measured` tells whether real steps were
    timed on this computer; else both are reckoned from the model's shape. Training is possible whatever it says.
    """

    steps: int
    seconds: float
    start_seconds: float
    step_seconds: float
    other_seconds: float
    peak_bytes: int
    available_bytes: int
    parts: tuple[MemoryPart, ...]
    verdict: Verdict
    measured: bool = False
    cheaper: tuple[Cheaper, ...] = ()

    @property
    def is_long(self) -> bool:
        """Whether the run takes so long that cheaper choices are worth a thought."""
        return self.seconds > LONG


def verdict_of(peak: int, available: int) -> Verdict:
    """Whether `peak` bytes fit into `available` ones; "fits" where nothing is known."""
    if not available or peak <= FITS * available:
        return "fits"
    return "tight" if peak <= TIGHT * available else "too_big"


class Corrected:
    """A forecast that learns from the run that it was made for. Fed with events and the time at which they came.

    The steps made so far count as much as the forecast at first and, after `_TRUST` steps of about equal length, alone.
    """

    _TRUST = 30.0

    def __init__(self, forecast: Forecast) -> None:
        self._forecast = forecast
        self._started: RunStarted | None = None
        self._first: tuple[int, float] | None = None
        self._step: StepDone | None = None
        self._evaluating_since: float | None = None
        self._evaluations: list[float] = []
        self._began: float | None = None
        self._peak = 0
        self._finished = False

    def take(self, event: Event, now: float) -> None:
        """Learn from one event that came at `now` (seconds, any start)."""
        self._began = now if self._began is None else self._began
        if isinstance(event, RunStarted):
            self._started = event
        elif isinstance(event, StepDone):
            # The first step warms up: it counts for the steps that are done, not for their speed.
            self._first = self._first or (event.step, event.seconds)
            self._step = event
        elif isinstance(event, PhaseChanged) and event.phase == "evaluating":
            self._evaluating_since = now if self._evaluating_since is None else self._evaluating_since
        elif isinstance(event, Evaluated):
            if self._evaluating_since is not None:
                self._evaluations.append(now - self._evaluating_since)
            self._evaluating_since = None
        elif isinstance(event, RunFinished):
            self._finished = True
            self._peak = max(self._peak, event.peak_memory_bytes)

    def take_memory(self, held: int) -> None:
        """Learn that `held` bytes are held now."""
        self._peak = max(self._peak, held)

    @property
    def peak_bytes(self) -> int:
        """The most that will be held: what was forecast, or what was seen already if that is more."""
        return self._peak if self._finished and self._peak else max(self._forecast.peak_bytes, self._peak)

    def left(self, now: float) -> float:
        """Seconds until the end."""
        if self._finished:
            return 0.0
        if self._step is None:
            passed = 0.0 if self._began is None else now - self._began
            start = max(self._forecast.start_seconds - passed, 0.0)
            return start + self._forecast.step_seconds + self._forecast.other_seconds
        steps = self._started.steps if self._started is not None else self._forecast.steps
        left = max(0, steps - self._step.step)
        return left * self.each + self._other_left(left, steps)

    @property
    def each(self) -> float:
        """Seconds for one step, from what was forecast and what was seen."""
        forecast = self._forecast.step_seconds / max(self._forecast.steps, 1)
        if self._first is None or self._step is None or self._step.step == self._first[0]:
            return forecast
        seen = self._step.step - self._first[0]
        measured = (self._step.seconds - self._first[1]) / seen
        trust = min(1.0, (1 + seen) / (1 + self._TRUST))
        trust = max(trust, 0.5)
        return trust * measured + (1 - trust) * forecast

    def _other_left(self, left: int, steps: int) -> float:
        """Seconds for the evaluations and the saving that are still to come."""
        whole = self._forecast.other_seconds
        if self._evaluations and self._started is not None and self._step is not None:
            every = self._started.plan.evaluate_every or self._started.steps_per_epoch or steps
            due = steps // every + (1 if steps % every else 0)
            whole = max(due, 1) * sum(self._evaluations) / len(self._evaluations)
        return whole * left / max(steps, 1)
