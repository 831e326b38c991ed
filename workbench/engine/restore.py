"""Taking up a run where its newest checkpoint left it: step 1 of the loop, for a run that has been here before."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Event, Notice
from workbench.core.language import tr
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.engine.batches import EncodedRows
from workbench.engine.checkpoint import Snapshot, read_facts, read_rows, read_state, read_tensors
from workbench.engine.devices import best_device
from workbench.engine.model_folder import rename_model
from workbench.engine.place import RunPlace
from workbench.engine.precision import chosen_precision
from workbench.engine.prepare import Prepared, Progress, building, in_phase, made_ready
from workbench.engine.state import RowsSeen, RunState, Surroundings
from workbench.engine.task import Learner, ModelSource, Task


def restore(
    plan: TrainingPlan, task: Task, place: RunPlace, stopped: Callable[[], bool]
) -> Generator[Event, None, tuple[Prepared, RunState, Snapshot]]:
    """What `prepare` gave, from the newest checkpoint at `place`: the same rows, the weights and the standing it had.

    Neither the user's file nor the model's source is needed. Raises WorkbenchError (T15) if there is none.
    """

    def read(progress: Progress) -> tuple[Path, RunState, dict[str, EncodedRows | None], RowsSeen]:
        folder, rows = place.checkpoints.newest(), place.checkpoints.rows()
        if folder is None or rows is None:
            raise WorkbenchError(
                Problem(
                    code="T15",
                    where=tr("Checkpoint"),
                    what=tr("There is no whole checkpoint to go on from."),
                    remedy=tr("Train again; a model that was kept can still be used."),
                )
            )
        return folder, read_state(folder), *read_rows(rows)

    folder, state, parts, seen = yield from in_phase("restoring", read, stopped)
    for note in place.checkpoints.notes:
        yield Notice(code="T18", message=note, severity="warning")

    def build(progress: Progress) -> tuple[Learner, Snapshot]:
        spec = ModelSpec(source="folder", location=str(folder))
        source = ModelSource(spec, place.models_folder, plan.max_length, plan.seed, progress)
        with building:
            learner = task.build(source, read_facts(folder, task.facts_type), ())
        rename_model(learner, state.model_name)
        return learner, read_tensors(folder)

    learner, restored = yield from in_phase("loading", build, stopped)
    before = state.surroundings
    precision = before.precision if before else chosen_precision(plan.precision, best_device())
    ready = made_ready(plan, learner, parts, seen, precision, restored)
    yield from _told_of_changes(before, ready.surroundings)
    return ready, state, restored


def _told_of_changes(before: Surroundings | None, now: Surroundings) -> Iterator[Notice]:
    """What keeps a resumed run from being equal to the last bit."""
    if before is None or before == now:
        return
    changed = [
        f"{name} {old} → {new}"
        for name, old, new in (
            (tr("device"), before.device, now.device),
            (tr("threads"), before.threads, now.threads),
            *((package, before.versions.get(package, "?"), found) for package, found in now.versions.items()),
        )
        if old != new
    ]
    message = tr("The last digits may differ from an uninterrupted run: {changed}.", changed=", ".join(changed))
    yield Notice(code="T16", message=message)
