"""What tasks, losses, optimizers and schedules declare, for forms and flags. Costs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from workbench.core.errors import Problem
from workbench.core.fields import Field
from workbench.core.language import mark, tr
from workbench.core.options import Option, check_options
from workbench.core.plan import PLAN_OPTIONS, SCRATCH_OPTIONS, VALIDATION_SHARE, TrainingPlan
from workbench.core.registry import Entry, Registry, unknown
from workbench.data import mends, splits
from workbench.engine.losses import LOSSES
from workbench.engine.optimizers import OPTIMIZERS
from workbench.engine.schedules import SCHEDULES
from workbench.engine.task import task_options
from workbench.engine.tunings import TUNINGS
from workbench.tasks import tasks

FAMILIES: Mapping[str, Registry[Any]] = {
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "tuning": TUNINGS,
}


class TaskInfo(Struct, frozen=True, kw_only=True):
    """What a front end may know of a task. `title` and `summary` are English source texts."""

    id: str
    title: str
    summary: str
    fields: dict[str, Field]
    options: tuple[Option, ...]
    losses: tuple[str, ...]
    headline: str
    higher_is_better: bool


class OptionGroup(Struct, frozen=True, kw_only=True):
    """Knobs that belong together. `key` says where their values lie in a plan: "plan" for the plan's own fields,
    "dataset" for those of `plan.dataset`, "model" for `plan.model.options`, else `plan.KEY.options`.
    """

    key: str
    title: str
    options: tuple[Option, ...]


def task_infos() -> dict[str, TaskInfo]:
    """{id: declaration} of every task."""
    return {
        id: TaskInfo(
            id=id,
            title=task.title,
            summary=task.summary,
            fields=dict(task.fields),
            options=task_options(task),
            losses=task.losses,
            headline=task.headline,
            higher_is_better=task.higher_is_better,
        )
        for id, task in tasks().items()
    }


def entries(family: str) -> Mapping[str, Entry[Any]]:
    """The entries of "loss", "optimizer", "schedule" or "tuning"."""
    return FAMILIES[family].entries


def option_groups(plan: TrainingPlan) -> tuple[OptionGroup, ...]:
    """Every knob that `plan` has, in groups; groups without knobs are left out."""
    groups = [
        OptionGroup(key="plan", title=mark("Training"), options=PLAN_OPTIONS),
        OptionGroup(key="dataset", title=mark("Validation"), options=(VALIDATION_SHARE,)),
        OptionGroup(key="task", title=mark("Task"), options=task_infos()[plan.task.name].options),
    ]
    for key, registry in FAMILIES.items():
        entry = registry.entries.get(getattr(plan, key).name)
        groups.append(OptionGroup(key=key, title=registry.title, options=entry.options if entry else ()))
    if plan.model.source == "scratch":
        groups.append(OptionGroup(key="model", title=mark("New model"), options=SCRATCH_OPTIONS))
    return tuple(group for group in groups if group.options)


def plan_problems(plan: TrainingPlan) -> list[Problem]:
    """Everything that is wrong with `plan` as such, without looking at any file."""
    if plan.task.name not in tasks():
        return [unknown(mark("Task"), "task", plan.task.name, tasks())]
    info = task_infos()[plan.task.name]
    problems = check_options(PLAN_OPTIONS, {option.name: getattr(plan, option.name) for option in PLAN_OPTIONS})
    if not plan.dataset.validation_path:
        problems += check_options((VALIDATION_SHARE,), {"validation_share": plan.dataset.validation_share})
    problems += splits.problems_of(plan.dataset)
    problems += mends.problems_of(plan.dataset.mends)
    problems += check_options(info.options, plan.task.options)
    for key, registry in FAMILIES.items():
        problems += registry.problems(getattr(plan, key))
    if plan.loss.name in LOSSES.entries and plan.loss.name not in info.losses:
        problems.append(unknown(LOSSES.title, "loss", plan.loss.name, dict.fromkeys(info.losses)))
    if plan.model.source == "scratch":
        problems += check_options(SCRATCH_OPTIONS, plan.model.options)
        if plan.tuning.name != "all":
            problems.append(_nothing_to_stand_on())
    return problems


def _nothing_to_stand_on() -> Problem:
    return Problem(
        code="P11",
        where=tr(TUNINGS.title),
        what=tr("A new model has not learned anything yet that could stay as it is."),
        remedy=tr("Let all weights learn, or choose a pretrained model."),
        field="tuning",
        severity="warning",
    )
