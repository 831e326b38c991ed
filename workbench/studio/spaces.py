"""What a sweep may vary: a few values or a range for each knob, checked before anything is trained."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem
from workbench.core.language import tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.studio.knobs import knobs

Method = Literal["grid", "random", "tpe"]


class Range(Struct, frozen=True, kw_only=True):
    """The numbers from `low` to `high`, both included; `whole` ones alone, or spread evenly over the logarithm."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Values = tuple[Scalar, ...]
Space = dict[str, Values | Range]


def space_problems(plan: TrainingPlan, space: Space, method: Method) -> list[Problem]:
    """Everything that is wrong with `space`, all at once."""
    if not space:
        what, remedy = tr("There is nothing to vary."), tr("Name at least one setting and its values.")
        return [Problem(code="P07", where=tr("Sweep"), what=what, remedy=remedy)]
    possible = knobs(plan, space)
    problems: list[Problem] = []
    for name, values in space.items():
        if name not in possible:
            remedy = tr("Possible: {possible}.", possible=", ".join(possible))
            what = tr("What you chose for this run has no such setting.")
            problems.append(Problem(code="P06", where=name, what=what, remedy=remedy, field=name))
        elif isinstance(values, Range):
            problems += _range_problems(possible[name], values, method)
        else:
            problems += [problem for value in values if (problem := possible[name].check(value))]
            if not values:
                problems.append(_unusable(possible[name], tr("There is no value to try.")))
    return problems


def in_kind(plan: TrainingPlan, space: Space) -> Space:
    """`space`, its ranges of whole-number knobs marked so."""
    options = knobs(plan, space)
    return {
        name: msgspec.structs.replace(span, whole=options[name].kind == "integer") if isinstance(span, Range) else span
        for name, span in space.items()
    }


def _range_problems(option: Option, span: Range, method: Method) -> list[Problem]:
    problems = [problem for value in (span.low, span.high) if (problem := option.check(value))]
    if problems:
        return problems
    if option.kind not in ("integer", "number"):
        return [_unusable(option, tr("This setting is chosen by name and has no range."))]
    if not span.low < span.high or (span.log and span.low <= 0):
        return [_unusable(option, tr("The range {low:g} to {high:g} is empty.", low=span.low, high=span.high))]
    if method == "grid" and option.kind == "number":
        return [
            _unusable(option, tr("A grid has no steps between {low:g} and {high:g}.", low=span.low, high=span.high))
        ]
    return []


def _unusable(option: Option, what: str) -> Problem:
    remedy = tr("Give values one by one, or a range from low to high and the method random or tpe.")
    return Problem(code="P08", where=tr(option.title), what=what, remedy=remedy, field=option.name)
