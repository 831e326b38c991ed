"""`workbench train`: a plan goes in, a stream of events comes out, this listens."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from workbench.cli.flags import absolute
from workbench.cli.interrupts import gentle_interrupts
from workbench.cli.planning import plan_from
from workbench.cli.printer import Printer, print_event
from workbench.cli.terminal import DONE, MENDABLE, OUR_BUG, STOPPED, Terminal, program
from workbench.cli.words import SEVERITIES, metric_words
from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Evaluated, Event, RunFinished, StepDone
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.core.wording import state_text
from workbench.studio import Run, Studio


class Result(Struct, kw_only=True):
    """What a run came to. `validation` describes the kept model."""

    finished: RunFinished
    validation: Evaluated | None = None
    test: Evaluated | None = None
    last_step: StepDone | None = None
    interrupted: bool = False

    @property
    def rows_per_second(self) -> float | None:
        """Rows learned from in a second of training steps: loading and evaluating do not count."""
        step = self.last_step
        return round(step.rows / step.seconds, 2) if step is not None and step.seconds > 0 else None

    @property
    def status(self) -> int:
        """The exit status of the terminal."""
        if self.finished.outcome == "failed":
            return MENDABLE if self.finished.mendable else OUR_BUG
        return STOPPED if self.interrupted else DONE


def train(arguments: argparse.Namespace, studio: Studio, terminal: Terminal) -> int:
    """Carry out `workbench train`. Returns the exit status."""
    check_events(arguments)
    log = log_from(arguments)
    plan = plan_from(arguments, studio, terminal)
    _tell_findings(plan, studio, terminal)
    return finish(studio.start(plan, log=log), studio, terminal, arguments)


def finish(run: Run, studio: Studio, terminal: Terminal, arguments: argparse.Namespace) -> int:
    """Carry `run` to its end and say what came of it. Returns the exit status."""
    result = carry_out(run, terminal, events_as_json=arguments.events == "-")
    if arguments.json:
        terminal.answer_json(result_json(run, result))
    say_result(run, run.plan, studio, result, terminal, aside=arguments.json or arguments.events == "-")
    return result.status


def check_events(arguments: argparse.Namespace) -> None:
    """Raises WorkbenchError if --events names a file."""
    if arguments.events not in (None, "-"):
        raise WorkbenchError(
            Problem(
                code="C01",
                where="--events",
                what=tr("Events go to the standard output."),
                remedy=tr("Write: --events - > FILE"),
            )
        )


def log_from(arguments: argparse.Namespace) -> dict[str, str]:
    """{sink: target} of the words after --log. Raises WorkbenchError."""
    log = {}
    for text in arguments.log or ():
        kind, _, target = text.partition("=")
        if not target:
            raise WorkbenchError(
                Problem(
                    code="C10",
                    where=f"--log {text}",
                    what=tr("It is not clear where the log is to go."),
                    remedy=tr("Write: --log tensorboard=FOLDER"),
                )
            )
        log[kind] = target if "://" in target else absolute(target)
    return log


def _tell_findings(plan: TrainingPlan, studio: Studio, terminal: Terminal) -> None:
    """Say what may trouble the training, as `workbench check` does; what is merely worth a note stays unsaid."""
    for problem in studio.problems(plan):
        if problem.severity == "warning":
            terminal.say(f"{tr(SEVERITIES['warning'])} {problem}")
    for finding in studio.open_findings(studio.profile(plan), plan):
        if finding.severity != "info":
            terminal.say(f"{tr(SEVERITIES[finding.severity])} {finding.message}")


def carry_out(run: Run, terminal: Terminal, *, events_as_json: bool = False) -> Result:
    """Do the training, showing it as it goes; the first Ctrl+C stops it and keeps the model."""
    collected: dict[str, Any] = {}
    printer = Printer(terminal)

    def stop() -> None:
        run.stop()
        terminal.say(tr("Stopping after this step; the model is kept. Ctrl+C again ends at once."))

    with gentle_interrupts(stop, run.pause) as interrupts, printer:
        for event in _collecting(run.events(), collected):
            if events_as_json:
                print_event(event)
            printer.take(event)
    return Result(**collected, interrupted=interrupts.asked)


def _collecting(events: Iterator[Event], collected: dict[str, Any]) -> Iterator[Event]:
    for event in events:
        if isinstance(event, RunFinished):
            collected["finished"] = event
        elif isinstance(event, StepDone):
            collected["last_step"] = event
        elif isinstance(event, Evaluated) and (event.part == "test" or event.best or "validation" not in collected):
            collected[event.part] = event
        yield event


def result_json(run: Run, result: Result) -> dict[str, object]:
    """The object that `train --json` prints."""
    finished = result.finished
    return {
        "run": run.name,
        "outcome": finished.outcome,
        "folder": str(run.folder),
        "steps": finished.steps,
        "seconds": round(finished.seconds, 3),
        "validation": result.validation.measures.metrics if result.validation else None,
        "test": result.test.measures.metrics if result.test else None,
        "rows_per_second": result.rows_per_second,
        "peak_memory_bytes": finished.peak_memory_bytes,
    }


def say_result(
    run: Run, plan: TrainingPlan, studio: Studio, result: Result, terminal: Terminal, *, aside: bool
) -> None:
    """The end in words: on stdout, or on stderr where stdout is for machines (`aside`)."""
    say = terminal.say if aside else terminal.answer
    finished = result.finished
    if finished.outcome == "failed":
        terminal.say(tr("The run “{name}” ended: {message}", name=run.name, message=finished.message))
        if not finished.mendable and finished.details:
            terminal.say(finished.details)
        return
    headline = studio.tasks()[plan.task.name].headline
    if finished.outcome == "paused":
        say(tr("Go on with: {command}", command=f"{program()} resume {run.name}"))
    say(
        tr(
            "Run “{name}”: {state}, {steps} steps in {seconds} s",
            name=run.name,
            state=state_text(finished.outcome),
            steps=finished.steps,
            seconds=f"{finished.seconds:.1f}",
        )
    )
    if result.validation:
        measures = result.validation.measures
        say(tr("Validation: {measured}", measured=metric_words(measures.metrics, measures.baseline, headline)))
    if result.test:
        measures = result.test.measures
        say(tr("Test: {measured}", measured=metric_words(measures.metrics, measures.baseline, headline)))
    if finished.best_step:
        say(tr("The model is in {folder}", folder=run.folder / "model"))
        say(tr("Try it: {command}", command=f'{program()} predict {run.name} "..."'))
