"""A sweep as the bridge sees it: one run after the other, each announced before its events come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from workbench.core.events import RunFinished
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui.past import Past, read_past
from workbench.studio import SweepFinished, SweepRun, TrialStarted


class Trial(NamedTuple):
    """A run of a sweep, as far as the pages of the window need to know it."""

    id: str
    name: str
    folder: Path
    plan: TrainingPlan


class TrialBegun(NamedTuple):
    """Trial `number` of at most `total` begins; the events of `run` follow. `values` are its knobs.

    `past` is what it did before, where it was broken off and goes on now.
    """

    run: Trial
    number: int
    total: int
    values: Mapping[str, Scalar]
    past: Past | None = None


class SweepJob:
    """Makes the runs of a sweep. `id` and `name` are those of the trial that is or was under way last, "" before.

    In its stream a TrialBegun stands for the sweep's TrialStarted, and there is at least one RunFinished.
    """

    def __init__(self, sweep: SweepRun, studio: Any) -> None:
        self.sweep, self._studio = sweep, studio
        self.id, self.name = "", sweep.heading
        self.folder, self.plan = Path(), sweep.sweep.plan

    def events(self) -> Iterator[Any]:
        """Train; see SweepRun."""
        ended = False
        for event in self.sweep.events():
            ended = ended or isinstance(event, RunFinished)
            if isinstance(event, TrialStarted):
                yield self._begun(event)
                continue
            if isinstance(event, SweepFinished) and not ended:  # every trial was in the history already
                yield event
                yield RunFinished(outcome="completed", steps=0, seconds=0.0)
                return
            yield event

    def _begun(self, event: TrialStarted) -> TrialBegun:
        record = self._studio.run(event.run)
        plan = self._studio.plan_of(event.run)
        self.id, self.name, self.folder, self.plan = record.id, record.name, Path(record.folder), plan
        past = read_past(self._studio, record.id) if record.steps else None
        trial = Trial(record.id, record.name, self.folder, plan)
        return TrialBegun(trial, event.number, event.total, event.values, past)

    def pause(self) -> None:
        """End the sweep; the trial that is being made can go on later."""
        self.sweep.pause()

    def stop(self) -> None:
        """End the sweep; what the trial that is being made has learned is kept."""
        self.sweep.stop()
