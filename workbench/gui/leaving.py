"""The end of the window: what it asks while a model trains, and what the system's signals and a log-out mean."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QDialog, QWidget

from workbench.core.language import tr
from workbench.gui.messages import Messages, decide
from workbench.gui.training_session import TrainingSession

_LOG_OUT = 20_000  # milliseconds that a pause may take while the desktop waits for us


class Leaving(QObject):
    """Decides whether the window may close now; if a model trains, it closes once the run rests."""

    def __init__(self, window: QWidget, training: TrainingSession, messages: Messages) -> None:
        super().__init__(window)
        self._window, self._training, self._messages = window, training, messages
        self._closing = False
        training.state_changed.connect(self._follow)

    def may_close(self) -> bool:
        """Whether the window may close at once. If not, the user is asked, or was asked already."""
        if self._training.ready:
            return True
        if not self._closing and self._question is None:
            self._ask()
        return False

    def pause_and_close(self) -> None:
        """Close without a question: at once, or when the run rests."""
        self._leave(self._training.pause, tr("The run is being paused. The window closes by itself."))

    def stop_and_close(self) -> None:
        """End the run, keep its model, and close."""
        self._leave(self._training.stop, tr("The model is being kept. The window closes by itself."))

    def end_session(self) -> None:
        """The desktop ends the session and waits for us: rest now."""
        question = self._question
        if question is not None:
            question.reject()
        self._closing = True  # whatever comes of it, nothing is asked any more
        self._training.pause()
        self._training.bridge.wait(_LOG_OUT)

    @property
    def _question(self) -> QDialog | None:
        return self._window.findChild(QDialog, "decision")

    def _ask(self) -> None:
        decide(
            self._window,
            tr("A model is being trained"),
            tr("A paused run goes on later exactly where it rests: open the workbench again and press Resume."),
            tr("Pause and close"),
            [(tr("Stop, keep the model and close"), self.stop_and_close)],
            on_safe=self.pause_and_close,
            cancel=tr("Cancel"),
        )

    def _leave(self, end: Callable[[], None], sentence: str) -> None:
        question = self._question
        if question is not None:
            question.done(QDialog.DialogCode.Accepted)
        if self._training.ready:
            self._window.close()
            return
        if not self._closing:
            self._closing = True
            self._messages.banner("closing", sentence, "info")
        end()

    def _follow(self, _state: str) -> None:
        if self._closing and self._training.ready:
            self._closing = False
            QTimer.singleShot(0, self._window, self._window.close)  # after the end of the run was told


class SignalWatch(QObject):
    """Calls `leave` when the system asks the process to end (SIGTERM, SIGINT). `close` gives the signals back.

    Python's handlers run only when its interpreter does, and Qt's loop may sleep for long: a byte in a socket wakes it.
    """

    def __init__(self, leave: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._waker = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._waker.activated.connect(lambda *_: self._empty())
        self._woken_before = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._before: dict[int, Any] = {
            number: signal.signal(number, lambda *_: QTimer.singleShot(0, self, leave))
            for number in (signal.SIGINT, signal.SIGTERM)
        }

    def close(self) -> None:
        """Handle signals as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        self._waker.setEnabled(False)
        self._read.close()
        self._write.close()

    def _empty(self) -> None:
        try:
            while self._read.recv(64):
                pass
        except BlockingIOError:
            pass
