"""A plan with some settings changed, by their paths."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from workbench.core.options import Scalar
from workbench.core.plan import Choice, TrainingPlan, with_value


def changed(plan: TrainingPlan, changes: Mapping[str, Scalar]) -> TrainingPlan:
    """`plan` with `changes`, {path: value}: {"epochs": 2}, {"task.class_weights": "balanced"}, {"schedule": "linear"}.

    A family alone ("schedule") takes another entry of it, with that entry's own defaults. Values are not checked.
    Raises AttributeError for a path that no plan has.
    """
    for path, value in changes.items():
        head, _, knob = path.partition(".")
        before = getattr(plan, head)
        if isinstance(before, Choice) and not knob:
            plan = msgspec.structs.replace(plan, **{head: Choice(name=str(value))})
        else:
            plan = with_value(plan, head if knob else "plan", knob or head, value)
    return plan
