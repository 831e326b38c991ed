"""Flags <-> knobs: every declared Option is a flag, and the flags that were given become values of a plan."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from workbench.core.errors import Problem
from workbench.core.language import mark, tr
from workbench.core.options import Option, Scalar
from workbench.core.plan import PLAN_OPTIONS, SCRATCH_OPTIONS, VALIDATION_SHARE, TrainingPlan, with_value
from workbench.studio import FAMILIES, OptionGroup, task_infos

_YES_NO = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_OF_THE_MODEL = ("epochs", "learning_rate")


def declared_groups() -> list[tuple[str, tuple[Option, ...]]]:
    """(title, options) of every knob that any plan may have; a knob of two owners appears once, with its first."""
    groups: list[tuple[str, tuple[Option, ...]]] = [(tr("Training"), PLAN_OPTIONS)]
    groups += [(tr(info.title), info.options) for info in task_infos().values()]
    for registry in FAMILIES.values():
        every = [option for entry in registry.entries.values() for option in entry.options]
        groups.append((tr(registry.title), tuple(every)))
    groups.append((tr("New model"), SCRATCH_OPTIONS))
    return _without_repeats(groups)


def _without_repeats(groups: list[tuple[str, tuple[Option, ...]]]) -> list[tuple[str, tuple[Option, ...]]]:
    seen: set[str] = set()
    kept = []
    for title, options in groups:
        fresh = {option.name: option for option in options if option.name not in seen}
        seen |= fresh.keys()
        if fresh:
            kept.append((title, tuple(fresh.values())))
    return kept


def add_flags(parser: argparse.ArgumentParser) -> None:
    """One flag for each knob, in groups. Values stay text: `with_flags` gives them their kind, all problems at once."""
    for title, options in declared_groups():
        group = parser.add_argument_group(title)
        for option in options:
            group.add_argument(option.flag, metavar=_metavar(option), help=_help(option))


def _metavar(option: Option) -> str:
    if option.kind == "choice":
        return "|".join(name for name, _ in option.choices)
    return {"integer": "N", "number": "X", "switch": "yes|no", "column": tr("COL")}[option.kind]


def _help(option: Option) -> str:
    default = f"{option.default:g}" if isinstance(option.default, int | float) else str(option.default)
    default = tr("as suits the model") if option.name in _OF_THE_MODEL else default
    words = {"help": tr(option.help), "default": default}
    if option.zero_means:
        text = tr("{help} Default: {default}; 0: {zero}.", zero=tr(option.zero_means), **words)
    else:
        text = tr("{help} Default: {default}.", **words)
    return text.replace("%", "%%")


def with_flags(
    plan: TrainingPlan, given: Mapping[str, str], groups: Sequence[OptionGroup]
) -> tuple[TrainingPlan, list[Problem]]:
    """`plan`, whose knobs are `groups`, with those in `given` ({option name: text}), and what is wrong with them."""
    problems = []
    for name, text in given.items():
        owner = _owner(groups, name)
        if owner is None:
            problems.append(_no_such_knob(name, groups))
            continue
        group, option = owner
        value = typed(option, text)
        problem = option.check(value)
        if problem is not None:
            problems.append(msgspec.structs.replace(problem, where=option.flag))
        else:
            plan = with_value(plan, group.key, name, value)
    return plan, problems


def _owner(groups: Iterable[OptionGroup], name: str) -> tuple[OptionGroup, Option] | None:
    return next(((group, option) for group in groups for option in group.options if option.name == name), None)


def _no_such_knob(name: str, groups: Iterable[OptionGroup]) -> Problem:
    flag = "--" + name.replace("_", "-")
    possible = " ".join(option.flag for group in groups for option in group.options)
    return Problem(
        code="P06",
        where=flag,
        what=tr("What you chose for this run has no such setting."),
        remedy=tr("Possible: {possible}.", possible=possible),
        field=name,
    )


def typed(option: Option, text: str) -> Scalar:
    """`text` as a value of `option`'s kind; the text itself if it cannot be one, so that `check` can say so."""
    if option.kind == "switch":
        return _YES_NO.get(text.strip().lower(), text)
    if option.kind in ("choice", "column"):
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if option.kind == "integer" and number.is_integer() else number


SHARE_HELP = mark("A file with validation rows, or the share of the rows kept aside (0.01 to 0.9).")


def with_validation(plan: TrainingPlan, text: str) -> tuple[TrainingPlan, list[Problem]]:
    """`plan` with `text` as its validation: a share such as 0.2 or 20%, else a file."""
    replace = msgspec.structs.replace
    share = _share(text)
    if share is None:
        return replace(plan, dataset=replace(plan.dataset, validation_path=absolute(text))), []
    problem = VALIDATION_SHARE.check(share)
    if problem is not None:
        return plan, [replace(problem, where="--validation")]
    return replace(plan, dataset=replace(plan.dataset, validation_share=share, validation_path="")), []


def _share(text: str) -> float | None:
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return None


def absolute(path: str) -> str:
    """`path` as the plan wants it."""
    from pathlib import Path

    return str(Path(path).expanduser().absolute())
