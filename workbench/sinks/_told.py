"""What a sink may tell of a plan: every knob, and of files their names alone."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from workbench.core.plan import Choice, TrainingPlan, to_json

_UNSAFE = re.compile(r"[^\w.-]+")


def shareable(plan: TrainingPlan) -> TrainingPlan:
    """`plan` without the folders in which its files lie, and without the keys of pseudonyms."""
    data = plan.dataset
    mends = (
        Choice(name=mend.name, options={name: value for name, value in mend.options.items() if name != "key"})
        for mend in data.mends
    )
    data = msgspec.structs.replace(
        data,
        path=_name(data.path),
        validation_path=_name(data.validation_path),
        test_path=_name(data.test_path),
        mends=tuple(mends),
    )
    model = plan.model
    if model.source == "folder":
        model = msgspec.structs.replace(model, location=_name(model.location))
    return msgspec.structs.replace(plan, dataset=data, model=model)


def plan_text(plan: TrainingPlan) -> str:
    """The shareable plan as indented JSON."""
    return to_json(shareable(plan)).decode()


def knobs(plan: TrainingPlan) -> dict[str, str]:
    """{name: value} of everything in the plan that is one value, `optimizer.beta1` for what lies deeper."""
    plan = shareable(plan)
    found: dict[str, str] = {"data": plan.dataset.path, "model": plan.model.location or plan.model.source}
    for name in plan.__struct_fields__:
        value = getattr(plan, name)
        if isinstance(value, Choice):
            found[name] = value.name
            found |= {f"{name}.{key}": str(one) for key, one in value.options.items()}
        elif isinstance(value, bool | int | float | str) and name != "version":
            found[name] = str(value)
    found |= {f"model.{key}": str(one) for key, one in plan.model.options.items()}
    return {name: value for name, value in found.items() if value}


def folder_name(run: str, plan: TrainingPlan) -> str:
    """A folder's name for the run with the id `run`: readable, and its own even where names come again."""
    name = _UNSAFE.sub("-", plan.name).strip("-.")[:60]
    end = _UNSAFE.sub("-", run)[-6:]
    return f"{name}-{end}" if name else end


def _name(path: str) -> str:
    return Path(path).name if path else ""
