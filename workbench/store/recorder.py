"""The recorder: one run's events on their way to the run folder and the history."""

from __future__ import annotations

import sqlite3
import threading
import time

from workbench.core.events import (
    Evaluated,
    Event,
    Notice,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
    encode_event,
)
from workbench.core.language import tr
from workbench.store import safe_io
from workbench.store.curves import add_events, add_steps
from workbench.store.database import Database
from workbench.store.records import State
from workbench.store.rows import Cell, read_info, update_run
from workbench.store.run_folder import RunFolder, finite

_LATENCY = 1.0
_RETRY = 10.0


class Recorder:
    """Writes steps in batches of at most a second, everything else at once.

    Trouble with the disk does not end a training of hours: what could not be written is kept and tried again, and the
    user is told once. Another thread may call `sync` meanwhile.
    """

    def __init__(self, database: Database, sequence: int, folder: RunFolder) -> None:
        self._database = database
        self._sequence = sequence
        self._folder = folder
        self._log: safe_io.Log | None = None
        self._lines: list[bytes] = []
        self._steps: list[StepDone] = []
        self._events: list[Event] = []
        self._changes: dict[str, Cell] = {}
        self._headline = ""
        self._phase = ""
        self._next_flush = 0.0
        self._told = False
        self._closed = False
        self._lock = threading.RLock()
        self.finished = False

    def take(self, event: Event) -> Notice | None:
        """Note `event`. Returns what the user should be told, if the disk refuses for the first time."""
        if isinstance(event, PhaseChanged):
            if event.phase == self._phase:
                return None
            self._phase = event.phase
        with self._lock:
            return self._take(event)

    def sync(self) -> None:
        """Return when every event taken is on the disk itself. Raises OSError; nothing is lost then."""
        with self._lock:
            if not self._closed:
                self._write_lines(durable=True)

    def end(self, state: State, message: str = "") -> None:
        """The stream broke off without a RunFinished."""
        with self._lock:
            self.finished = True
            self._changes.update(state=state, message=message)
            self._flush(durable=True)

    def close(self) -> None:
        """Write what is left and let go of the files."""
        with self._lock:
            if self._lines or self._steps or self._events or self._changes:
                self._next_flush = 0.0
                self._flush(durable=True)
            self._closed = True
            if self._log is not None:
                self._log.close()

    def _take(self, event: Event) -> Notice | None:
        self._lines.append(encode_event(event) + b"\n")
        if isinstance(event, StepDone):
            self._steps.append(event)
            self._changes.update(steps=event.step, seconds=event.seconds)
            return self._flush(durable=False) if time.monotonic() >= self._next_flush else None
        self._events.append(event)
        self._note(event)
        return self._flush(durable=not isinstance(event, PhaseChanged))

    def _note(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            self._headline = event.headline
            # A run that goes on has begun when it began first.
            self._changes.update({} if event.first_step else {"started": event.started})
            self._changes.update(
                state="running",
                total_steps=event.steps,
                headline=event.headline,
                higher_is_better=int(event.higher_is_better),
            )
        elif isinstance(event, Evaluated) and event.part == "validation" and event.best:
            self._changes.update(best_step=event.step, score=finite(event.measures.metrics.get(self._headline)))
        elif isinstance(event, RunFinished):
            self.finished = True
            self._changes.update(
                state=event.outcome,
                steps=event.steps,
                seconds=event.seconds,
                message=event.message,
                best_step=event.best_step,
            )

    def _flush(self, *, durable: bool) -> Notice | None:
        now = time.monotonic()
        if self._told and now < self._next_flush and not self.finished:
            return None
        self._next_flush = now + _LATENCY
        try:
            self._write_lines(durable)
            self._database.write(self._store, durable=durable)
        except OSError as error:
            self._next_flush = now + _RETRY
            return self._trouble(error)
        self._steps.clear()
        self._events.clear()
        self._changes.clear()
        self._told = False
        return None

    def _write_lines(self, durable: bool) -> None:
        if self._log is None:
            self._log = safe_io.Log(self._folder.events_path)
        self._log.append(b"".join(self._lines))
        self._lines.clear()
        if durable:
            self._log.sync()

    def _store(self, connection: sqlite3.Connection) -> None:
        read_info(connection, self._sequence)
        add_steps(connection, self._sequence, self._steps)
        add_events(connection, self._sequence, self._events)
        update_run(connection, self._sequence, self._changes)
        if self._changes.keys() - {"steps", "seconds"}:
            self._folder.write_info(read_info(connection, self._sequence))

    def _trouble(self, error: OSError) -> Notice | None:
        if self._told:
            return None
        self._told = True
        message = tr("Training goes on, but the history cannot be saved now. {reason}", reason=safe_io.explain(error))
        return Notice(code="S09", message=message, severity="warning")
