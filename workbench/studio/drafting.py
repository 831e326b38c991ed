"""From a dropped file to a plan that is ready to train: everything guessed, everything changeable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from workbench.core.errors import Problem
from workbench.core.fields import Field
from workbench.core.language import tr
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, Reading, TrainingPlan
from workbench.data import splits
from workbench.data.preview import Preview
from workbench.studio.catalog import ModelCard, Sample
from workbench.studio.declarations import task_infos


def plan_for_sample(sample: Sample, card: ModelCard) -> TrainingPlan:
    """The plan with which `sample` becomes a model in about a minute."""
    return TrainingPlan(
        dataset=DatasetSpec(path=sample.path, columns=sample.columns, test_path=sample.test_path),
        task=Choice(name=sample.task),
        loss=Choice(name=task_infos()[sample.task].losses[0]),
        model=card.spec,
        epochs=max(sample.epochs, card.epochs),
        learning_rate=card.learning_rate,
    )


def plan_for_file(path: str, reading: Reading, task: str, columns: dict[str, str], card: ModelCard) -> TrainingPlan:
    """The plan for a user's own file, with the defaults that suit the model."""
    return TrainingPlan(
        dataset=DatasetSpec(path=path, columns=columns, reading=reading),
        task=Choice(name=task),
        loss=Choice(name=task_infos()[task].losses[0]),
        model=card.spec,
        epochs=card.epochs,
        learning_rate=card.learning_rate,
    )


def reads_wide(card: ModelCard) -> bool:
    """Whether a model knows Chinese script; one whose languages are not known may."""
    return not card.languages or not {"zh", "multi", "multilingual"}.isdisjoint(card.languages)


def script_problems(card: ModelCard) -> list[Problem]:
    """The warning for texts that are mostly Chinese before a model that knows none of it."""
    if reads_wide(card):
        return []
    return [
        Problem(
            code="M43",
            severity="warning",
            where=card.title,
            what=tr("Most of the texts are in a script that this model does not know."),
            remedy=tr("A model from scratch learns it from your data."),
            field="model",
        )
    ]


def with_task(plan: TrainingPlan, task: str, columns: dict[str, str]) -> TrainingPlan:
    """`plan` for another task: its own loss, its own knobs, other columns; the rest stays."""
    return msgspec.structs.replace(
        plan,
        task=Choice(name=task),
        loss=Choice(name=task_infos()[task].losses[0]),
        dataset=msgspec.structs.replace(plan.dataset, columns=columns),
    )


def with_model(plan: TrainingPlan, card: ModelCard) -> TrainingPlan:
    """`plan` with another model, and the learning rate and epochs that suit it."""
    return msgspec.structs.replace(plan, model=card.spec, learning_rate=card.learning_rate, epochs=card.epochs)


def column_problems(plan: TrainingPlan, preview: Preview, fields: Mapping[str, Field]) -> list[Problem]:
    """Roles without a column, and columns that the file does not have."""
    possible = tr("Possible: {possible}.", possible=", ".join(preview.columns))
    name = Path(plan.dataset.path).name
    problems = []
    for key, field in fields.items():
        column = plan.dataset.columns.get(key, "")
        if not column and not field.optional:
            what = tr("No column is chosen for “{field}”.", field=tr(field.title))
            problems.append(Problem(code="D30", where=name, what=what, remedy=possible, field=key))
        elif column and column not in preview.columns:
            what = tr("The file has no column “{column}”.", column=column)
            problems.append(Problem(code="D31", where=name, what=what, remedy=possible, field=key))
    problems += [
        Problem(code="D32", where=name, what=tr("The task has no field “{field}”.", field=key), field=key)
        for key in plan.dataset.columns
        if key not in fields
    ]
    if splits.column_of(plan.dataset):
        known = splits.problems_of(plan.dataset)
        problems += [found for found in splits.problems_of(plan.dataset, preview.columns) if found not in known]
    chosen = [column for column in plan.dataset.columns.values() if column]
    problems += [
        Problem(
            code="D33",
            where=name,
            what=tr("The column “{column}” plays two roles.", column=column),
            remedy=possible,
            field=next(key for key, value in plan.dataset.columns.items() if value == column),
        )
        for column in sorted({column for column in chosen if chosen.count(column) > 1})
    ]
    return problems


def model_problems(spec: ModelSpec, card: ModelCard | None) -> list[Problem]:
    """A model that is not there yet, and shapes that do not go together."""
    if spec.source == "scratch":
        width, heads = int(spec.options.get("hidden_size", 128)), int(spec.options.get("heads", 4))
        if heads and width % heads:
            what = tr("The width {width} cannot be divided by {heads} heads.", width=width, heads=heads)
            remedy = tr("Possible: a width of {width}.", width=max(1, round(width / heads)) * heads)
            return [Problem(code="M40", where=tr("New model"), what=what, remedy=remedy, field="hidden_size")]
    if spec.source == "folder" and not Path(spec.location).is_dir():
        what = tr("The folder {folder} is not there.", folder=spec.location)
        return [Problem(code="M41", where=tr("Model"), what=what, remedy=tr("Choose another folder."), field="model")]
    if card is not None and not card.available:
        return [
            Problem(
                code="M42",
                where=card.title,
                what=tr("The model is not on this computer yet."),
                remedy=card.note,
                field="model",
            )
        ]
    return []
