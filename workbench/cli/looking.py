"""`workbench runs` and `workbench check`: what is there, told without changing anything."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

import msgspec
from rich import box
from rich.table import Table

from workbench.cli.mending import flag_of, with_mends
from workbench.cli.planning import chosen_task, columns_from, reading_from, with_columns
from workbench.cli.splitting import say_split, split_json, with_split_flags
from workbench.cli.terminal import DONE, Terminal, program
from workbench.cli.words import SEVERITIES, number_words
from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.wording import metric_title, state_text
from workbench.studio import Finding, RunRecord, Studio


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
    if report["sheet"]:
        terminal.answer(tr("Sheet “{sheet}” of: {sheets}", sheet=report["sheet"], sheets=", ".join(report["sheets"])))
    if report["encoding"] and dialect["delimiter"] is None:
        terminal.answer(tr("Encoding {encoding}", encoding=report["encoding"]))
    elif report["encoding"]:
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
    say_split(report["split"], terminal)
    _say_baseline(report["baseline"], terminal)
    for finding in report["findings"]:
        terminal.answer(f"{tr(SEVERITIES[finding['severity']])} {finding['message']}")
        if finding["why"]:
            terminal.answer("  " + finding["why"])
        for fix in finding["fixes"]:
            flag = f" ({fix['flag']})" if fix["flag"] else ""
            terminal.answer("  → " + fix["title"] + flag)
    return DONE


def _say_baseline(baseline: dict[str, Any], terminal: Terminal) -> None:
    """What a guesser gets that never looks at a text."""
    if "accuracy" in baseline:
        values = {"label": baseline["label"], "share": f"{100 * baseline['accuracy']:.3g}"}
        terminal.answer(tr("Always guessing “{label}” is right for {share} % of the rows.", **values))
    elif "rmse" in baseline:
        values = {"mean": number_words(baseline["value"]), "error": number_words(baseline["rmse"])}
        terminal.answer(tr("Always guessing {mean} is off by {error} (root mean square).", **values))


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
    plan, problems = with_split_flags(with_columns(plan, columns), arguments)
    plan, more = with_mends(plan, arguments, studio)
    if problems or more:
        raise WorkbenchError(*problems, *more)
    profile = studio.profile(plan)
    return {
        "path": head.path,
        "rows": profile.rows,
        "read": profile.read,
        "skipped": len(profile.skipped),
        "columns": list(head.columns),
        "kind": head.kind,
        "sheet": head.reading.sheet,
        "sheets": list(head.sheets),
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
        "split": split_json(plan, studio),
        "mends": list(studio.mend_titles(plan)),
        "findings": [_finding_json(finding) for finding in studio.open_findings(profile, plan)],
        "baseline": _baseline(profile),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    """A finding with its fixes, each with the `flag` that asks for it here; `fix` is the one to recommend, or null."""
    fixes = [{**msgspec.to_builtins(fix), "flag": flag_of(fix)} for fix in finding.fixes]
    return {**msgspec.to_builtins(finding), "fixes": fixes, "fix": fixes[0] if fixes else None}


def _baseline(profile: Any) -> dict[str, Any]:
    """What guessing gives that never looks at a text: the commonest class, or the mean of the numbers."""
    if profile.classes:
        label, rows = profile.classes[0]
        return {"label": label, "accuracy": rows / sum(count for _, count in profile.classes)}
    if profile.numbers is not None:
        return {"value": profile.numbers.mean, "rmse": profile.numbers.spread}
    return {}
