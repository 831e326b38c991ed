"""THE LOOP: initialise, forward, loss, backward and update, repeat until convergence."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator
from threading import Event as Flag
from typing import Any

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Outcome, RunFinished, StepDone
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import grouped, training_batches
from workbench.engine.evaluate import to_device
from workbench.engine.judge import Judge, RunPlace
from workbench.engine.losses import LOSSES
from workbench.engine.memory import is_out_of_memory, out_of_memory
from workbench.engine.precision import learning_context
from workbench.engine.prepare import Prepared, Stopped, prepare, started
from workbench.engine.task import Output, Task
from workbench.engine.update import Updater


def train(plan: TrainingPlan, task: Task, place: RunPlace, stop: Flag) -> Iterator[Event]:
    """Train `task` after `plan` and tell every fact of it. Ends with exactly one RunFinished, whatever happens.

    `stop` is looked at between steps and between batches of an evaluation; what was learned by then is kept.
    """
    began = time.perf_counter()
    judge = Judge(plan, task, place, stop)
    message, details, mendable = "", "", False
    try:
        outcome: Outcome = yield from five_steps(plan, task, judge, stop)
    except Stopped:
        outcome = "stopped"
    except WorkbenchError as error:
        outcome, message, mendable = "failed", str(error), True
    except GeneratorExit:
        raise
    except KeyboardInterrupt:  # the user would not wait for the step's end
        outcome = "stopped"
    except BaseException as error:  # the tokenizers' PanicException is no Exception, and the stream must end
        outcome, details = "failed", traceback.format_exc()
        mendable = is_out_of_memory(error)
        message = str(out_of_memory(plan)) if mendable else f"{type(error).__name__}: {error}"
    yield RunFinished(
        outcome=outcome,
        steps=judge.step,
        seconds=time.perf_counter() - began,
        best_step=judge.best_step,
        message=message,
        details=details,
        mendable=mendable,
    )


def five_steps(plan: TrainingPlan, task: Task, judge: Judge, stop: Flag) -> Generator[Event, None, Outcome]:
    """The tutorial's five steps. The numbers in the comments are theirs."""
    # 1. Initialise: rows, model, optimizer.
    ready = yield from prepare(plan, task, judge.place.models_folder, stop.is_set)
    learner, loss = ready.learner, loss_function(plan)
    update = Updater(plan, learner.net, ready.steps)
    judge.start(ready, loss)
    yield started(plan, task, ready, judge.place.run)
    rows_seen, seconds = 0, 0.0
    for epoch in range(plan.epochs):
        batches = training_batches(ready.train.lengths, plan.batch_size, seed=plan.seed, epoch=epoch)
        for micro_batches in grouped(batches, plan.accumulation):
            if stop.is_set():
                return (yield from judge.keep("stopped"))
            began = time.perf_counter()
            learner.net.train()
            # 2. Forward, and 3. loss: `update` draws one output after the other.
            outputs = (forward(task, ready, rows, loss) for rows in micro_batches)
            # 4. Backward and update.
            stepped = update(outputs)
            judge.step += 1
            rows_seen += sum(len(rows) for rows in micro_batches)
            seconds += time.perf_counter() - began
            yield StepDone(
                step=judge.step,
                epoch=judge.epoch,
                loss=stepped.loss,
                learning_rate=stepped.learning_rate,
                grad_norm=stepped.grad_norm,
                rows=rows_seen,
                seconds=seconds,
            )
            judge.require_finite(stepped)
            # 5. Repeat until convergence: nothing better for a while, or every step made.
            if judge.is_due:
                yield from judge.validate()
                if judge.judged_step < judge.step:  # stopped on the way
                    return (yield from judge.keep("stopped"))
            if judge.has_converged:
                return (yield from judge.keep("early_stopped"))
            if judge.step == ready.steps:
                return (yield from judge.keep("completed"))
    raise AssertionError("the batches of all epochs are fewer than the steps that were promised")


def loss_function(plan: TrainingPlan) -> Callable[..., Any]:
    """The plan's loss with its knobs set: (outputs, targets, **more) -> scalar tensor."""
    entry = LOSSES[plan.loss.name]
    values = entry.values(plan.loss)
    return lambda outputs, targets, **more: entry.function(outputs, targets, **values, **more)


def forward(task: Task, ready: Prepared, indices: np.ndarray, loss: Callable[..., Any]) -> Output:
    """Forward and loss of one micro-batch, in the precision of the run."""
    learner = ready.learner
    device = next(learner.net.parameters()).device
    batch = to_device(task.collate(learner, ready.train.take(indices), training=True), device)
    with learning_context(ready.precision, device):
        return task.forward(learner, batch, loss)
