"""THE LOOP: initialise, forward, loss, backward and update, repeat until convergence."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np

from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Outcome, RunFinished, StepDone
from workbench.core.plan import TrainingPlan
from workbench.engine.batches import classes_to_balance, halved, training_steps
from workbench.engine.control import Control
from workbench.engine.evaluate import to_device
from workbench.engine.judge import Judge
from workbench.engine.keeper import Keeper
from workbench.engine.losses import LOSSES
from workbench.engine.memory import is_out_of_memory, out_of_memory, peak_memory_bytes, smaller_pieces
from workbench.engine.place import MODEL, RunPlace, patiently
from workbench.engine.prepare import Prepared, Stopped, keep_rows, prepare, started, with_features
from workbench.engine.quick.allocator import return_memory
from workbench.engine.restore import restore
from workbench.engine.seeding import seed_step
from workbench.engine.state import Proposal, RunState
from workbench.engine.task import LossFunction, Output, Task
from workbench.engine.update import Stepped, Updater


def train(
    plan: TrainingPlan, task: Task, place: RunPlace, control: Control, *, resume: bool = False, further: bool = False
) -> Iterator[Event]:
    """Train `task` after `plan` and tell every fact of it. Ends with exactly one RunFinished, whatever happens.

    `resume` goes on from the newest checkpoint at `place`, and `further` even if the run had come to its end because
    nothing got better any more. `control` is looked at between steps and between batches of
    an evaluation; what was learned by then is kept.
    """
    judge = Judge(plan, task, place, control, further=further)
    began = time.perf_counter()
    error: BaseException | None = None
    outcome: Outcome = "failed"
    try:
        outcome = yield from five_steps(plan, task, judge, control, resume=resume)
    except (Stopped, KeyboardInterrupt):  # KeyboardInterrupt: the user would not wait for the step's end
        outcome = "stopped"
    except GeneratorExit:
        raise
    except BaseException as raised:  # the tokenizers' PanicException is no Exception, and the stream must end
        error = out_of_memory(plan) if is_out_of_memory(raised) else raised
    mendable = isinstance(error, WorkbenchError)
    judge.rest()
    return_memory()
    yield RunFinished(
        outcome=outcome,
        steps=judge.step,
        seconds=judge.state.elapsed or time.perf_counter() - began,
        best_step=judge.state.best_step,
        message="" if error is None else str(error) if mendable else f"{type(error).__name__}: {error}",
        details="" if error is None or mendable else "".join(traceback.format_exception(error)),
        mendable=mendable,
        proposal=error.changes if isinstance(error, Proposal) else {},
        peak_memory_bytes=peak_memory_bytes(),
    )


def five_steps(
    plan: TrainingPlan, task: Task, judge: Judge, control: Control, *, resume: bool
) -> Generator[Event, None, Outcome]:
    """The tutorial's five steps. The numbers in the comments are theirs."""
    began = time.perf_counter()
    # 1. Initialise: rows, model, optimizer.
    initialise = restored if resume else prepared
    update, keeper = yield from initialise(plan, task, judge, control)
    state = judge.state
    rows = judge.ready.train
    steps = training_steps(rows.lengths, plan, done=state.step, classes=classes_to_balance(plan, rows))
    before = state.elapsed
    try:
        while not (ended := ending(judge, control)):
            if keeper.is_due and state.step:
                keeper.keep(state)
            # 2. Forward, 3. loss, 4. backward and update.
            yield from one_step(judge, update, next(steps))
            # 5. Repeat until convergence: nothing better for a while, or every step made.
            if judge.is_due:
                yield from judge.validate()
            state.elapsed = before + time.perf_counter() - began
            yield from keeper.told()
        if ended == "paused":
            yield from patiently(lambda: keeper.keep_now(state), control)
            return ended
        if state.step:
            keeper.keep(state)  # so that the run can be continued; written while the test rows are looked at
        ended = yield from judge.keep(ended)
        yield from keeper.told(wait=True)
        return ended
    finally:
        keeper.wait()


