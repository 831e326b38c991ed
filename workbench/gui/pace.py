"""How far a run is and how long it still takes, reckoned from its events."""

from __future__ import annotations

from workbench.core.events import Evaluated, Event, PhaseChanged, RunFinished, RunStarted, StepDone
from workbench.core.forecasts import Corrected, Forecast

# Where the bar stands while the run gets ready, in shares of the whole: phases and how far each reaches.
_READY = {
    "importing": (0.0, 0.02),
    "reading": (0.02, 0.03),
    "loading": (0.03, 0.05),
    "tokenizing": (0.05, 0.10),
    "restoring": (0.05, 0.10),
}
_TRAIN_FROM, _TRAIN_TO = 0.10, 0.97
_ALMOST = 0.99
_EVALUATION_SPEED = 3.0  # rows evaluated in the time of one trained row, until the first evaluation is measured
_MEMORY = 0.7  # how much of the last shown time left stays in the next one
_GAP = 10.0  # seconds: the window looks every second, so in a longer silence the computer slept
_TRUSTED = 30  # steps after which a forecast has nothing to add to what they took
_STALL = 20.0  # times the mean: a step that took so long did not train all the while


class AwakeClock:
    """The time that passed awake: never goes back, and a sleep or a jump of the clock counts as `_GAP` at most."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._passed = 0.0

    def __call__(self, now: float) -> float:
        """Seconds awake since the first call, when the clock shows `now`."""
        if self._last is not None:
            self._passed += min(max(0.0, now - self._last), _GAP)
        self._last = now
        return self._passed


class _Speed:
    """Steps, rows and seconds of this stream. A resumed run goes on with sums from before, which do not count."""

    def __init__(self) -> None:
        self.steps = self.rows = 0
        self.seconds = 0.0
        self._before: tuple[int, int, float] | None = (0, 0, 0.0)

    def resume(self) -> None:
        """The sums from before are not known until the first step tells them."""
        self._before = None

    def take(self, step: StepDone) -> None:
        """Count one step."""
        before, self._before = self._before, (step.step, step.rows, step.seconds)
        if before is None:
            return
        took = step.seconds - before[2]
        if self.steps and took > max(_GAP, _STALL * self.each):
            took = self.each
        self.steps += max(0, step.step - before[0])
        self.rows += max(0, step.rows - before[1])
        self.seconds += max(0.0, took)

    @property
    def each(self) -> float:
        """Seconds for one step."""
        return self.seconds / self.steps


class Pace:
    """Fed with events and the time at which they came (seconds, any start), it says how far the run is.

    `fraction` never goes down and is 1 only after a run that ended by itself; it begins with what was done before.
    `left` is None until it can be known: after the first step, or at once from a `forecast`, which the first steps
    correct until they speak for themselves.
    """

    def __init__(self, fraction: float = 0.0, forecast: Forecast | None = None) -> None:
        self.fraction = min(fraction, _ALMOST)
        self._forecast = Corrected(forecast) if forecast is not None else None
        self.finished = False
        self.started: RunStarted | None = None
        self.step: StepDone | None = None
        self._speed = _Speed()
        self._clock = AwakeClock()
        self._began: float | None = None
        self._ended: float | None = None
        self._evaluating_since: float | None = None
        self._evaluated_seconds: list[float] = []
        self._shown: tuple[float, float] | None = None  # (time left, when it was reckoned)

    def take(self, event: Event, now: float) -> None:
        """Take one event that came at `now`."""
        now = self._clock(now)
        if self._began is None:
            self._began = now
        if self._forecast is not None:
            self._forecast.take(event, now)
        if isinstance(event, PhaseChanged):
            self._take_phase(event, now)
        elif isinstance(event, RunStarted):
            self.started = event
            self._raise_to(max(_TRAIN_FROM, share_trained(event.first_step, event.steps)))
            if event.first_step:
                self._speed.resume()
        elif isinstance(event, StepDone):
            self.step = event
            self._speed.take(event)
            if self.started is not None:
                self._raise_to(share_trained(event.step, self.started.steps))
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
        """Seconds since the first event, without those in which the computer slept."""
        now = self._clock(now)
        if self._began is None:
            return 0.0
        return (self._ended if self._ended is not None else now) - self._began

    def rows_per_second(self) -> float | None:
        """Rows trained in a second, over the steps of this stream; None before the first step."""
        if self._speed.seconds > 0:
            return self._speed.rows / self._speed.seconds
        if self.step is None or self.step.seconds <= 0:
            return None
        return self.step.rows / self.step.seconds

    def left(self, now: float) -> float | None:
        """Seconds until the end, smoothed, counting down between two reckonings; None while it is not known."""
        now = self._clock(now)
        if self.finished:
            return None
        if self._forecast is not None and self._speed.steps < _TRUSTED:
            reckoned = self._forecast.left(now)
        elif self.step is None or self.started is None or self.step.seconds <= 0:
            return None
        else:
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
        each = self._speed.each if self._speed.seconds > 0 and self._speed.steps else self.step.seconds / self.step.step
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


def share_trained(step: int, steps: int) -> float:
    """How far a run of `steps` steps is after `step` of them, as a share of the whole; 0 before the first."""
    return _TRAIN_FROM + (_TRAIN_TO - _TRAIN_FROM) * min(step / max(steps, 1), 1.0) if step > 0 else 0.0
