"""The knobs of a plan by their names, wherever in it they lie."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from workbench.core.options import Option, Scalar
from workbench.core.plan import Choice, TrainingPlan, with_value
from workbench.studio.declarations import FAMILIES, OptionGroup, option_groups


def owner_of(plan: TrainingPlan, name: str) -> tuple[OptionGroup, Option] | None:
    """The knob `name` of `plan` and the group in which it lies; None if the plan has no such knob."""
    groups = option_groups(plan)
    return next(((group, option) for group in groups for option in group.options if option.name == name), None)


def knobs(plan: TrainingPlan, also: Iterable[str] = ()) -> dict[str, Option]:
    """{name: declaration} of every knob of `plan`, its families among them.

    For a family in `also`, which will be changed, the knobs of all its entries count.
    """
    found = {option.name: option for group in option_groups(plan) for option in group.options}
    for family, registry in FAMILIES.items():
        entries = registry.entries
        if family in also:
            found = {option.name: option for entry in entries.values() for option in entry.options} | found
        choices = tuple((name, entry.title) for name, entry in entries.items())
        current = getattr(plan, family).name
        found[family] = Option(
            name=family, title=registry.title, help="", kind="choice", default=current, choices=choices
        )
    return found


def value_of(plan: TrainingPlan, name: str) -> Scalar | None:
    """The value of the knob `name` in `plan`; None if it has no such knob."""
    if name in FAMILIES:
        return str(getattr(plan, name).name)
    owner = owner_of(plan, name)
    if owner is None:
        return None
    group, option = owner
    if group.key in ("plan", "dataset"):
        value: Scalar = getattr(plan if group.key == "plan" else plan.dataset, name)
        return value
    options: dict[str, Scalar] = getattr(plan, group.key).options
    return options.get(name, option.default)


def with_knob(plan: TrainingPlan, name: str, value: Scalar) -> TrainingPlan:
    """`plan` with the knob `name` at `value`; unchanged if it has no such knob (another optimizer has other knobs)."""
    if name in FAMILIES:
        same = getattr(plan, name).name == value
        return plan if same else msgspec.structs.replace(plan, **{name: Choice(name=str(value))})
    owner = owner_of(plan, name)
    if owner is None:
        return plan
    return with_value(plan, owner[0].key, name, value)
