"""What the numbers of runs say: hints on their curves, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.events import Event
from workbench.core.plan import TrainingPlan
from workbench.insight.coach import assess
from workbench.insight.comparing import Difference, differences
from workbench.insight.hints import Hint
from workbench.insight.story import story_of
from workbench.store.records import Curves
from workbench.studio.declarations import FAMILIES, entries, option_groups, task_infos
from workbench.studio.splitting import split_options, splits


def hints_on(events: Sequence[Event], curves: Curves) -> list[Hint]:
    """What the coach says of a run, from its `events` that are not steps and its `curves`."""
    story = story_of(events)
    story.steps, story.losses = curves.steps, curves.losses
    story.learning_rates, story.grad_norms = curves.learning_rates, curves.grad_norms
    return assess(story)


def differing(plans: Sequence[TrainingPlan | None]) -> list[Difference]:
    """Only the settings in which `plans` differ, in words; None stands for a plan that cannot be read."""
    declared = [
        {
            option.name if group.key == "plan" else f"{group.key}.{option.name}": option
            for group in option_groups(plan)
            for option in group.options
        }
        | {f"dataset.split.{option.name}": option for option in split_options(plan)}
        if plan is not None
        else {}
        for plan in plans
    ]
    names = {family: {name: entry.title for name, entry in entries(family).items()} for family in FAMILIES}
    names["dataset.split"] = {name: entry.title for name, entry in splits().items()}
    names["task"] = {id: task.title for id, task in task_infos().items()}
    return differences(plans, declared, names)
