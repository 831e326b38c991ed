"""From the words of `workbench train` to a plan. What is guessed is said aloud; an unsure guess is refused."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from workbench.cli.downloading import download
from workbench.cli.flags import absolute, declared_groups, with_flags, with_validation
from workbench.cli.mending import with_mends
from workbench.cli.splitting import with_split_flags
from workbench.cli.targets import task_of_column
from workbench.cli.terminal import Terminal
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import Choice, ModelSpec, Reading, TrainingPlan
from workbench.core.registry import unknown
from workbench.studio import FAMILIES, Preview, Studio

ROLE_FLAGS = ("text", "text_pair", "label")


def plan_from(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> TrainingPlan:
    """The plan that `arguments` describe. Raises WorkbenchError with every problem found."""
    reading = reading_from(arguments)
    head = studio.preview(arguments.data, reading)
    task = chosen_task(arguments, studio, head)
    model = model_from(arguments.model, studio) if arguments.model else None
    if arguments.hub_endpoint is not None and not arguments.download:
        raise WorkbenchError(_no_download())
    if model and arguments.download:
        download(model, studio, terminal, arguments.hub_endpoint or "")
    plan = studio.draft(arguments.data, task=task, model=model, reading=reading)
    plan = with_columns(plan, columns_from(arguments, studio, head, plan))
    replacements: dict[str, object] = {
        family: Choice(name=getattr(arguments, family)) for family in FAMILIES if getattr(arguments, family)
    }
    plan = msgspec.structs.replace(plan, name=arguments.name or "", **replacements)
    plan, problems = _with_knobs(plan, arguments, studio)
    if arguments.test:
        dataset = msgspec.structs.replace(plan.dataset, test_path=absolute(arguments.test))
        plan = msgspec.structs.replace(plan, dataset=dataset)
    found = [problem for problem in studio.problems(plan, head) if problem.severity == "error"]
    problems += [_in_the_terminal(problem, plan.model) for problem in found]
    if problems:
        raise WorkbenchError(*problems)
    _say_what_was_chosen(plan, studio, terminal)
    return plan


def _in_the_terminal(problem: Problem, model: ModelSpec) -> Problem:
    """`problem` with the terminal's own word for what to do."""
    if problem.code != "M42" or model.source != "hub":
        return problem
    remedy = tr("Add --download to fetch it; that is the only step that uses the network.")
    return msgspec.structs.replace(problem, remedy=remedy)


def chosen_task(arguments: argparse.Namespace, studio: Studio, head: Preview) -> str:
    """The task asked for, else the one that --label, else the whole file looks made for. Raises WorkbenchError."""
    if arguments.task:
        if arguments.task not in studio.tasks():
            raise WorkbenchError(unknown("--task", "task", arguments.task, studio.tasks()))
        return str(arguments.task)
    for sample in studio.samples():
        if sample.path == head.path:
            return sample.task
    if arguments.label in head.columns:
        return task_of_column(arguments.label, studio, head)
    return studio.guess_task(head)


def _target(studio: Studio, task: str) -> str:
    return next(key for key, field in studio.tasks()[task].fields.items() if field.target)


def columns_from(arguments: argparse.Namespace, studio: Studio, head: Preview, plan: TrainingPlan) -> dict[str, str]:
    """{field: column}: as the user says; what is left open is guessed, or refused if the guess is unsure."""
    fields = studio.tasks()[plan.task.name].fields
    target = _target(studio, plan.task.name)
    given = {target if role == "label" else role: getattr(arguments, role) for role in ROLE_FLAGS}
    given = {field: column for field, column in given.items() if column}
    needed = [field for field, declared in fields.items() if not declared.optional]
    if all(field in given for field in needed):
        return given
    if any(sample.path == head.path for sample in studio.samples()) and not given:
        return dict(plan.dataset.columns)
    guess = studio.guess_roles(head, plan.task.name)
    if not guess.sure:
        raise WorkbenchError(_unsure(head, guess.columns, target))
    wanted = {field: column for field, column in guess.columns.items() if not given or field in needed}
    return {**wanted, **given}


def _no_download() -> Problem:
    return Problem(
        code="C07",
        where="--hub-endpoint",
        what=tr("This address is for a download, and none was asked for."),
        remedy=tr("Add --download, or leave it out."),
    )


def _unsure(head: Preview, columns: dict[str, str], target: str) -> Problem:
    guessed = " ".join(
        f"--{'label' if field == target else field.replace('_', '-')} “{column}”" for field, column in columns.items()
    )
    return Problem(
        code="D34",
        where=Path(head.path).name,
        what=tr("It is not clear which column holds the texts and which one what is to be learned."),
        remedy=tr(
            "Say it with --text and --label. Columns: {columns}. The best guess: {guess}.",
            columns=", ".join(head.columns),
            guess=guessed or "-",
        ),
        field="label",
    )


def with_columns(plan: TrainingPlan, columns: dict[str, str]) -> TrainingPlan:
    """`plan` with `columns` as its roles."""
    return msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, columns=columns))


def model_from(text: str, studio: Studio) -> ModelSpec:
    """The model that `text` names: offline, scratch, a card of the catalogue, a folder, or a hub id."""
    for card in studio.catalog():
        if text in (card.id, card.spec.source if card.spec.source in ("offline", "scratch") else None):
            return card.spec
    folder = Path(text).expanduser()
    if folder.is_dir() or text.startswith((".", "/", "~", "\\")) or "\\" in text or text[1:2] == ":":
        return ModelSpec(source="folder", location=str(folder.absolute()))
    return ModelSpec(source="hub", location=text)


def _with_knobs(
    plan: TrainingPlan, arguments: argparse.Namespace, studio: Studio
) -> tuple[TrainingPlan, list[Problem]]:
    names = (option.name for _, options in declared_groups() for option in options)
    given = {name: text for name in names if (text := getattr(arguments, name)) is not None}
    plan, problems = with_flags(plan, given, studio.plan_options(plan))
    if arguments.validation is not None:
        plan, more = with_validation(plan, arguments.validation)
        problems += more
    plan, more = with_split_flags(plan, arguments)
    plan, wrong = with_mends(plan, arguments, studio)
    return plan, problems + more + wrong


def reading_from(arguments: argparse.Namespace) -> Reading | None:
    """How the user says the file is to be read; None where everything is detected."""
    names = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
    delimiter = names.get(arguments.delimiter, arguments.delimiter)
    if not arguments.encoding and not delimiter and not arguments.sheet:
        return None
    return Reading(encoding=arguments.encoding or None, delimiter=delimiter or None, sheet=arguments.sheet or None)


def _say_what_was_chosen(plan: TrainingPlan, studio: Studio, terminal: Terminal) -> None:
    info = studio.tasks()[plan.task.name]
    terminal.say(tr("Task: {task}", task=tr(info.title)))
    for field, column in plan.dataset.columns.items():
        terminal.say(tr("Column “{column}” is read as: {role}", column=column, role=tr(info.fields[field].title)))
    terminal.say(tr("Model: {model}", model=studio.card(plan.model).title))
