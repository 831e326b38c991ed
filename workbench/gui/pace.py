"""How far a run is and how long it still takes, reckoned from its events."""

from __future__ import annotations

from workbench.core.events import Evaluated, Event, PhaseChanged, RunFinished, RunStarted, StepDone

# Where the bar stands while the run gets ready, in shares of the whole: phases and how far each reaches.
_READY = {"importing": (0.0, 0.02), "reading": (0.02, 0.03), "loading": (0.03, 0.05), "tokenizing": (0.05, 0.10)}
_TRAIN_FROM, _TRAIN_TO = 0.10, 0.97
_ALMOST = 0.99
_EVALUATION_SPEED = 3.0  # rows evaluated in the time of one trained row, until the first evaluation is measured
_MEMORY = 0.7  # how much of the last shown time left stays in the next one


class Pace:
    """Fed with events and the time at which they came (seconds, any start), it says how far the run is.

    `fraction` never goes down and is 1 only after a run that ended by itself. `left` is None until it can be known.
    """

    def __init__(self) -> None:
        self.fraction = 0.0
        self.finished = False
        self.started: RunStarted | None = None
        self.step: StepDone | None = None
        self._began: float | None = None
        self._ended: float | None = None
        self._evaluating_since: float | None = None
        self._evaluated_seconds: list[float] = []
        self._shown: tuple[float, float] | None = None  # (time left, when it was reckoned)

    def take(self, event: Event, now: float) -> None:
        """Take one event that came at `now`."""
        if self._began is None:
            self._began = now
        if isinstance(event, PhaseChanged):
            self._take_phase(event, now)
        elif isinstance(event, RunStarted):
            self.started = event
            self._raise_to(_TRAIN_FROM)
        elif isinstance(event, StepDone):
            self.step = event
            if self.started is not None:
                share = event.step / max(self.started.steps, 1)
                self._raise_to(_TRAIN_FROM + (_TRAIN_TO - _TRAIN_FROM) * share)
        elif isinstance(event, Evaluated):
            if event.part == "validation" and self._evaluating_since is not None:
                self._evaluated_seconds.append(now - self._evaluating_since)
            self._evaluating_since = None
        elif isinstance(event, RunFinished):
            self.finished = True
            if event.outcome in ("completed", "early_stopped"):
                self.fraction = 1.0
            self._ended = now

    def elapsed(self, now: float) -> float:
        """Seconds since the first event."""
        if self._began is None:
            return 0.0
        return (self._ended if self._ended is not None else now) - self._began

    def rows_per_second(self) -> float | None:
        """Rows trained in a second, over the whole run; None before the first step."""
        if self.step is None or self.step.seconds <= 0:
            return None
        return self.step.rows / self.step.seconds

    def left(self, now: float) -> float | None:
        """Seconds until the end, smoothed, counting down between two reckonings; None while it is not known."""
        if self.finished or self.step is None or self.started is None or self.step.seconds <= 0:
            return None
        reckoned = self._reckon(now)
        if self._shown is not None:
            before, when = self._shown
            expected = max(0.0, before - (now - when))
            reckoned = _MEMORY * expected + (1 - _MEMORY) * reckoned if now > when else before
        self._shown = (reckoned, now)
        return reckoned

    def _reckon(self, now: float) -> float:
        assert self.started is not None
        assert self.step is not None
        each = self.step.seconds / self.step.step
        steps = max(0, self.started.steps - self.step.step)
        every = self.started.plan.evaluate_every or self.started.steps_per_epoch or self.started.steps
        looks = self.started.steps // every - self.step.step // every + (1 if self.started.steps % every else 0)
        under_way = now - self._evaluating_since if self._evaluating_since is not None else 0.0
        return steps * each + max(0.0, max(0, looks) * self._evaluation_seconds() - under_way)

    def _evaluation_seconds(self) -> float:
        if self._evaluated_seconds:
            recent = self._evaluated_seconds[-3:]
            return sum(recent) / len(recent)
        rate = self.rows_per_second()
        rows = self.started.validation_rows if self.started is not None else 0
        return rows / (_EVALUATION_SPEED * rate) if rate else 0.0

    def _take_phase(self, event: PhaseChanged, now: float) -> None:
        if event.phase == "evaluating":
            if self._evaluating_since is None:
                self._evaluating_since = now
        elif event.phase in _READY and self.started is None:
            low, high = _READY[event.phase]
            self._raise_to(low + (high - low) * (event.fraction or 0.0))
        all_made = self.started is not None and self.step is not None and self.step.step >= self.started.steps
        if event.phase == "saving" and all_made:
            self._raise_to(_ALMOST)

    def _raise_to(self, fraction: float) -> None:
        self.fraction = max(self.fraction, min(fraction, _ALMOST))
