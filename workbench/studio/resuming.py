"""Taking up runs that were paused or interrupted, or are to go further: what is possible, and what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.data.dataset import digest_of
from workbench.engine.batches import steps_in_epoch
from workbench.engine.checkpoint import read_rows_seen, read_state
from workbench.engine.state import RunState
from workbench.store.records import RunRecord
from workbench.store.run_folder import RunFolder

CHANGEABLE = (
    "epochs",
    "max_steps",
    "learning_rate",
    "clip_norm",
    "evaluate_every",
    "patience",
    "schedule",
    "name",
)
"""What a run may change when it goes on. Anything else would make it another run."""

BROKEN_OFF = ("interrupted", "paused")
"""States of a run that has not come to its end."""


class Resumable(Struct, frozen=True, kw_only=True):
    """A run that can be taken up after `step` of `total_steps`.

    `left` says whether it has not come to its end yet; `changed_data` is "" or a sentence about the data file.
    """

    run: str
    step: int
    total_steps: int
    left: bool
    changed_data: str = ""


def standing(record: RunRecord) -> RunState | None:
    """The state in the newest whole checkpoint of a run; None if there is none to go on from."""
    checkpoints = RunFolder(record.folder).checkpoints
    folder = checkpoints.newest()
    if folder is None or checkpoints.rows() is None:
        return None
    try:
        return read_state(folder)
    except (WorkbenchError, OSError):
        return None


def resumable(record: RunRecord) -> Resumable | None:
    """How `record` can be taken up; None if it cannot. Reads its checkpoint and its data file."""
    state = standing(record) if record.state != "running" else None
    if state is None:
        return None
    folder = RunFolder(record.folder)
    plan = folder.plan()
    total = record.total_steps or state.step
    return Resumable(
        run=record.id,
        step=state.step,
        total_steps=total,
        left=record.state in BROKEN_OFF or (state.step < total and record.state not in ("completed", "early_stopped")),
        changed_data=_changed(plan, folder),
    )


def resumed_plan(record: RunRecord, changes: Mapping[str, Scalar] | None) -> tuple[TrainingPlan, RunState]:
    """The plan with which `record` goes on, and where. Raises WorkbenchError if it cannot, or not so."""
    state = standing(record)
    if state is None:
        raise _cannot(
            record,
            tr("The run “{name}” has no checkpoint to go on from.", name=record.name),
            tr("Train again with the same settings."),
        )
    plan = RunFolder(record.folder).plan()
    strange = sorted(set(changes or {}) - set(CHANGEABLE))
    if strange:
        raise _cannot(
            record,
            tr("This cannot change in the middle of a run: {names}.", names=", ".join(strange)),
            tr("Possible: {possible}.", possible=", ".join(CHANGEABLE)),
        )
    changed = msgspec.structs.replace(plan, **dict[str, Any](changes or {}))
    # One that was broken off after its last step has still to be looked at: its validation rows, its test rows.
    if state.step >= _steps(record, plan, changed) and record.state not in BROKEN_OFF:
        raise _cannot(
            record,
            tr("The run “{name}” has made all its {steps} steps.", name=record.name, steps=state.step),
            tr("Give it more epochs to go on."),
        )
    return changed, state


def step_of(checkpoint: Path) -> int:
    """The step of the checkpoint in this folder."""
    return int(checkpoint.name.rpartition("-")[2])


def overtaken(record: RunRecord) -> WorkbenchError:
    """Another window or terminal has taken the run up in this very moment."""
    return _cannot(
        record,
        tr("The run “{name}” was taken up elsewhere meanwhile.", name=record.name),
        tr("Look at it again, then decide."),
    )


def free_place(path: Path) -> Path:
    """`path`, or `path` with a number behind it if something is there."""
    number, place = 1, path
    while place.exists():
        number += 1
        place = path.with_name(f"{path.name}-{number}")
    return place


def _steps(record: RunRecord, plan: TrainingPlan, changed: TrainingPlan) -> int:
    rows = RunFolder(record.folder).checkpoints.rows()
    assert rows is not None
    per_epoch = steps_in_epoch(read_rows_seen(rows).train, changed.batch_size, changed.accumulation)
    steps = per_epoch * changed.epochs
    return min(steps, changed.max_steps) if changed.max_steps else steps


def _changed(plan: TrainingPlan, folder: RunFolder) -> str:
    rows = folder.checkpoints.rows()
    if rows is None:
        return ""
    seen, name = read_rows_seen(rows), Path(plan.dataset.path).name
    try:
        now = digest_of(plan.dataset)
    except (OSError, WorkbenchError):
        return tr("The file {name} is not there any more.", name=name)
    return "" if now == seen.data_sha256 else tr("The file {name} has changed.", name=name)


def _cannot(record: RunRecord, what: str, remedy: str) -> WorkbenchError:
    return WorkbenchError(Problem(code="T17", where=record.name, what=what, remedy=remedy))
