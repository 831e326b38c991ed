"""TrainingSession: the life of a run in the window. Started or resumed, paused, stopped, discarded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

from PySide6.QtCore import QObject, Signal

from workbench.core.events import RunFinished
from workbench.core.options import Scalar
from workbench.gui.background import submit
from workbench.gui.bridge import RunBridge
from workbench.gui.briefing import Briefed
from workbench.gui.past import Past, read_past
from workbench.gui.trials import TrialBegun
from workbench.studio import SweepFinished, TrialFinished

State = Literal["idle", "starting", "running", "pausing", "stopping", "discarding", "paused"]
Wish = Literal["", "pause", "stop", "discard"]

READY = ("idle", "paused")
_STATE_OF: dict[Wish, State] = {"": "running", "pause": "pausing", "stop": "stopping", "discard": "discarding"}
_RANK: tuple[Wish, ...] = ("", "pause", "stop", "discard")  # a wish gives way to a stronger one, never to a weaker


class Begun(NamedTuple):
    """A run that can be read, and what it did before if it is resumed."""

    run: Any
    past: Past | None = None


class Held(NamedTuple):
    """A run that rests and can be resumed."""

    id: str
    name: str


class TrainingSession(QObject):
    """One run at a time, from the wish to train to its end.

    States: idle, starting, running; pausing, stopping, discarding until the step is made; paused. In "idle" and
    "paused" (`ready`) a run can be started. `begun(run, past or None)`; `events(list)`; `hinted(list)` with what the
    coach says of them; `ended(RunFinished)`; `discarded(Held)` after the run lies in the bin; `kept(Held)` after a
    paused run was given up but for its model; `refused(key, error)`. While a sweep is made, `trial_begun(TrialBegun)`
    comes before the events of each of its runs, and `sweep_told(TrialFinished or SweepFinished)` after them.
    """

    state_changed = Signal(str)
    begun = Signal(object, object)
    events = Signal(list)
    hinted = Signal(list)
    trial_begun = Signal(object)
    sweep_told = Signal(object)
    ended = Signal(object)
    discarded = Signal(object)
    kept = Signal(object)
    refused = Signal(str, object)

    def __init__(self, studio: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.state: State = "idle"
        self.held: Held | None = None
        self.wish: Wish = ""
        self.errand = ""  # what else uses the engine now, in a sentence: no run begins meanwhile
        self.bridge = RunBridge(self)
        self.bridge.events.connect(self._pass_on)
        self.bridge.heard.connect(self.hinted)
        self.bridge.finished.connect(self._end)
        self.bridge.broke.connect(partial(self.refused.emit, "late"))

    @property
    def ready(self) -> bool:
        """Whether a run can be started or resumed now."""
        return self.state in READY

    def start(self, make: Callable[[], Any], take: Callable[[Any], Begun | None]) -> bool:
        """Begin a run: `make` works off the window, `take` turns its answer into a run, or into None for none.

        False if another run, or an `errand`, is under way.
        """
        if not self.ready or self.errand:
            return False
        self.wish = ""
        self._set("starting")

        def made(answer: Any) -> None:
            begun = take(answer)
            if begun is None:
                self._rest()
            else:
                self._begin(begun)

        submit(self, make, made, self._not_made)
        return True

    def resume(self, run_id: str, changes: Mapping[str, Scalar] | None = None) -> bool:
        """Go on with a run that was paused or interrupted, or with `changes` of its plan after it ended."""
        studio = self._studio

        def make() -> Begun:
            past = read_past(studio, run_id)
            return Begun(studio.resume(run_id, dict(changes) if changes else None), past)

        return self.start(make, lambda begun: begun)

    def pause(self) -> None:
        """End the run after its step, so that it can go on later exactly there."""
        self._want("pause")

    def stop(self) -> None:
        """End the run after its step; what was learned is kept."""
        self._want("stop")

    def discard(self) -> None:
        """End the run after its step and move it to the bin; a paused one at once."""
        if self.state == "paused" and self.held is not None:
            self._delete(self.held)
        else:
            self._want("discard")

    def keep(self) -> None:
        """Give up the paused run, but for the model that it has learned so far."""
        held = self.held
        if self.state != "paused" or held is None:
            return
        self._set("stopping")

        def done(_nothing: Any) -> None:
            self.let_go()
            self.kept.emit(held)

        submit(self, lambda: self._studio.keep(held.id), done, self._not_made)

    def hold(self, run_id: str, name: str) -> None:
        """Offer a run of the past that can be resumed."""
        if self.ready:
            self.held = Held(run_id, name)
            self._set("paused")

    def let_go(self) -> None:
        """Nothing is offered any more: the paused run was given up, or another is looked at."""
        self.held = None
        if not self.bridge.running:
            self._set("idle")

    # Inside.

    def _want(self, wish: Wish) -> None:
        under_way = self.bridge.running or self.state == "starting" or self.wish
        if not under_way or self.ready or _RANK.index(wish) <= _RANK.index(self.wish):
            return
        self.wish = wish
        self._set(_STATE_OF[wish])
        self._ask()

    def _ask(self) -> None:
        if self.wish == "pause":
            self.bridge.pause()
        elif self.wish:
            self.bridge.stop()

    def _begin(self, begun: Begun) -> None:
        self.held = None
        self._set(_STATE_OF[self.wish])
        self.begun.emit(begun.run, begun.past)
        self.bridge.start(begun.run, Briefed(self._studio.coach, begun.past))
        self._ask()

    def _pass_on(self, batch: list) -> None:
        """Tell the events of one tick, those of one run at a time."""
        part: list = []
        for event in batch:
            if not isinstance(event, TrialBegun | TrialFinished | SweepFinished):
                part.append(event)
                continue
            if part:
                self.events.emit(part)
                part = []
            (self.trial_begun if isinstance(event, TrialBegun) else self.sweep_told).emit(event)
        if part:
            self.events.emit(part)

    def _not_made(self, error: Exception) -> None:
        self._rest()
        self.refused.emit("train", error)

    def _rest(self) -> None:
        self.wish = ""
        self._set("paused" if self.held is not None else "idle")

    def _end(self, last: RunFinished) -> None:
        run, wish = self.bridge.latest, self.wish
        self.wish = ""
        held = Held(run.id, run.name)
        if wish == "discard" and held.id:
            self.ended.emit(last)
            self._delete(held)
            return
        self.held = held if last.outcome == "paused" else None
        self._rest()
        self.ended.emit(last)

    def _delete(self, held: Held) -> None:
        self._set("discarding")

        def done(_nothing: Any) -> None:
            self.let_go()
            self.discarded.emit(held)

        def failed(error: Exception) -> None:
            self._rest()
            self.refused.emit("delete", error)

        submit(self, lambda: self._studio.delete(held.id), done, failed)

    def _set(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
