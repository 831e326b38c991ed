"""A run of the past, as the Training tab shows it: read off the window, put in order."""

from __future__ import annotations

from typing import Any, NamedTuple

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted
from workbench.core.plan import TrainingPlan

_OUTCOMES = ("completed", "early_stopped", "stopped", "failed")


class Past(NamedTuple):
    """A run of the past: its record, its plan, its steps as curves, and its other events in their order."""

    record: Any
    plan: TrainingPlan
    curves: Any
    events: list[Event]

    @property
    def steps(self) -> int:
        """The last step that was made; 0 before the first."""
        return max(self.record.steps, self.curves.steps[-1] if len(self.curves.steps) else 0)

    @property
    def planned(self) -> int:
        """The most steps that it would have made; 0 if that was never known."""
        told = [event.steps for event in self.events if isinstance(event, RunStarted)]
        return told[-1] if told else getattr(self.record, "total_steps", 0)

    @property
    def end(self) -> RunFinished | None:
        """How the run ended; None if it has not: it was paused, or broke off.

        A run whose model was kept after a pause ended otherwise than its last event tells.
        """
        record = self.record
        if record.state not in _OUTCOMES:
            return None
        last = next((event for event in reversed(self.events) if isinstance(event, RunFinished)), None)
        if last is not None and last.outcome == record.state:
            return last
        return RunFinished(
            outcome=record.state,
            steps=record.steps,
            seconds=record.seconds,
            best_step=record.best_step,
            message=record.message,
            mendable=bool(record.message),
        )


def read_past(studio: Any, run_id: str) -> Past:
    """Read a run. Call it off the window. Raises WorkbenchError."""
    return Past(studio.run(run_id), studio.plan_of(run_id), studio.curves(run_id), settled(studio.events(run_id)))


def settled(events: list[Event]) -> list[Event]:
    """`events` without what a resume made undone: ends that were none, and looks at steps that were made again."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted) and kept:
            first = event.first_step
            kept = [one for one in kept if not isinstance(one, RunFinished) and not _later(one, first)]
        kept.append(event)
    return kept


def _later(event: Event, step: int) -> bool:
    return isinstance(event, Evaluated) and event.step > step
