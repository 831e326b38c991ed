"""The judge: measures the model on rows it does not learn from, keeps the best one, and says when to end."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

from workbench.core.errors import Problem
from workbench.core.events import Evaluated, Event, ModelSaved, Notice, Outcome, Part, PhaseChanged
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import EncodedRows, evaluation_size
from workbench.engine.control import Control
from workbench.engine.evaluate import Evaluation, evaluate
from workbench.engine.memory import is_out_of_memory, smaller_pieces
from workbench.engine.model_folder import load_weights, save_model
from workbench.engine.place import MODEL, RunPlace, patiently
from workbench.engine.prepare import Prepared
from workbench.engine.state import Proposal, RunState
from workbench.engine.task import LossFunction, Task
from workbench.engine.update import Stepped


class Judge:
    """Two clocks meet here: `step` counts updates, `epoch` says how far through the rows they are."""

    ready: Prepared
    loss: LossFunction

    def __init__(
        self, plan: TrainingPlan, task: Task, place: RunPlace, control: Control, *, further: bool = False
    ) -> None:
        self.plan, self.task, self.place, self.control = plan, task, place, control
        self.state = RunState()
        self._further = further

    def take_up(self, state: RunState) -> None:
        """Go on from `state`. Patience that had run out begins anew if the user wants more.

        A run that died while it came to its end has lost its patience too, and ends as it would have.
        """
        self.state = state
        if self._further and self.has_converged:
            state.without_better = 0

    def start(self, ready: Prepared, loss: LossFunction) -> None:
        """The model is built; its facts are kept before the first step."""
        self.ready, self.loss = ready, loss
        self.place.keep_facts(ready.learner.facts)

    def rest(self) -> None:
        """The run is over: let go of net and rows."""
        for name in ("ready", "loss"):
            vars(self).pop(name, None)

    @property
    def step(self) -> int:
        """Updates made."""
        return self.state.step

    @property
    def epoch(self) -> float:
        """The exact place: 1.25 is a quarter through the second epoch."""
        return self.state.step / self.ready.steps_per_epoch

    @property
    def is_due(self) -> bool:
        """Whether the validation rows are to be looked at before the next step."""
        every = self.plan.evaluate_every or self.ready.steps_per_epoch
        due = self.step % every == 0 or self.step == self.ready.steps
        return due and self.state.judged_step < self.step

    @property
    def has_converged(self) -> bool:
        """Whether `patience` evaluations in a row brought nothing better."""
        return 0 < self.plan.patience <= self.state.without_better

    def validate(self) -> Iterator[Event]:
        """Measure on the validation rows, and keep the model if it is the best so far."""
        evaluation = yield from self._evaluated(self.ready.validation)
        if evaluation is None:
            return
        self._require_finite(evaluation.loss)
        sign = 1 if self.task.higher_is_better else -1
        # Where the headline is the same, the lower loss is surer of its answers.
        score = sign * evaluation.measures.metrics[self.task.headline], -evaluation.loss
        best = self.state.best_score
        better = best is None or score > best
        if better:
            self._require_finite_weights()
        yield self._event("validation", evaluation, better)
        if better:
            yield from self._save()
            self.state.best_score = score
        self.state.without_better = 0 if better else self.state.without_better + 1
        self.state.judged_step = self.step

    def keep(self, outcome: Outcome) -> Generator[Event, None, Outcome]:
        """The end: what was learned is on disk, and the best model is measured on the test rows."""
        if not self.state.best_step and self.step:
            self._require_finite_weights()
            yield Notice(code="T11", message=tr("The model was kept as it was at step {step}.", step=self.step))
            yield from self._save()
        if outcome != "stopped" and self.ready.test is not None and self.state.best_step:
            load_weights(self.ready.learner, self.place.folder / MODEL)
            evaluation = yield from self._evaluated(self.ready.test)
            if evaluation is None:
                return "stopped"
            yield self._event("test", evaluation, best=False)
        return outcome

    def require_finite(self, stepped: Stepped) -> None:
        """Raises WorkbenchError if the loss or the gradient became infinite; the update left the weights alone."""
        self._require_finite(stepped.loss, stepped.grad_norm)

    def _require_finite_weights(self) -> None:
        """Raises WorkbenchError if a weight is infinite, be it one that none of the measured rows touches."""
        self.ready.learner.rest()
        self._require_finite(*(float(weights.sum()) for weights in self.ready.learner.net.state_dict().values()))

    def _require_finite(self, *numbers: float) -> None:
        if all(map(math.isfinite, numbers)):
            return
        best, rate = self.state.best_step, self.plan.learning_rate / 10
        what = (
            tr("The loss became infinite. The model of step {step} is safe.", step=best)
            if best
            else tr("The loss became infinite before a model was kept.")
        )
        remedy = tr("Start again with a lower learning rate, for example {rate:g}.", rate=rate)
        where = tr("Step {step}", step=self.step)
        problem = Problem(code="T06", where=where, what=what, remedy=remedy, field="learning_rate")
        raise Proposal(problem, {"learning_rate": float(f"{rate:.3g}")})

    def _event(self, part: Part, evaluation: Evaluation, best: bool) -> Evaluated:
        step = self.state.best_step if part == "test" else self.step
        return Evaluated(
            step=step,
            epoch=step / self.ready.steps_per_epoch,
            part=part,
            loss=evaluation.loss,
            measures=evaluation.measures,
            best=best,
        )

    def _evaluated(self, rows: EncodedRows) -> Generator[Event, None, Evaluation | None]:
        features = self.ready.validation_features if rows is self.ready.validation else None
        while True:
            size = evaluation_size(self.plan, self.state.parts)
            running = evaluate(
                self.task,
                self.ready.learner,
                rows,
                self.loss,
                batch_size=size,
                stopped=self.control.is_set,
                features=features,
            )
            try:
                while True:
                    yield PhaseChanged(phase="evaluating", fraction=next(running))
            except StopIteration as done:
                yield PhaseChanged(phase="training")
                return done.value  # type: ignore[no-any-return]
            except BaseException as error:
                if not is_out_of_memory(error) or size == 1:
                    raise
            yield smaller_pieces(self.state, evaluation_size(self.plan))

    def _save(self) -> Iterator[Event]:
        yield PhaseChanged(phase="saving")
        yield from patiently(self._write_model, self.control)
        self.state.best_step = self.step
        yield PhaseChanged(phase="training")

    def _write_model(self) -> Iterator[Event]:
        with self.place.staged(MODEL) as folder:
            save_model(self.ready.learner, folder)
        yield ModelSaved(step=self.step, folder=MODEL)
