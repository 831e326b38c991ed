"""Small sweeps: the same plan with a few knobs changed, one run after the other, and the best one at the end.

A trial is a run like any other: it stands in the history under the sweep's heading, has its curves and keeps its
model. A sweep that is started again under the same heading goes on where it was: runs that are done are taken from the
history, and one that was broken off is resumed.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, RunFinished
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.store.records import RunRecord
from workbench.studio.declarations import FAMILIES
from workbench.studio.knobs import with_knob
from workbench.studio.samplers import sampler
from workbench.studio.spaces import Method, Space, in_kind, space_problems

if TYPE_CHECKING:
    from workbench.studio.runs import Run
    from workbench.studio.starting import Starting

DONE = ("completed", "early_stopped")
"""States of runs that need not be made again."""

BROKEN_OFF = ("paused", "stopped", "interrupted")
"""States of runs that are resumed where they can be."""

_REPEATS = 200
"""So many proposals in a row that were all made before: the sampler has nothing new to say."""


class Sweep(Struct, frozen=True, kw_only=True):
    """What is to be tried: `plan` with every knob of `space` changed, up to `trials` times (0: all of a grid).

    `space` is {knob: values, or a Range}; a knob is the name of any Option of the plan, or "optimizer", "schedule" or
    "loss". `heading` names the sweep and its runs: `heading-1`, `heading-2` ...
    """

    plan: TrainingPlan
    space: Space
    method: Method = "grid"
    trials: int = 0
    seed: int = 0
    heading: str = ""


class TrialStarted(Struct, frozen=True, kw_only=True, tag_field="event"):
    """Trial `number` (from 1) of at most `total` begins; the events of its run follow. `values` are its knobs."""

    number: int
    total: int
    run: str
    name: str
    values: dict[str, Scalar]


class TrialFinished(Struct, frozen=True, kw_only=True, tag_field="event"):
    """What a trial came to. `score` is the headline on the validation rows, None where there was none.

    `repeated` tells that the run was in the history already and was not made again. A plan that cannot start has no
    `run`; `message` says why.
    """

    number: int
    run: str = ""
    name: str = ""
    values: dict[str, Scalar] = {}
    outcome: str = ""
    headline: str = ""
    higher_is_better: bool = True
    score: float | None = None
    loss: float | None = None
    repeated: bool = False
    message: str = ""


class SweepFinished(Struct, frozen=True, kw_only=True, tag_field="event"):
    """The end. `trials` are ranked, the best first; `best` is the plan of the best one, ready to be trained again."""

    trials: tuple[TrialFinished, ...]
    best: TrainingPlan | None
    stopped: bool = False


SweepEvent = Event | TrialStarted | TrialFinished | SweepFinished


class SweepRun:
    """One execution of a sweep. `events()` does the training in the thread that reads it; `pause()` and `stop()` may
    come from any.
    """

    def __init__(self, sweep: Sweep, studio: Starting) -> None:
        """Raises WorkbenchError with everything that is wrong with the sweep."""
        heading = sweep.heading or sweep.plan.name or f"{Path(sweep.plan.dataset.path).stem}-sweep"
        problems = space_problems(sweep.plan, sweep.space, sweep.method)
        if problems:
            raise WorkbenchError(*problems)
        self.sweep = msgspec.structs.replace(sweep, heading=heading, space=in_kind(sweep.plan, sweep.space))
        self._sampler = sampler(self.sweep.space, sweep.method, sweep.trials, sweep.seed)
        self._studio = studio
        self._run: Run | None = None
        self._stopped = False
        self.finished: list[TrialFinished] = []

    @property
    def heading(self) -> str:
        """The heading under which the runs stand."""
        return self.sweep.heading

    @property
    def total(self) -> int:
        """The most trials that will be made."""
        return self._sampler.total

    def stop(self) -> None:
        """Ask for the end: the trial that is being made stops after its step, and all that is there is kept."""
        self._stopped = True
        if self._run is not None:
            self._run.stop()

    def pause(self) -> None:
        """As `stop`; the trial that is being made can be resumed exactly there, and is when the sweep starts again."""
        self._stopped = True
        if self._run is not None:
            self._run.pause()

    def trials(self) -> Iterator[TrainingPlan]:
        """The plans, one after the other. Where earlier scores guide the later ones, they are read as they come."""
        for values in self._sampler.proposals():
            yield self.plan_with(values)

    def plan_with(self, values: Mapping[str, Scalar]) -> TrainingPlan:
        """The sweep's plan with the knobs in `values`, under the sweep's heading."""
        plan = self.sweep.plan
        for name in sorted(values, key=_families_first):
            plan = with_knob(plan, name, values[name])
        return msgspec.structs.replace(plan, name=self.heading, group=self.heading)

    def events(self) -> Iterator[SweepEvent]:
        """Every event of every run, each between its TrialStarted and TrialFinished; SweepFinished ends the stream."""
        known = self._runs_of_before()
        seen: set[bytes] = set()
        repeats = 0
        for values in self._sampler.proposals():
            if self._stopped:
                break
            plan = self.plan_with(values)
            key = _key(plan)
            if key in seen:  # with few values to choose from, a sampler may draw the same ones again
                self._sampler.tell(self._score_of(key, known))
                repeats += 1
                if repeats >= _REPEATS:
                    break
                continue
            seen.add(key)
            repeats = 0
            done = yield from self._trial(plan, dict(values), known.get(key))
            if done.run:
                known[key] = self._studio.run(done.run)
            self.finished.append(done)
            self._sampler.tell(_told(done))
            yield done
            self._stopped = self._stopped or done.outcome in ("stopped", "paused")
            if self._stopped or len(self.finished) >= self.total:
                break
        yield self._result()

    def _trial(
        self, plan: TrainingPlan, values: dict[str, Scalar], before: RunRecord | None
    ) -> Generator[SweepEvent, None, TrialFinished]:
        """One trial: taken from the history, refused, or made. Returns its TrialFinished."""
        number = len(self.finished) + 1
        if before is not None and before.state in DONE:
            return msgspec.structs.replace(self._as_finished(before, number, values), repeated=True)
        problems = [problem for problem in self._studio.problems(plan) if problem.severity == "error"]
        if problems:
            return TrialFinished(number=number, values=values, outcome="failed", message=str(WorkbenchError(*problems)))
        run = self._run = self._studio.start(plan) if before is None else self._studio.resume(before.id)
        if self._stopped:  # asked for while the run was made
            run.stop()
        yield TrialStarted(number=number, total=self.total, run=run.id, name=run.name, values=values)
        message = ""
        for event in run.events():
            if isinstance(event, RunFinished):
                message = event.message
            yield event
        self._run = None
        done = self._as_finished(self._studio.run(run.id), number, values)
        return msgspec.structs.replace(done, message=message)

    def _as_finished(self, record: RunRecord, number: int, values: dict[str, Scalar]) -> TrialFinished:
        judged = self._studio.evaluations(record.id).get("validation")
        return TrialFinished(
            number=number,
            run=record.id,
            name=record.name,
            values=values,
            outcome=record.state,
            headline=record.headline,
            higher_is_better=record.higher_is_better,
            score=record.score,
            loss=judged.loss if judged else None,
        )

    def _runs_of_before(self) -> dict[bytes, RunRecord]:
        """{plan: its run} of the runs under this heading that are done or can be resumed, their files as they were."""
        found: dict[bytes, RunRecord] = {}
        for record in self._studio.runs():
            if record.state not in DONE + BROKEN_OFF or record.task != self.sweep.plan.task.name:
                continue
            try:
                plan = self._studio.plan_of(record.id)
                known = found.get(_key(plan))
                if (
                    plan.group == self.heading
                    and (known is None or known.state not in DONE)
                    and self._stands(record, plan)
                ):
                    found[_key(plan)] = record
            except WorkbenchError:
                continue  # its folder is damaged: it is made again
        return found

    def _stands(self, record: RunRecord, plan: TrainingPlan) -> bool:
        if record.state in DONE:
            return _untouched_since(plan, record.started)
        broken = self._studio.resumable(record.id)
        return broken is not None and not broken.changed_data

    def _score_of(self, key: bytes, known: Mapping[bytes, RunRecord]) -> float | None:
        record = known.get(key)
        return None if record is None else _upwards(record.score, record.higher_is_better)

    def _result(self) -> SweepFinished:
        ranked = tuple(sorted(self.finished, key=rank))
        best = next((trial for trial in ranked if trial.score is not None), None)
        return SweepFinished(
            trials=ranked,
            best=None if best is None else best_plan(self.plan_with(best.values)),
            stopped=self._stopped,
        )


def best_plan(plan: TrainingPlan) -> TrainingPlan:
    """`plan` as a plan like any other: under no heading, its name to be found anew."""
    return msgspec.structs.replace(plan, name="", group="")


def rank(trial: TrialFinished) -> tuple[float, float]:
    """The key that puts the best trial first: its score, and where that is the same, the lower validation loss."""
    score = _told(trial)
    loss = math.inf if trial.loss is None or math.isnan(trial.loss) else trial.loss
    return (math.inf if score is None else -score), loss


def _families_first(name: str) -> tuple[bool, str]:
    # Another optimizer brings its own knobs: it has to be chosen before they are set.
    return name not in FAMILIES, name


def _key(plan: TrainingPlan) -> bytes:
    """What makes two plans the same run: all but the name."""
    return msgspec.json.encode(msgspec.structs.replace(plan, name=""), order="deterministic")


def _untouched_since(plan: TrainingPlan, started: float) -> bool:
    """Whether the plan's files are older than a run that `started` then: it would read the same again."""
    files = [plan.dataset.path, plan.dataset.validation_path, plan.dataset.test_path]
    try:
        return all(Path(file).stat().st_mtime <= started for file in files if file)
    except OSError:
        return False


def _told(trial: TrialFinished) -> float | None:
    return _upwards(trial.score, trial.higher_is_better)


def _upwards(score: float | None, higher_is_better: bool) -> float | None:
    """`score` so that more is better; None where it is no number."""
    if score is None or math.isnan(score):
        return None
    return score if higher_is_better else -score
