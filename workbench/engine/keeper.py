"""The keeper: writes checkpoints beside the training, as often as they cost little and no minute is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from workbench.core.errors import WorkbenchError
from workbench.core.events import CheckpointSaved, Event, Notice
from workbench.core.language import tr
from workbench.engine.checkpoint import CheckpointPlace, Snapshot, description_of, is_finite, write_checkpoint
from workbench.engine.loading import available_bytes
from workbench.engine.model_folder import live_weights
from workbench.engine.state import RunState
from workbench.engine.task import Learner
from workbench.engine.update import Updater

SHARE = 0.02
"""Checkpoints may take this share of the time."""
LONGEST, SHORTEST = 50.0, 0.2
"""Seconds between two of them: with the writing, at most a minute of work is lost; tiny models need no more than five a
second."""
FIRST_GUESS = 200e6
"""Bytes a second, until the first one was timed."""


@dataclass
class _Written:
    """What the writing thread leaves."""

    seconds: float = 0.0
    bytes: int = 0
    damaged: bool = False
    error: BaseException | None = None


class Keeper:
    """Keeps checkpoints of one run at `place`. Only one is written at a time.

    `keep` copies the tensors and lets a thread write them; `told` gives the events of what was written since. The user
    is told once if the disk refuses; the next checkpoint tries again.
    """

    def __init__(self, place: CheckpointPlace, learner: Learner, update: Updater) -> None:
        self._place, self._learner, self._update = place, learner, update
        self._snapshot = Snapshot()
        self._description: dict[str, bytes] | None = None
        self._thread: threading.Thread | None = None
        self._written = _Written()
        self._step, self._began = 0, time.monotonic()
        self._complained = False
        self._interval = self._bounded(self._bytes() / FIRST_GUESS)

    @property
    def is_due(self) -> bool:
        """Whether it is time for the next one."""
        return self._thread is None and time.monotonic() - self._began >= self._interval

    def keep(self, state: RunState) -> None:
        """Begin to write a checkpoint of `state` and of the weights and moments as they are now."""
        self.wait()
        began = self._began = time.monotonic()
        self._step, self._written = state.step, _Written(bytes=self._bytes())
        standing = msgspec.json.encode(state)
        base, extra = live_weights(self._learner)
        moments = self._update.moments()
        if self._may_copy(self._written.bytes):
            self._snapshot.take(base, extra, moments)
            self._thread = threading.Thread(
                target=self._write, args=(self._snapshot, standing, began), name="workbench-checkpoint", daemon=True
            )
            self._thread.start()
        else:  # no room for copies: the steps wait
            live = Snapshot()
            live.base, live.extra, live.moments = base, extra, moments
            self._write(live, standing, began)

    def told(self, *, wait: bool = False) -> Iterator[Event]:
        """What became of the last one, once it is written; with `wait`, not before. Raises what is a bug of ours."""
        if wait:
            self.wait()
        if self._step == 0 or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = None
        step, written, self._step = self._step, self._written, 0
        self._interval = self._bounded(written.seconds)
        if written.error is not None:
            if not isinstance(written.error, WorkbenchError | OSError):
                raise written.error
            if not self._complained:
                self._complained = True
                message = tr("No checkpoint could be written; training goes on. {reason}", reason=str(written.error))
                yield Notice(code="T12", message=message, severity="warning")
        elif not written.damaged:
            self._complained = False
            yield CheckpointSaved(step=step, seconds=written.seconds, bytes=written.bytes)

    def keep_now(self, state: RunState) -> Iterator[Event]:
        """Write a checkpoint and wait for it. Raises WorkbenchError or OSError if that is not possible."""
        yield from self.told(wait=True)
        self.keep(state)
        self.wait()
        if self._written.error is not None:
            self._step = 0
            raise self._written.error
        yield from self.told()

    def wait(self) -> None:
        """Wait until nothing is being written any more."""
        if self._thread is not None:
            self._thread.join()

    def _write(self, tensors: Snapshot, state: bytes, began: float) -> None:
        written = self._written
        try:
            if not (is_finite(tensors.base) and is_finite(tensors.extra) and is_finite(tensors.moments)):
                written.damaged = True  # the loop ends the run at its next step; the last good one stays
                return
            if self._description is None:
                self._description = description_of(self._learner)
            self._place.require_room(written.bytes)
            with self._place.staged(self._step) as folder:
                write_checkpoint(folder, self._description, tensors, state)
        except BaseException as error:  # told by the loop, in its own thread
            written.error = error
        finally:
            written.seconds = time.monotonic() - began

    @staticmethod
    def _may_copy(size: int) -> bool:
        """Whether there is memory for copies of `size` bytes. Where the system does not tell, there is not."""
        try:
            return 4 * size < available_bytes()
        except OSError:  # too many open files
            return False

    def _bytes(self) -> int:
        """What a checkpoint takes: weights and moments; before the first step, two moments of all that learns."""
        base, extra = live_weights(self._learner)
        moments = self._update.moments()
        kept = sum(tensor.nbytes for part in (base, extra, moments) for tensor in part.values())
        return kept if moments else kept + 2 * self._update.trainable_bytes

    @staticmethod
    def _bounded(cost: float) -> float:
        return min(LONGEST, max(SHORTEST, cost / SHARE))