def prepared(
    plan: TrainingPlan, task: Task, judge: Judge, control: Control
) -> Generator[Event, None, tuple[Updater, Keeper]]:
    """Initialise from the plan."""
    ready = yield from prepare(plan, task, judge.place.models_folder, control.is_set)
    yield from keep_rows(ready, judge.place, control.is_set)
    ready = yield from features_kept(plan, task, ready, judge.state)
    update = Updater(plan, ready.learning, ready.steps)
    judge.state.surroundings, judge.state.model_name = ready.surroundings, str(ready.learner.net.name_or_path)
    judge.start(ready, loss_function(plan))
    yield started(plan, task, ready, judge.place.run, done=0)
    return update, Keeper(judge.place.checkpoints, ready.learner, update)


def restored(
    plan: TrainingPlan, task: Task, judge: Judge, control: Control
) -> Generator[Event, None, tuple[Updater, Keeper]]:
    """Initialise from the newest checkpoint."""
    ready, state, tensors = yield from restore(plan, task, judge.place, control.is_set)
    update = Updater(plan, ready.learning, ready.steps, done=state.step)
    update.load_moments(tensors.moments)
    judge.take_up(state)
    if not (judge.place.folder / MODEL).is_dir():  # it was set aside: the best one is sought anew
        state.best_step, state.best_score = 0, None
    ready = yield from features_kept(plan, task, ready, state)
    judge.start(ready, loss_function(plan))
    yield started(plan, task, ready, judge.place.run, done=state.step)
    if judge.is_due:  # it had been broken off
        yield from judge.validate()
    return update, Keeper(judge.place.checkpoints, ready.learner, update)


def features_kept(plan: TrainingPlan, task: Task, ready: Prepared, state: RunState) -> Generator[Event, None, Prepared]:
    """`ready` with room for what frozen layers say, in the same number of digits as before if the run goes on."""
    ready = with_features(plan, task, ready, state.features or None)
    if ready.features is not None:
        if ready.features.notice is not None and not state.features:
            yield ready.features.notice
        state.features = ready.features.storage
    return ready


def ending(judge: Judge, control: Control) -> Outcome | None:
    """How the run ends now, if it does."""
    if not judge.is_due:
        if judge.has_converged:
            return "early_stopped"
        if judge.step >= judge.ready.steps:
            return "completed"
    if not control.wanted:
        return None
    return "paused" if control.wanted == "pause" and judge.step else "stopped"


def one_step(judge: Judge, update: Updater, micro_batches: list[np.ndarray]) -> Iterator[Event]:
    """One update of the weights, and what it came to. Where memory is short, fewer rows are computed at a time."""
    plan, state, learner = judge.plan, judge.state, judge.ready.learner
    began = time.perf_counter()
    seed_step(plan.seed, state.step)
    learner.learn()
    stepped: Stepped | None = None
    while stepped is None:
        try:
            pieces = halved(micro_batches, state.parts)
            # Forward and loss: `update` draws one output after the other.
            stepped = update(forward(judge.task, judge.ready, rows, judge.loss) for rows in pieces)
        except BaseException as error:
            if not is_out_of_memory(error) or max(map(len, pieces)) == 1:
                raise
        if stepped is None:
            update.forget()
            seed_step(plan.seed, state.step)
            yield smaller_pieces(judge.state, max(map(len, micro_batches)))
    state.step += 1
    state.rows += sum(map(len, micro_batches))
    state.seconds += time.perf_counter() - began
    yield StepDone(
        step=state.step,
        epoch=judge.epoch,
        loss=stepped.loss,
        learning_rate=stepped.learning_rate,
        grad_norm=stepped.grad_norm,
        rows=state.rows,
        seconds=state.seconds,
    )
    judge.require_finite(stepped)


def loss_function(plan: TrainingPlan) -> Callable[..., Any]:
    """The plan's loss with its knobs set: (outputs, targets, **more) -> scalar tensor."""
    entry = LOSSES[plan.loss.name]
    values = entry.values(plan.loss)
    return lambda outputs, targets, **more: entry.function(outputs, targets, **values, **more)


def forward(task: Task, ready: Prepared, indices: np.ndarray, loss: LossFunction) -> Output:
    """Forward and loss of one micro-batch."""
    device = next(ready.learner.net.parameters()).device
    batch = to_device(task.collate(ready.learner, ready.train.take(indices), training=True), device)
    if ready.features is None:
        return task.forward(ready.learner, batch, loss)
    with ready.features.batch(indices, batch):
        return task.forward(ready.learner, batch, loss)
