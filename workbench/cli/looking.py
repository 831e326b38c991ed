"""`workbench runs` and `workbench check`: what is there, told without changing anything."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

import msgspec
from rich import box
from rich.table import Table

from workbench.cli.planning import chosen_task, columns_from, reading_from, with_columns
from workbench.cli.terminal import DONE, Terminal, program
from workbench.cli.words import SEVERITIES, number_words
from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.wording import metric_title, state_text
from workbench.studio import RunRecord, Studio


def runs(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench runs`. Returns the exit status."""
    records = studio.runs()
    if arguments.json:
        terminal.answer_json([msgspec.to_builtins(record) for record in records])
        return DONE
    if not records:
        terminal.say(tr("No runs yet. Start one: {command}", command=f"{program()} train DATA"))
        return DONE
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(tr("Name"), no_wrap=True)
    for title in (tr("Task"), tr("State"), tr("Steps"), tr("Best score"), tr("Started")):
        table.add_column(title, overflow="fold")
    for record in records:
        table.add_row(*_cells(record, studio))
    terminal.results.print(table)
    return DONE


def _cells(record: RunRecord, studio: Studio) -> tuple[str, ...]:
    info = studio.tasks().get(record.task)
    score = "-" if record.score is None else f"{metric_title(record.headline)} {number_words(record.score)}"
    started = datetime.fromtimestamp(record.started).strftime("%Y-%m-%d %H:%M")
    task = tr(info.title) if info else record.task
    return record.name, task, state_text(record.state), str(record.steps), score, started


def check(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench check`. Returns the exit status."""
    report = look_at(arguments, studio)
    if arguments.json:
        terminal.answer_json(report)
        return DONE
    dialect = report["dialect"]
    terminal.answer(tr("{path}: {rows} rows", path=arguments.data, rows=f"{report['rows']:,}"))
    terminal.answer(tr("Columns: {columns}", columns=", ".join(report["columns"])))
    terminal.answer(
        tr(
            "Encoding {encoding}, delimiter {delimiter}",
            encoding=report["encoding"],
            delimiter=repr(dialect["delimiter"]),
        )
    )
    for field, column in report["roles"].items():
        info = studio.tasks()[report["task"]].fields[field]
        terminal.answer(tr("Column “{column}” is read as: {role}", column=column, role=tr(info.title)))
    if not report["sure"]:
        terminal.answer(tr("This guess is unsure; say it with --text and --label."))
    for finding in report["findings"]:
        terminal.answer(f"{tr(SEVERITIES[finding['severity']])} {finding['message']}")
    return DONE


def look_at(arguments: argparse.Namespace, studio: Studio) -> dict[str, Any]:
    """What `check --json` prints. Raises WorkbenchError if the file cannot be read at all."""
    reading = reading_from(arguments)
    head = studio.preview(arguments.data, reading)
    task = chosen_task(arguments, studio, head)
    plan = studio.draft(arguments.data, task=task, reading=reading)
    try:
        columns, sure = columns_from(arguments, studio, head, plan), True
    except WorkbenchError:
        columns, sure = dict(studio.guess_roles(head, task).columns), False
    profile = studio.profile(with_columns(plan, columns))
    return {
        "path": head.path,
        "rows": profile.rows,
        "read": profile.read,
        "skipped": len(profile.skipped),
        "columns": list(head.columns),
        "encoding": head.reading.encoding,
        "dialect": {
            "delimiter": head.reading.delimiter,
            "quote": head.reading.quote,
            "header": head.reading.header,
        },
        "confidence": head.confidence,
        "task": task,
        "roles": columns,
        "sure": sure,
        "classes": dict(profile.classes),
        "findings": [msgspec.to_builtins(finding) for finding in profile.findings],
    }
