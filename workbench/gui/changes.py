"""Changes of a plan, in words: under the titles that the settings have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.language import tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui.draft import address, option_value
from workbench.gui.numbers import format_number


def knobs(studio: Any, plan: TrainingPlan) -> dict[str, Option]:
    """{address: knob} of everything that can be set in `plan`."""
    return {address(group.key, option.name): option for group in studio.plan_options(plan) for option in group.options}


def value_of(plan: TrainingPlan, key: str, knob: Option) -> Scalar:
    """What the knob with the address `key` is set to in `plan`."""
    group, _, name = key.rpartition(".")
    value = option_value(plan, group or "plan", name, knob.default)
    return knob.default if value is None else value


def value_text(knob: Option, value: Scalar) -> str:
    """A value of a knob as the settings show it."""
    if isinstance(value, str):
        return tr(dict(knob.choices).get(value, value))
    if value == 0 and knob.zero_means:
        return tr(knob.zero_means)
    return format_number(float(value))


def changes_text(studio: Any, plan: TrainingPlan, changes: Mapping[str, Scalar]) -> str:
    """ "learning rate 1e-5, batch size 8"; "" for no changes, and for what has no title."""
    known = knobs(studio, plan) if changes else {}
    if any(key not in known for key in changes):
        return ""
    return tr(", ").join(
        tr(
            "{setting} {value}",
            setting=in_sentence(tr(known[key].title)),
            value=value_text(known[key], value),
        )
        for key, value in changes.items()
    )


def differences(studio: Any, plan: TrainingPlan, changes: Mapping[str, Scalar]) -> list[str]:
    """ "Epochs 3 → 6" for each value of `changes` that is not the plan's own."""
    lines = []
    for key, knob in knobs(studio, plan).items():
        before = value_of(plan, key, knob)
        if key in changes and changes[key] != before:
            texts = {"old": value_text(knob, before), "new": value_text(knob, changes[key])}
            lines.append(tr("{setting} {old} → {new}", setting=tr(knob.title), **texts))
    return lines


def in_sentence(title: str) -> str:
    """A title as it stands in the middle of a sentence: small, unless it is a name of capitals."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
