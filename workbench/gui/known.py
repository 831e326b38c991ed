"""What is known of a data file: how it reads, what its columns are taken for, and when that was."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import msgspec

from workbench.core.plan import TrainingPlan
from workbench.studio import Studio

Stamp = tuple[int, int]  # bytes and time of the last change: what tells that a file is another one now


class Known(NamedTuple):
    """What a look at the head of a file told: its preview and the guessed roles of its columns; and when it was."""

    head: Any
    roles: Any
    stamp: Stamp | None = None


def head_key(plan: TrainingPlan) -> bytes:
    """What decides how the head of `plan`'s file reads and what its columns are taken for."""
    return msgspec.json.encode([plan.dataset.path, plan.dataset.reading, plan.task.name])


def look(studio: Studio, plan: TrainingPlan) -> Known:
    """Read the head of the plan's file and guess its roles. Raises WorkbenchError; call it off the GUI thread."""
    stamp = stamp_of(plan)
    head = studio.preview(plan.dataset.path, plan.dataset.reading)
    return Known(head, studio.guess_roles(head, plan.task.name), stamp)


def stamps_of(plan: TrainingPlan) -> tuple[Stamp | None, ...]:
    """The stamps of all files of the plan as they are now; None for one that is not there, and for a folder, whose
    stamp does not tell of the files in it. Call it off the GUI thread.
    """
    paths = [path for path in (plan.dataset.path, plan.dataset.validation_path, plan.dataset.test_path) if path]
    return tuple(None if os.path.isdir(path) else _stamp(path) for path in paths)


def stamp_of(plan: TrainingPlan) -> Stamp | None:
    """The stamp of the plan's file as it is now; None if it is not there."""
    return _stamp(plan.dataset.path)


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def dataset_key(plan: TrainingPlan) -> bytes:
    """What decides the profile of `plan`'s data: the file, its columns, its mends, and which rows are kept aside."""
    return msgspec.json.encode([plan.dataset, plan.task.name, plan.seed])
