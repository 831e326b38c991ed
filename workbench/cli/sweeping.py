"""`workbench sweep`: the same training with a few knobs changed, one run after the other, and a table at the end."""

from __future__ import annotations

import argparse
import math

import msgspec
from rich import box
from rich.table import Table

from workbench.cli.flags import typed
from workbench.cli.interrupts import gentle_interrupts
from workbench.cli.planning import plan_from
from workbench.cli.printer import Printer
from workbench.cli.terminal import DONE, MENDABLE, STOPPED, Terminal, program
from workbench.cli.words import number_words
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.options import Option, Scalar
from workbench.core.plan import TrainingPlan
from workbench.core.wording import metric_title, state_text
from workbench.studio import Range, Space, Studio, Sweep, SweepFinished, SweepRun, TrialFinished, TrialStarted, knobs

METHODS = ("grid", "random", "tpe")
_LOG_FROM = 10
"""A range of numbers this many times as wide as its beginning is spread over the logarithm, if nothing is said."""


def sweep(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench sweep`. Returns the exit status."""
    trials = _whole(arguments.trials, "--trials")
    plan = plan_from(arguments, studio, terminal)
    space, problems = space_from(arguments.over, plan)
    if problems:
        raise WorkbenchError(*problems)
    run = studio.sweep(
        Sweep(plan=plan, space=space, method=arguments.method, trials=trials, seed=plan.seed, heading=plan.name)
    )
    terminal.say(
        trn("{number} trial, heading “{name}”", "{number} trials, heading “{name}”", run.total, name=run.heading)
    )
    result = carry_out(run, terminal)
    if arguments.json:
        terminal.answer_json(result_json(run, result))
    else:
        _show(run, result, terminal)
    if result.stopped:
        return STOPPED
    return DONE if result.best is not None else MENDABLE


def carry_out(run: SweepRun, terminal: Terminal) -> SweepFinished:
    """Make the runs, showing each as it goes; the first Ctrl+C ends the sweep and keeps what is there."""

    def stop() -> None:
        run.stop()
        terminal.say(tr("Stopping after this step; the runs so far are kept. Ctrl+C again ends at once."))

    result: SweepFinished | None = None
    printer: Printer | None = None
    with gentle_interrupts(stop, run.pause):
        try:
            for event in run.events():
                if isinstance(event, TrialStarted):
                    terminal.say(_opening(event))
                    printer = Printer(terminal)
                    printer.__enter__()
                elif isinstance(event, TrialFinished):
                    _close(printer)
                    printer = None
                    terminal.say(_closing(event))
                elif isinstance(event, SweepFinished):
                    result = event
                elif printer is not None:
                    printer.take(event)
        finally:
            _close(printer)
    assert result is not None
    return result


def _close(printer: Printer | None) -> None:
    if printer is not None:
        printer.__exit__(None, None, None)


def _opening(event: TrialStarted) -> str:
    return tr(
        "Trial {number} of {total}: {values}",
        number=event.number,
        total=event.total,
        values=_values_words(event.values),
    )


def _closing(event: TrialFinished) -> str:
    if event.score is not None:
        score = f"{metric_title(event.headline)} {number_words(event.score)}"
        if event.repeated:
            return tr("{values}: {score}, known from run “{name}”", **_named(event), score=score)
        return tr("{values}: {score}", **_named(event), score=score)
    return tr("{values}: {state}. {message}", **_named(event), state=state_text(event.outcome), message=event.message)


def _named(event: TrialFinished) -> dict[str, str]:
    return {"values": _values_words(event.values), "name": event.name}


def _values_words(values: dict[str, Scalar]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in values.items())


def _short(value: Scalar) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _show(run: SweepRun, result: SweepFinished, terminal: Terminal) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    headline = next((trial.headline for trial in result.trials if trial.headline), "")
    names = list(run.sweep.space)
    titles = [tr(option.title) for option in (knobs(run.sweep.plan, names)[name] for name in names)]
    score = metric_title(headline) if headline else tr("Best score")
    for title in (tr("Run"), *titles, score, tr("Loss"), tr("State")):
        table.add_column(title, overflow="fold")
    for trial in result.trials:
        numbers = ("-" if number is None else number_words(number) for number in (trial.score, trial.loss))
        row = (_short(trial.values[name]) for name in names)
        table.add_row(trial.name or "-", *row, *numbers, state_text(trial.outcome))
    terminal.results.print(table)
    if result.best is not None:
        best = result.trials[0]
        terminal.answer(tr("Best: {values}, run “{name}”", **_named(best)))
        terminal.answer(tr("Try it: {command}", command=f'{program()} predict {best.name} "..."'))


def result_json(run: SweepRun, result: SweepFinished) -> dict[str, object]:
    """The object that `sweep --json` prints."""
    return {
        "heading": run.heading,
        "stopped": result.stopped,
        "trials": [_trial_json(trial) for trial in result.trials],
        "best": dict(result.trials[0].values) if result.best is not None else None,
    }


def _trial_json(trial: TrialFinished) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(trial)
    plain.pop("event")
    numbers = {name: value for name, value in plain.items() if name in ("score", "loss")}
    return plain | {name: _number_or_null(value) for name, value in numbers.items()}


def _number_or_null(value: object) -> object:
    return value if isinstance(value, float) and math.isfinite(value) else None


def space_from(given: list[str], plan: TrainingPlan) -> tuple[Space, list[Problem]]:
    """What the words after --over say: NAME=VALUE,VALUE or NAME=LOW..HIGH, and all that is wrong with them."""
    named = dict(_split(text) for text in given)
    possible = knobs(plan, named)
    space: Space = {}
    problems: list[Problem] = []
    for name, text in named.items():
        option = possible.get(name)
        if not text:
            problems.append(_unreadable(name))
        elif option is None:
            space[name] = (text,)  # the sweep says what is possible
        elif ".." in text and option.kind in ("integer", "number"):
            span = _range(text, option)
            if span is None:
                problems.append(_unreadable(f"{name}={text}"))
            else:
                space[name] = span
        else:
            space[name] = tuple(typed(option, part.strip()) for part in text.split(",") if part.strip())
    return space, problems


def _split(text: str) -> tuple[str, str]:
    name, _, values = text.partition("=")
    return name.strip().lstrip("-").replace("-", "_"), values.strip()


def _range(text: str, option: Option) -> Range | None:
    """`LOW..HIGH`, with `:log` or `:linear` behind it where the user wants to say; None if it cannot be read."""
    numbers, _, spread = text.partition(":")
    first, _, last = numbers.partition("..")
    try:
        low, high = float(first), float(last)
    except ValueError:
        return None
    if spread not in ("", "log", "linear") or not math.isfinite(low) or not math.isfinite(high):
        return None
    wide = option.kind == "number" and low > 0 and high >= _LOG_FROM * low
    return Range(low=low, high=high, log=spread == "log" or (not spread and wide))


def _whole(text: str | None, flag: str) -> int:
    if text is None:
        return 0
    if not text.isdecimal() or not text.isascii() or int(text) < 1:
        raise WorkbenchError(
            Problem(
                code="C09",
                where=flag,
                what=tr("{value} cannot be used here.", value=text),
                remedy=tr("Possible: {possible}.", possible=tr("whole numbers")),
            )
        )
    return int(text)


def _unreadable(text: str) -> Problem:
    return Problem(
        code="C08",
        where=f"--over {text}",
        what=tr("It is not clear what is to be tried."),
        remedy=tr("Write: --over learning_rate=1e-5,1e-4 or --over epochs=1..3"),
    )
