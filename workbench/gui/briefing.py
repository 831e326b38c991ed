"""A coach that hears a run, in the run's own thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.core.events import Evaluated, Event, RunStarted, StepDone
from workbench.gui.past import Past
from workbench.gui.trials import TrialBegun
from workbench.studio import Coach, SweepFinished, TrialFinished

NEW_RUN = "new run"


class Briefed:
    """Lets a coach hear a run, and before that what the run did in the `past`. Call it in the thread of the run.

    Of a sweep, each run has a coach of its own; NEW_RUN is said where one begins.
    """

    def __init__(self, make: Callable[[], Coach], past: Past | None = None) -> None:
        self._make, self._past = make, past
        self._coach: Coach | None = None

    def __call__(self, event: Any) -> list[Any]:
        """Hear one event; the hints that are new and those that are gone."""
        if isinstance(event, TrialBegun):
            self._coach, self._past = None, event.past
            return [NEW_RUN]
        if isinstance(event, TrialFinished | SweepFinished):
            return []
        if self._coach is None:
            self._coach = self._make()
            if self._past is not None:
                return [change for one in _told_by(self._past) for change in self._coach.take(one)]
        return self._coach.take(event)


def _told_by(past: Past) -> list[Event]:
    """All events of a run of the past that a coach listens to, in their order; the steps come from its curves."""
    curves = past.curves
    columns = (curves.steps, curves.epochs, curves.losses, curves.learning_rates, curves.grad_norms)
    steps: list[Event] = [
        StepDone(step=step, epoch=epoch, loss=loss, learning_rate=rate, grad_norm=norm, rows=0, seconds=0.0)
        for step, epoch, loss, rate, norm in zip(*columns, strict=True)
    ]
    started = [event for event in past.events if isinstance(event, RunStarted)][:1]
    looks = [event for event in past.events if isinstance(event, Evaluated)]
    told = sorted([*steps, *looks], key=lambda event: (event.step, isinstance(event, Evaluated)))
    return [*started, *told]
