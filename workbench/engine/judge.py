"""The judge: measures the model on rows it does not learn from, keeps the best one, and says when to end."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Evaluated, Event, ModelSaved, Notice, Outcome, Part, PhaseChanged
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import EncodedRows
from workbench.engine.evaluate import Evaluation, evaluate
from workbench.engine.model_folder import load_weights, save_model
from workbench.engine.prepare import Prepared
from workbench.engine.task import Facts, LossFunction, Task
from workbench.engine.update import Stepped

MODEL = "model"


@dataclass(frozen=True)
class RunPlace:
    """Where a run leaves its work. The engine does not write by itself: it asks these.

    `staged(name)` gives an empty folder whose content replaces `folder/name` in one piece when the block ends well;
    `keep_facts` writes the task's facts beside the model.
    """

    run: str
    folder: Path
    models_folder: Path
    staged: Callable[[str], AbstractContextManager[Path]]
    keep_facts: Callable[[Facts], None]


class Judge:
    """Two clocks meet here: `step` counts updates, `epoch` says how far through the rows they are."""

    ready: Prepared
    loss: LossFunction

    def __init__(self, plan: TrainingPlan, task: Task, place: RunPlace, stop: Flag) -> None:
        self.plan, self.task, self.place, self.stop = plan, task, place, stop
        self.step = self.best_step = self.judged_step = 0
        self._best_score = (-math.inf, -math.inf)
        self._without_better = 0

    def start(self, ready: Prepared, loss: LossFunction) -> None:
        """The model is built; its facts are kept before the first step."""
        self.ready, self.loss = ready, loss
        self.place.keep_facts(ready.learner.facts)

    @property
    def epoch(self) -> float:
        """The exact place: 1.25 is a quarter through the second epoch."""
        return self.step / self.ready.steps_per_epoch

    @property
    def is_due(self) -> bool:
        """Whether the validation rows are to be looked at after this step."""
        every = self.plan.evaluate_every or self.ready.steps_per_epoch
        return self.step % every == 0 or self.step == self.ready.steps

    @property
    def has_converged(self) -> bool:
        """Whether `patience` evaluations in a row brought nothing better."""
        return 0 < self.plan.patience <= self._without_better

    def validate(self) -> Iterator[Event]:
        """Measure on the validation rows, and keep the model if it is the best so far."""
        evaluation = yield from self._evaluated(self.ready.validation)
        if evaluation is None:
            return
        self.judged_step = self.step
        self._require_finite(evaluation.loss)
        sign = 1 if self.task.higher_is_better else -1
        # Where the headline is the same, the lower loss is surer of its answers.
        score = sign * evaluation.measures.metrics[self.task.headline], -evaluation.loss
        better = score > self._best_score
        self._without_better = 0 if better else self._without_better + 1
        yield self._event("validation", evaluation, better)
        if better:
            self._best_score = score
            yield from self._save()

    def keep(self, outcome: Outcome) -> Generator[Event, None, Outcome]:
        """The end: what was learned is on disk, and the best model is measured on the test rows."""
        if not self.best_step and self.step:
            self._require_finite(*(float(weights.sum()) for weights in self.ready.learner.net.state_dict().values()))
            yield Notice(code="T11", message=tr("The model was kept as it was at step {step}.", step=self.step))
            yield from self._save()
        if outcome != "stopped" and self.ready.test is not None and self.best_step:
            load_weights(self.ready.learner, self.place.folder / MODEL)
            evaluation = yield from self._evaluated(self.ready.test)
            if evaluation is None:
                return "stopped"
            yield self._event("test", evaluation, best=False)
        return outcome

    def require_finite(self, stepped: Stepped) -> None:
        """Raises WorkbenchError if the loss or the gradient became infinite; the update left the weights alone."""
        self._require_finite(stepped.loss, stepped.grad_norm)

    def _require_finite(self, *numbers: float) -> None:
        if all(map(math.isfinite, numbers)):
            return
        what = (
            tr("The loss became infinite. The model of step {step} is safe.", step=self.best_step)
            if self.best_step
            else tr("The loss became infinite before a model was kept.")
        )
        remedy = tr("Start again with a lower learning rate, for example {rate:g}.", rate=self.plan.learning_rate / 10)
        where = tr("Step {step}", step=self.step)
        raise WorkbenchError(Problem(code="T06", where=where, what=what, remedy=remedy, field="learning_rate"))

    def _event(self, part: Part, evaluation: Evaluation, best: bool) -> Evaluated:
        step = self.best_step if part == "test" else self.step
        return Evaluated(
            step=step,
            epoch=step / self.ready.steps_per_epoch,
            part=part,
            loss=evaluation.loss,
            measures=evaluation.measures,
            best=best,
        )

    def _evaluated(self, rows: EncodedRows) -> Generator[Event, None, Evaluation | None]:
        running = evaluate(
            self.task,
            self.ready.learner,
            rows,
            self.loss,
            batch_size=max(32, self.plan.batch_size),
            stopped=self.stop.is_set,
        )
        while True:
            try:
                fraction = next(running)
            except StopIteration as done:
                yield PhaseChanged(phase="training")
                return done.value  # type: ignore[no-any-return]
            yield PhaseChanged(phase="evaluating", fraction=fraction)

    def _save(self) -> Iterator[Event]:
        yield PhaseChanged(phase="saving")
        with self.place.staged(MODEL) as folder:
            save_model(self.ready.learner, folder)
        self.best_step = self.step
        yield ModelSaved(step=self.step, folder=MODEL)
        yield PhaseChanged(phase="training")
