"""Forecasts at the door: a first answer at once, a measured one after some seconds, and what would cost less.

What was measured is kept as plain values for as long as the studio lives: a change of epochs, batch size or length
needs no new measuring.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.core.errors import WorkbenchError
from workbench.core.events import StepDone
from workbench.core.forecasts import Cheaper, Forecast
from workbench.core.plan import TrainingPlan
from workbench.data.profile import Profile
from workbench.engine.forecast import (
    Surroundings,
    activation_scale,
    forecast_of,
    is_used,
    look_around,
    words_of,
    work_from_profile,
)
from workbench.engine.forecast_facts import quick_facts
from workbench.engine.forecast_shapes import ModelShape, Work, shape_of, work_of
from workbench.engine.forecast_time import Costs, reckoned_costs, reckoned_start
from workbench.engine.model_facts import ModelFacts
from workbench.engine.warm import is_warm, warm
from workbench.studio.catalog import ModelCard
from workbench.studio.cheaper import candidates, chosen
from workbench.tasks import task_of

if TYPE_CHECKING:
    from workbench.engine.forecast_measure import Measured

Kind = tuple[object, ...]

_TIMED = ("update", "batch", "token", "square", "frozen", "judged")


@dataclass(frozen=True)
class _Known:
    """What was measured for one kind of model, and on which rows: `rows_key` names them, `longest` where they end."""

    measured: Measured
    costs: Costs
    rows_key: Kind
    longest: int


class Forecaster:
    """Says what plans will cost. Safe to call from any thread; one measuring happens at a time.

    `cards` gives the models that could be used instead; `available` overrides the memory that can be had (bytes).
    """

    def __init__(
        self, models: Path, cards: Callable[[], Iterable[ModelCard]], *, available: Callable[[], int] | None = None
    ) -> None:
        self._models, self._cards, self._available = models, cards, available
        self._facts: dict[Kind, ModelFacts] = {}
        self._known: dict[Kind, _Known] = {}
        self._slower, self._heavier = 1.0, 1.0
        self._resting, self._is_fresh = 0, False
        self._measuring = threading.Lock()

    def forecast(self, plan: TrainingPlan, profile: Profile) -> Forecast:
        """What a run of `plan` will cost, in milliseconds and without torch. Raises WorkbenchError for a model that is
        not there or would not be let in.
        """
        found = self._plain(plan, profile)
        if found.verdict == "fits" and not found.is_long:
            return found
        tries = []
        for key, title, changed in candidates(plan, profile, self._cards(), can_round=self._can_round()):
            try:
                costs = self._plain(changed, profile)
            except WorkbenchError:  # a smaller model that is damaged is not offered
                continue
            tries.append(
                Cheaper(
                    key=key,
                    title=title,
                    plan=changed,
                    peak_bytes=costs.peak_bytes,
                    seconds=costs.seconds,
                    verdict=costs.verdict,
                )
            )
        return msgspec.structs.replace(found, cheaper=chosen(found, tries))

    def measure(
        self, plan: TrainingPlan, profile: Profile, stopped: Callable[[], bool] = lambda: False
    ) -> Forecast | None:
        """The same after a few real steps: some seconds, with torch; call it off the window. None if `stopped`.

        A plan that is too big is not tried: the system ends programs that ask for too much. Nothing is written. Raises
        WorkbenchError for what the user can mend.
        """
        warm()
        before = self.forecast(plan, profile)
        if before.verdict == "too_big":
            return before
        from workbench.engine.forecast_measure import measure
        from workbench.engine.memory import is_out_of_memory
        from workbench.engine.prepare import Stopped

        with self._measuring:
            shape = self._shape(plan, profile)
            work = work_from_profile(plan, shape, profile.lengths, profile.read)
            try:
                measured = _last(measure(plan, task_of(plan.task), shape, self._models, stopped))
            except Stopped:
                return None
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                return self.forecast(plan, profile)
            self._keep(plan, shape, work, measured)
        return self.forecast(plan, profile)

    def learn(self, plan: TrainingPlan, profile: Profile, last: StepDone) -> None:
        """A run of `plan` was made, up to its step `last`: what its steps really took counts from now on."""
        made = msgspec.structs.replace(plan, max_steps=last.step)
        reckoned = self._plain(made, profile).step_seconds
        if last.seconds <= 0 or reckoned <= 0:
            return
        times = last.seconds / reckoned
        known = self._known.get(_kind(plan))
        if known is None:
            self._slower *= times
        else:
            self._known[_kind(plan)] = replace(known, costs=_times(known.costs, times))

    def is_measured(self, plan: TrainingPlan) -> bool:
        """Whether plans of this kind were measured: the same model, tuning, optimizer and precision."""
        return _kind(plan) in self._known

    def _plain(self, plan: TrainingPlan, profile: Profile) -> Forecast:
        around = self._around(plan)
        shape = self._shape(plan, profile)
        known = self._known.get(_kind(plan))
        if known is None:
            work = work_from_profile(plan, shape, profile.lengths, profile.read)
            costs = self._reckoned(plan, shape, work, around)
            return msgspec.structs.replace(forecast_of(plan, shape, work, around, costs), measured=False)
        shape = _exact(shape, known.measured)
        work = self._known_work(plan, shape, profile, known)
        costs = known.costs
        if known.rows_key != _rows_key(plan):  # other data: loading and encoding take another time
            costs = msgspec.structs.replace(costs, start=reckoned_start(shape, work))
        return forecast_of(plan, shape, work, around, costs)

    def _known_work(self, plan: TrainingPlan, shape: ModelShape, profile: Profile, known: _Known) -> Work:
        if known.rows_key != _rows_key(plan) or plan.max_length > known.longest:
            work = work_from_profile(plan, shape, profile.lengths, profile.read)
            return replace(work, seen=known.measured.seen) if known.rows_key == _rows_key(plan) else work
        lengths = known.measured.lengths.clip(max=plan.max_length)
        return work_of(plan, lengths, profile.read, known.measured.seen, known=True)

    def _reckoned(self, plan: TrainingPlan, shape: ModelShape, work: Work, around: Surroundings) -> Costs:
        """Costs from formulas, corrected by how far the formulas were off for what was measured."""
        costs = reckoned_costs(plan, shape, work, threads=around.threads, low=around.low)
        return msgspec.structs.replace(_times(costs, self._slower), activations=self._heavier)

    def _keep(self, plan: TrainingPlan, shape: ModelShape, work: Work, measured: Measured) -> None:
        around = self._around(plan)
        shape = _exact(shape, measured)
        scale = activation_scale(plan, shape, measured.shape, measured.step_bytes, around)
        costs = msgspec.structs.replace(measured.costs, activations=scale)
        reckoned = forecast_of(plan, shape, work, around).step_seconds
        actual = forecast_of(plan, shape, work, around, costs).step_seconds
        self._slower, self._heavier = actual / max(reckoned, 1e-9), scale
        if not self._is_fresh:
            self._resting = measured.resting
        self._known[_kind(plan)] = _Known(measured, costs, _rows_key(plan), _longest_known(plan, measured))

    def _around(self, plan: TrainingPlan) -> Surroundings:
        # What the process holds after a run is used again by the next one: what it held before the first one counts.
        if not self._resting:
            self._is_fresh = not is_used()
            self._resting = look_around(plan.precision).process.resting
        around = look_around(plan.precision, self._resting)
        return replace(around, available=self._available()) if self._available is not None else around

    def _shape(self, plan: TrainingPlan, profile: Profile) -> ModelShape:
        spec = plan.model
        key = (spec.source, spec.location, tuple(sorted(spec.options.items())))
        facts = self._facts.get(key)
        if facts is None:
            facts = self._facts[key] = quick_facts(spec, self._models)
        return shape_of(facts, plan, words_of(profile.lengths))

    def _can_round(self) -> bool:
        """Whether bfloat16 would be quicker here; unknown, and so no, until torch is there."""
        return is_warm() and look_around("auto", self._resting).low


def _times(costs: Costs, times: float) -> Costs:
    changed = {name: getattr(costs, name) * times for name in _TIMED}
    return msgspec.structs.replace(costs, **changed)


def _kind(plan: TrainingPlan) -> Kind:
    model, tuning = plan.model, plan.tuning
    return (
        (model.source, model.location, tuple(sorted(model.options.items()))),
        (tuning.name, tuple(sorted(tuning.options.items()))),
        plan.optimizer.name,
        plan.precision,
        plan.task.name,
    )


def _rows_key(plan: TrainingPlan) -> Kind:
    data = plan.dataset
    return (
        data.path,
        data.validation_path,
        data.validation_share,
        data.test_path,
        tuple(sorted(data.columns.items())),
        plan.seed,
        msgspec.json.encode((data.mends, data.split, data.reading)),
    )


def _longest_known(plan: TrainingPlan, measured: Measured) -> int:
    """Up to which `max_length` the measured lengths hold: for ever, if no row was cut."""
    return plan.max_length if int(measured.lengths.max()) >= plan.max_length else 1 << 30


def _exact(shape: ModelShape, measured: Measured) -> ModelShape:
    """`shape` with the weights that were counted; a difference is in the table of words."""
    more = (measured.parameters - shape.parameters) // shape.hidden if not shape.pretrained else 0
    return msgspec.structs.replace(shape, parameters=measured.parameters, vocabulary=max(1, shape.vocabulary + more))


def _last(stream: Iterator[object]) -> Measured:
    """Read the whole stream; what it returns."""
    while True:
        try:
            next(stream)
        except StopIteration as done:
            result: Measured = done.value
            return result
