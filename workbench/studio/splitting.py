"""Splitting: the ways in which rows can be kept aside, and what each part of the user's data then holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from workbench.core.language import tr
from workbench.core.options import Option
from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
from workbench.core.registry import Entry
from workbench.data import splits as registry
from workbench.data.dataset import Dataset, Examples, load
from workbench.data.parsing import target_of
from workbench.data.profile import count_classes
from workbench.studio.declarations import task_infos


class Part(Struct, frozen=True, kw_only=True):
    """One part of the data. `classes` are {label: rows}, commonest first; `mean` and `spread` (the standard deviation,
    divided by n) are of the numbers, and None where a label is learned."""

    name: Literal["train", "validation", "test"]
    rows: int
    classes: dict[str, int] = {}
    mean: float | None = None
    spread: float | None = None


class SplitPreview(Struct, frozen=True, kw_only=True):
    """What a run of a plan would learn from and be judged by, to the row.

    `split` is the entry's name, or "file" where a validation file is given; `words` say it in the user's language.
    `rows` counts the rows of all files: those of the `parts` and the `skipped` ones together.
    """

    split: str
    words: str
    seed: int
    parts: tuple[Part, ...]
    skipped: int
    rows: int


def splits() -> Mapping[str, Entry[Any]]:
    """Every way of keeping rows aside."""
    return registry.splits().entries


def split_options(plan: TrainingPlan) -> tuple[Option, ...]:
    """The knobs of the split that `plan` has."""
    entry = splits().get(plan.dataset.split.name)
    return entry.options if entry else ()


def with_split(plan: TrainingPlan, split: Choice) -> TrainingPlan:
    """`plan` with rows kept aside in the way of `split`, instead of any validation file."""
    dataset = msgspec.structs.replace(plan.dataset, split=split, validation_path="")
    return msgspec.structs.replace(plan, dataset=dataset)


def split_words(spec: DatasetSpec) -> str:
    """How rows are kept aside, in the user's language."""
    if spec.validation_path:
        return tr("A file of its own")
    entry = splits().get(spec.split.name)
    if entry is None:
        return spec.split.name
    column = registry.column_of(spec)
    return tr("{split} (column “{column}”)", split=tr(entry.title), column=column) if column else tr(entry.title)


def split_preview(plan: TrainingPlan, progress: Callable[[float], None] | None = None) -> SplitPreview:
    """The parts that a run of `plan` would have. Reads every file whole. Raises WorkbenchError."""
    fields = task_infos()[plan.task.name].fields
    dataset = load(plan.dataset, fields, seed=plan.seed, progress=progress)
    target = target_of(fields)
    return SplitPreview(
        split="file" if plan.dataset.validation_path else plan.dataset.split.name,
        words=split_words(plan.dataset),
        seed=plan.seed,
        parts=_parts(dataset, target, labelled=bool(target) and fields[target].kind == "label"),
        skipped=len(dataset.skipped),
        rows=dataset.rows,
    )


def _parts(dataset: Dataset, target: str, *, labelled: bool) -> tuple[Part, ...]:
    found = [
        _part("train", dataset.train, target, labelled=labelled),
        _part("validation", dataset.validation, target, labelled=labelled),
    ]
    if dataset.test is not None:
        found.append(_part("test", dataset.test, target, labelled=labelled))
    return tuple(found)


def _part(name: Literal["train", "validation", "test"], examples: Examples, target: str, *, labelled: bool) -> Part:
    values = examples.column(target)
    if labelled or not values:
        return Part(name=name, rows=len(examples), classes=count_classes(values))
    numbers = [float(value) for value in values]
    mean = math.fsum(number / len(numbers) for number in numbers)
    spread = math.hypot(*((number - mean) / math.sqrt(len(numbers)) for number in numbers))
    return Part(name=name, rows=len(examples), mean=mean, spread=spread)
