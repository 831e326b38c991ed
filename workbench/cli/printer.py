"""Events -> terminal: a bar with the loss on stderr, or every event as a line of JSON on stdout."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from workbench.cli.terminal import Terminal
from workbench.cli.words import metric_words, number_words
from workbench.core.events import (
    Evaluated,
    Event,
    Notice,
    PhaseChanged,
    RunStarted,
    StepDone,
    encode_event,
)
from workbench.core.language import tr
from workbench.core.wording import PHASES

_REDRAW_SECONDS = 0.1


class Printer:
    """Shows a stream of events to a person. Use as a context manager: leaving it takes the bar away."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}", markup=False),
            TimeRemainingColumn(),
            console=terminal.notes,
            transient=True,
            disable=not terminal.notes.is_terminal,
        )
        self._bar: TaskID = self._progress.add_task("", total=None, loss="")
        self._shown = 0.0
        self._phase = ""
        self._headline = ""

    def __enter__(self) -> Printer:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def take(self, event: Event) -> None:
        """Show `event`."""
        match event:
            case PhaseChanged():
                self._show_phase(event)
            case RunStarted():
                self._show_start(event)
            case StepDone():
                self._show_step(event)
            case Evaluated():
                self._show_evaluation(event)
            case Notice():
                self._terminal.say(event.message)

    def _show_phase(self, event: PhaseChanged) -> None:
        words = tr(PHASES[event.phase])
        if event.phase == "training":
            self._progress.update(self._bar, description=words)
            return
        if event.phase != self._phase and not self._headline and not self._terminal.notes.is_terminal:
            self._terminal.say(words)
        self._phase = event.phase
        self._progress.update(self._bar, description=words)

    def _show_start(self, event: RunStarted) -> None:
        self._headline = event.headline
        self._progress.update(self._bar, total=event.steps, completed=0, description=tr(PHASES["training"]))
        self._terminal.say(
            tr(
                "{train} rows to learn from, {validation} to judge by; {skipped} rows skipped",
                train=f"{event.train_rows:,}",
                validation=f"{event.validation_rows:,}",
                skipped=f"{event.skipped_rows:,}",
            )
        )
        self._terminal.say(
            tr(
                "{parameters} weights on {device}, {threads} threads, {precision}, {steps} steps",
                parameters=f"{event.parameters:,}",
                device=event.device,
                threads=event.threads,
                precision=event.precision,
                steps=f"{event.steps:,}",
            )
        )

    def _show_step(self, event: StepDone) -> None:
        now = time.monotonic()
        if now - self._shown >= _REDRAW_SECONDS:
            self._shown = now
            loss = tr("loss {loss}", loss=number_words(event.loss))
            self._progress.update(self._bar, completed=event.step, loss=loss, description=tr(PHASES["training"]))

    def _show_evaluation(self, event: Evaluated) -> None:
        measured = metric_words(event.measures.metrics, event.measures.baseline, self._headline)
        if event.part == "test":
            text = tr("Test: loss {loss}, {measured}", loss=number_words(event.loss), measured=measured)
        elif event.best:
            text = tr(
                "Step {step}, epoch {epoch}: loss {loss}, {measured} (best so far)",
                step=event.step,
                epoch=f"{event.epoch:.2g}",
                loss=number_words(event.loss),
                measured=measured,
            )
        else:
            text = tr(
                "Step {step}, epoch {epoch}: loss {loss}, {measured}",
                step=event.step,
                epoch=f"{event.epoch:.2g}",
                loss=number_words(event.loss),
                measured=measured,
            )
        self._progress.update(self._bar, completed=event.step)
        self._terminal.say(text)


def print_event(event: Event) -> None:
    """`event` as one line of JSON on stdout."""
    sys.stdout.write(encode_event(event).decode() + "\n")
    sys.stdout.flush()
