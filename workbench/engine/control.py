"""What the user wants of a run that is under way. It may be said from any thread; the loop looks between steps."""

from __future__ import annotations

import threading
from typing import Literal

Wanted = Literal["", "pause", "stop"]


class Control:
    """Pause: keep everything, to go on exactly there. Stop: keep the model. A stop outweighs a pause."""

    def __init__(self) -> None:
        self._pause, self._stop = threading.Event(), threading.Event()

    def pause(self) -> None:
        """Ask for a checkpoint and the end after the step that is being made."""
        self._pause.set()

    def stop(self) -> None:
        """Ask for the end after the step that is being made; what was learned is kept."""
        self._stop.set()

    def is_set(self) -> bool:
        """Whether the loop is to end."""
        return self._pause.is_set() or self._stop.is_set()

    @property
    def wanted(self) -> Wanted:
        """What the loop is to do."""
        if self._stop.is_set():
            return "stop"
        return "pause" if self._pause.is_set() else ""

    def wait(self, seconds: float) -> None:
        """Sleep for `seconds`, or until a stop is wanted."""
        self._stop.wait(seconds)
