"""Taking a run back to its checkpoint, so that it can go on, or giving that up.

A kill at any point leaves a run that can be taken back again. The order: noted as running (a kill from here on leaves
an interrupted run) -> events.jsonl rewritten -> plan.json, the old one kept -> the index built from the events that
stayed. The caller holds the run's lock all the while.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    ModelSaved,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from workbench.core.plan import TrainingPlan, to_json
from workbench.store import curves, safe_io
from workbench.store.database import DamagedError, Database
from workbench.store.names import in_the_bin
from workbench.store.records import RunRecord
from workbench.store.rows import Cell, record, row_of, update_info
from workbench.store.run_folder import RunFolder, model_name, read_event
from workbench.store.workspace import Workspace

_CHUNK = 1 << 20


def reopen(
    database: Database, workspace: Workspace, run_id: str, plan: TrainingPlan, *, step: int, judged_step: int
) -> RunRecord:
    """Take the run back to the checkpoint of `step`, to be trained on by `plan`. See `History.reopen`."""

    def begin(connection: sqlite3.Connection) -> RunRecord:
        before = record(row_of(connection, run_id), workspace)
        if before.deleted:
            raise in_the_bin(before.name)
        # Inside the transaction: nobody renames the run, and so writes into its folder, meanwhile.
        RunFolder(before.folder).heal()
        update_info(connection, before, {"state": "running", "message": "", "indexed": 0})
        return before

    def finish(connection: sqlite3.Connection) -> RunRecord:
        row = row_of(connection, run_id)
        curves.index(connection, row, workspace)
        update_info(connection, record(row, workspace), _numbers(folder, plan))
        return record(row_of(connection, run_id), workspace)

    before = database.write(begin)
    folder = RunFolder(before.folder)
    events = _identity(folder.events_path)
    try:
        rewind(folder, step, judged_step)
        _keep_plan(folder, plan)
        reopened = database.write(finish)
    except BaseException:
        # Events that were cut off are gone: it is no longer what it was.
        state = before.state if _identity(folder.events_path) == events else "interrupted"
        with suppress(OSError, DamagedError, WorkbenchError):
            changes: dict[str, Cell] = {"state": state, "message": before.message}
            database.write(lambda connection: update_info(connection, before, changes))
        raise
    with suppress(OSError):
        folder.write_readme(reopened)
    return reopened


def stop(connection: sqlite3.Connection, workspace: Workspace, run_id: str) -> RunRecord:
    """Note a run whose lock the caller holds as stopped, if it could have gone on by itself. Raises OSError."""
    run = record(row_of(connection, run_id), workspace)
    # Nobody else holds its lock: if it is noted as running, its process is gone.
    if run.state in ("running", "interrupted", "paused"):
        update_info(connection, run, {"state": "stopped"})
    return record(row_of(connection, run_id), workspace)


def rewind(folder: RunFolder, step: int, judged_step: int) -> None:
    """Leave in events.jsonl only what lies before the checkpoint of `step`, made after the look at `judged_step`."""
    safe_io.write_chunks(folder.events_path, _gathered(_kept_lines(folder.events_path, step, judged_step)))


def _kept_lines(path: Path, step: int, judged_step: int) -> Iterator[bytes]:
    cut = False
    with suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            event = read_event(line)
            if event is None:
                continue
            if _lies_before(event, step, judged_step) and not (cut and isinstance(event, PhaseChanged)):
                yield line if line.endswith(b"\n") else line + b"\n"
            else:
                cut = True


def _lies_before(event: Event, step: int, judged_step: int) -> bool:
    if isinstance(event, StepDone | CheckpointSaved):
        return event.step <= step
    if isinstance(event, Evaluated):
        return event.part == "validation" and event.step <= judged_step
    if isinstance(event, ModelSaved):
        return event.step <= judged_step
    if isinstance(event, RunStarted):
        return event.first_step <= step
    return not isinstance(event, RunFinished)


def _gathered(lines: Iterator[bytes]) -> Iterator[bytes]:
    gathered, size = [], 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


def _keep_plan(folder: RunFolder, plan: TrainingPlan) -> None:
    """Write plan.json if `plan` is another one. The old one stays beside it, as plan-1.json, plan-2.json ..."""
    with suppress(FileNotFoundError):
        with suppress(WorkbenchError):
            if folder.plan() == plan:
                return
        old, number = folder.plan_path.read_bytes(), 1
        while (kept := folder.path / f"plan-{number}.json").exists() and kept.read_bytes() != old:
            number += 1
        if not kept.exists():
            safe_io.write_bytes(kept, old)
    safe_io.write_bytes(folder.plan_path, to_json(plan))


def _numbers(folder: RunFolder, plan: TrainingPlan) -> dict[str, Cell]:
    numbers: dict[str, Cell] = {"task": plan.task.name, "model": model_name(plan)}
    told = folder.info_from_events()
    if told is not None:
        for name in ("seconds", "steps", "total_steps", "best_step", "headline", "score"):
            numbers[name] = getattr(told, name)
        numbers["higher_is_better"] = int(told.higher_is_better)
    return numbers


def _identity(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
