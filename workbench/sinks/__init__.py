"""Sinks: other programs' records of a run, filled from the same stream of events that everything else listens to.

A module here that defines `SINK` is a sink; nothing else has to be told of it. A sink writes only where the user said,
in a thread of its own: one that is slow or breaks costs the run nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
import queue
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Protocol

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Event, Notice, RunFinished
from workbench.core.language import mark, tr
from workbench.core.plan import TrainingPlan
from workbench.core.registry import unknown

PATIENCE = 10.0
"""Seconds that the end of a run waits for a sink to write what it still has."""

_MOST_WAITING = 100_000


class OpenSink(Protocol):
    """A sink that takes the events of one run. Any exception means that it is of no more use."""

    def __call__(self, event: Event) -> None:
        """Take `event`."""

    def close(self) -> None:
        """Write what is left, and let go."""


class Sink(Protocol):
    """What a module of this package offers as `SINK`. `title` is a name and not translated; `extra` installs it."""

    id: str
    title: str
    extra: str

    def available(self) -> bool:
        """Whether its packages are installed. Imports none of them."""

    def open(self, run: str, plan: TrainingPlan, target: str) -> OpenSink:
        """Begin, or go on with, the record of the run with the id `run` in `target`, a folder that exists."""


@cache
def sinks() -> Mapping[str, Sink]:
    """{id: sink}, found in this folder."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = [module.SINK for module in modules if hasattr(module, "SINK")]
    return {sink.id: sink for sink in found}


def sink_of(id: str) -> Sink:
    """The sink `id`. Raises WorkbenchError if there is none (P05), or with what to install (L01)."""
    if id not in sinks():
        raise WorkbenchError(unknown(mark("Log"), "log", id, sinks()))
    sink = sinks()[id]
    if not sink.available():
        raise WorkbenchError(
            Problem(
                code="L01",
                where=sink.title,
                what=tr("The packages for this are not installed."),
                remedy=tr("Install them with {command}", command=f'pip install "model-workbench[{sink.extra}]"'),
                field="log",
            )
        )
    return sink


def is_folder(target: str) -> bool:
    """Whether `target` is a folder here and not an address."""
    return "://" not in target


class Listener:
    """One sink at work for one run, in a thread of its own. Never raises: its first trouble becomes one Notice."""

    def __init__(self, sink: Sink, run: str, plan: TrainingPlan, target: str) -> None:
        self._title = sink.title
        self._waiting: queue.Queue[Event | None] = queue.Queue(_MOST_WAITING)
        self._trouble: str | None = None
        self._broken = self._closed = False
        self._thread = threading.Thread(
            target=self._work, args=(sink, run, plan, target), name=f"workbench-sink-{sink.id}", daemon=True
        )
        self._thread.start()

    def take(self, event: Event) -> None:
        """Hand `event` over. Returns at once."""
        if self._broken or self._closed:
            return
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._break(tr("it is too slow"))

    def close(self) -> None:
        """Wait a while for everything to be written. May be called again."""
        if self._closed:
            return
        self._closed = True
        if not self._broken:
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                self._break(tr("it is too slow"))
        self._thread.join(PATIENCE)
        if self._thread.is_alive() and not self._broken:
            self._break(tr("it is too slow"))

    def notice(self) -> Notice | None:
        """What is to be told of the first trouble; None if there was none, or it was told already."""
        trouble, self._trouble = self._trouble, None
        if trouble is None:
            return None
        message = tr(
            "{title} takes no more of this run: {reason}. The run itself goes on.", title=self._title, reason=trouble
        )
        return Notice(code="L02", message=message, severity="warning")

    def _break(self, reason: str) -> None:
        if not self._broken:
            self._broken, self._trouble = True, reason

    def _work(self, sink: Sink, run: str, plan: TrainingPlan, target: str) -> None:
        try:
            opened = sink.open(run, plan, target)
            try:
                while (event := self._waiting.get()) is not None and not self._broken:
                    opened(event)
            finally:
                opened.close()
        except BaseException as error:  # whatever happens in there, the run goes on
            self._break(f"{type(error).__name__}: {error}".splitlines()[0][:300])


def pass_on(events: Iterable[Event], listeners: Sequence[Listener]) -> Iterator[Event]:
    """Every event of `events`, which the listeners hear too; a Notice is added where one of them breaks."""
    try:
        for event in events:
            for listener in listeners:
                listener.take(event)
                if isinstance(event, RunFinished):  # nothing may come after it, so it waits for them
                    listener.close()
            yield from _notices(listeners)
            yield event
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()
        for listener in listeners:
            listener.close()


def _notices(listeners: Sequence[Listener]) -> Iterator[Notice]:
    for listener in listeners:
        notice = listener.notice()
        if notice is not None:
            yield notice
