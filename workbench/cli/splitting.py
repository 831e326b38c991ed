"""`--split` and its own words: how rows are kept aside, and what each part then holds."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from workbench.cli.flags import typed
from workbench.cli.terminal import Terminal
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import mark, tr, trn
from workbench.core.options import Option
from workbench.core.plan import Choice, TrainingPlan
from workbench.core.registry import unknown
from workbench.studio import Part, Studio, splits

_PARTS = {"train": mark("Learned from"), "validation": mark("Kept aside"), "test": mark("Test file")}
_SHOWN = 12


def add_split_flags(parser: argparse.ArgumentParser) -> None:
    """`--split`, and one flag for each knob that any split has."""
    how = tr("how rows are kept aside for validation")
    parser.add_argument("--split", metavar="|".join(splits()), help=how)
    for option in _options().values():
        words = tr("the column that it goes by") if option.kind == "column" else tr(option.help).replace("%", "%%")
        parser.add_argument(_flag(option.name), dest=f"split_{option.name}", metavar=_metavar(option), help=words)


def with_split_flags(plan: TrainingPlan, arguments: argparse.Namespace) -> tuple[TrainingPlan, list[Problem]]:
    """`plan` with its rows kept aside as the words say, and what is wrong with them."""
    given = {name: text for name in _options() if (text := getattr(arguments, f"split_{name}")) is not None}
    if arguments.split is None and not given:
        return plan, []
    name = arguments.split or plan.dataset.split.name
    if name not in splits():
        return plan, [unknown("--split", "split", name, splits())]
    if plan.dataset.validation_path:
        return plan, [_two_ways()]
    known = {option.name: option for option in splits()[name].options}
    problems = [_no_such_word(name, tuple(known)) for name in given if name not in known]
    values = {name: typed(known[name], text) for name, text in given.items() if name in known}
    for option, value in ((known[name], value) for name, value in values.items()):
        found = option.check(value)
        if found is not None:
            problems.append(msgspec.structs.replace(found, where=_flag(option.name)))
    dataset = msgspec.structs.replace(plan.dataset, split=Choice(name=name, options=values))
    return msgspec.structs.replace(plan, dataset=dataset), problems


def split_json(plan: TrainingPlan, studio: Studio) -> dict[str, Any]:
    """What `check --json` says of the split: its parts, or why there are none."""
    chosen = {"name": plan.dataset.split.name, "options": dict(plan.dataset.split.options), "seed": plan.seed}
    try:
        preview = studio.split_preview(plan)
    except WorkbenchError as error:
        return {**chosen, "problems": [problem.code for problem in error.problems], "message": str(error)}
    return {
        **chosen,
        "name": preview.split,
        "words": preview.words,
        "skipped": preview.skipped,
        "sizes": {part.name: part.rows for part in preview.parts},
        "classes": {part.name: part.classes for part in preview.parts if part.mean is None},
        "numbers": {
            part.name: {"mean": part.mean, "spread": part.spread} for part in preview.parts if part.mean is not None
        },
    }


def say_split(report: dict[str, Any], terminal: Terminal) -> None:
    """The same in words."""
    if "sizes" not in report:
        terminal.answer(report["message"])
        return
    terminal.answer(tr("Rows kept aside: {words} (seed {seed})", words=report["words"], seed=report["seed"]))
    for name, rows in report["sizes"].items():
        part = Part(name=name, rows=rows, classes=report["classes"].get(name, {}), **report["numbers"].get(name, {}))
        terminal.answer(_part_words(part))


def _part_words(part: Part) -> str:
    title = tr(_PARTS[part.name])
    if part.mean is not None and part.spread is not None:
        return trn(
            "{part}: {number} row, mean {mean}, spread {spread}",
            "{part}: {number} rows, mean {mean}, spread {spread}",
            part.rows,
            part=title,
            mean=f"{part.mean:.4g}",
            spread=f"{part.spread:.4g}",
        )
    shown = ", ".join(f"{label[:40]} {rows:,}" for label, rows in list(part.classes.items())[:_SHOWN])
    more = ", …" if len(part.classes) > _SHOWN else ""
    return trn(
        "{part}: {number} row ({classes})",
        "{part}: {number} rows ({classes})",
        part.rows,
        part=title,
        classes=shown + more,
    )


def _options() -> dict[str, Option]:
    return {option.name: option for entry in splits().values() for option in entry.options}


def _flag(name: str) -> str:
    return f"--split-{name.replace('_', '-')}"


def _metavar(option: Option) -> str:
    return "|".join(name for name, _ in option.choices) if option.kind == "choice" else tr("COL")


def _no_such_word(name: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        code="P06",
        where=_flag(name),
        what=tr("What you chose for this run has no such setting."),
        remedy=tr("Possible: {possible}.", possible=" ".join(map(_flag, known)) or "-"),
        field="split",
    )


def _two_ways() -> Problem:
    return Problem(
        code="C12",
        where="--split",
        what=tr("With a validation file, there is nothing to split."),
        remedy=tr("Leave out --split, or give --validation a share such as 0.2."),
        field="split",
    )
