"""One file per task. Every module here that defines TASK is a task; nothing else has to be told of it."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from workbench.core.errors import WorkbenchError
from workbench.core.language import mark
from workbench.core.plan import Choice
from workbench.core.registry import unknown
from workbench.engine.task import Task, configured


@cache
def tasks() -> Mapping[str, type[Task]]:
    """{id: task class}, found in this folder, in the order of their file names."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = (import_module(f"{__name__}.{name}") for name in names)
    found = [module.TASK for module in modules if hasattr(module, "TASK")]
    return {task.id: task for task in found}


def task_of(choice: Choice) -> Task:
    """The task that `choice` names, with its knobs set. Raises WorkbenchError with what is possible."""
    if choice.name not in tasks():
        raise WorkbenchError(unknown(mark("Task"), "task", choice.name, tasks()))
    return configured(tasks()[choice.name], choice)
