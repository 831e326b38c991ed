"""Where the threads of a run meet: a worker iterates the run, a mailbox holds its events, a timer empties it."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from workbench.core.events import Event, RunFinished
from workbench.core.language import tr

TICK = 50  # milliseconds; one signal per step would flood the window
NICENESS = 10  # costs 3 % of the speed on two cores and takes a third off the window's lateness
_STACK = 16 * 2**20


def _give_way() -> None:
    """Where window and training both want the processor, the window goes first. Only Linux knows that of a thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class RunLike(Protocol):
    """What the bridge needs of a run."""

    id: str
    name: str

    def events(self): ...

    def pause(self) -> None: ...

    def stop(self) -> None: ...


Listener = Callable[[Event], list]


class _Heard(NamedTuple):
    """What the listener said to an event, in the mailbox behind it."""

    words: list


class _Worker(QThread):
    """Trains: iterates the run's events to their end and drops each into the mailbox."""

    def __init__(self, run: RunLike, mailbox: deque[Any], listen: Listener | None, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self.setStackSize(_STACK)
        self._run, self._mailbox, self._listen = run, mailbox, listen
        self.late: BaseException | None = None  # what broke after the run had told its end

    def run(self) -> None:
        ended = False
        _give_way()
        try:
            for event in self._run.events():
                self._mailbox.append(event)
                ended = ended or isinstance(event, RunFinished)
                self._hear(event)
        except BaseException as error:  # the fast tokenizers panic past `except Exception`
            if ended:
                self.late = error
            else:
                self._mailbox.append(_failure(error))
            return
        if not ended:
            self._mailbox.append(_failure(RuntimeError("the stream of events ended without RunFinished")))

    def _hear(self, event: Event) -> None:
        if self._listen is None:
            return
        try:
            words = self._listen(event)
        except Exception as error:  # the run goes on without its listener
            self.late, self._listen = error, None
            return
        if words:
            self._mailbox.append(_Heard(words))


def _failure(error: BaseException) -> RunFinished:
    return RunFinished(
        outcome="failed",
        steps=0,
        seconds=0.0,
        message=tr("Something in Model Workbench went wrong. Your files are safe."),
        details="".join(traceback.format_exception(error)),
    )


class RunBridge(QObject):
    """One run at a time. `events` comes at most once per tick; `finished` after the last event and the worker's end.

    `heard(list)` follows `events` with what the run's listener said to them. `broke(error)` follows `finished` if
    something broke after the run had told its end.
    """

    events = Signal(list)
    heard = Signal(list)
    finished = Signal(object)
    broke = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: RunLike | None = None
        self.latest: Any = None  # the run that is or was under way last
        self._worker: _Worker | None = None
        self._mailbox: deque[Any] = deque()
        self._last: RunFinished | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._empty)

    @property
    def run(self) -> RunLike | None:
        """The run that is under way, or None."""
        return self._run

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._run is not None

    def start(self, run: RunLike, listen: Listener | None = None) -> None:
        """Train `run` in its own thread, where `listen` hears each event.

        Raises RuntimeError while another run is under way.
        """
        if self._run is not None:
            raise RuntimeError("a run is under way already")
        self._run, self._last = run, None
        self.latest = run
        self._mailbox = deque()
        self._worker = _Worker(run, self._mailbox, listen, self)
        self._worker.start()
        self._timer.start()

    def pause(self) -> None:
        """Ask the run to rest after the step that is being made, so that it can go on later."""
        if self._run is not None:
            self._run.pause()

    def stop(self) -> None:
        """Ask the run to end after the step that is being made. What was learned is kept."""
        if self._run is not None:
            self._run.stop()

    def wait(self, milliseconds: int) -> bool:
        """Wait for the worker's end and deliver what it left. True if it ended in time."""
        if self._worker is None:
            return True
        if not self._worker.wait(milliseconds):
            return False
        self._empty()
        return True

    def _empty(self) -> None:
        worker = self._worker
        if worker is None:
            return
        over = worker.isFinished()  # asked first: then the mailbox cannot gain a letter afterwards
        batch: list[Event] = []
        words: list = []
        while self._mailbox:
            letter = self._mailbox.popleft()
            if isinstance(letter, _Heard):
                words += letter.words
            else:
                batch.append(letter)
        for event in batch:
            if isinstance(event, RunFinished):
                self._last = event
        if batch:
            self.events.emit(batch)
        if words:
            self.heard.emit(words)
        if over:
            self._close()

    def _close(self) -> None:
        worker, last = self._worker, self._last
        if worker is None:
            return
        self._timer.stop()
        worker.wait()
        late = worker.late
        worker.deleteLater()
        self._run = self._worker = None
        self.finished.emit(last or _failure(RuntimeError("the worker ended without a word")))
        if late is not None:
            self.broke.emit(late)
