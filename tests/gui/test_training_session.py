"""The life of a run: every verb from every state, and the page is ready again after each."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject

from tests.gui import fakes
from workbench.core.errors import Problem, WorkbenchError
from workbench.gui.training_session import Begun, TrainingSession


@pytest.fixture
def studio() -> fakes.FakeStudio:
    return fakes.FakeStudio([fakes.record(1, id="run-1", steps=30, total_steps=60, state="paused")])


@pytest.fixture
def session(qtbot: Any, studio: fakes.FakeStudio) -> Any:
    owner = QObject()
    one = TrainingSession(studio, owner)
    one.states, one.told, one.batches = [], [], []
    one.state_changed.connect(one.states.append)
    one.events.connect(one.batches.extend)
    for name in ("ended", "discarded", "kept"):
        getattr(one, name).connect(lambda what, name=name: one.told.append((name, what)))
    one.refused.connect(lambda key, error: one.told.append((key, error)))
    yield one
    one.stop()
    assert one.bridge.wait(10000)
    qtbot.waitUntil(lambda: one.ready, timeout=10000)
    owner.deleteLater()


def start(session: TrainingSession, *, pause: float = 0.01, events: Any = None) -> fakes.FakeRun:
    run = fakes.FakeRun(fakes.whole_run() if events is None else events, Path("/runs/run-1"), pause=pause)
    assert session.start(lambda: Begun(run), lambda begun: begun)
    return run


def running(qtbot: Any, session: TrainingSession) -> None:
    qtbot.waitUntil(lambda: session.state == "running" and len(session.batches) > 6, timeout=10000)


def over(qtbot: Any, session: TrainingSession) -> None:
    qtbot.waitUntil(lambda: session.ready, timeout=10000)


def test_that_a_pause_is_answered_at_once_and_leaves_the_run_at_hand(qtbot: Any, session: Any) -> None:
    run = start(session)
    running(qtbot, session)
    session.pause()
    assert session.state == "pausing"  # before the step is over
    over(qtbot, session)
    assert (session.state, session.held.id) == ("paused", "run-1")
    assert run.paused
    assert not run.stopped
    assert session.told[-1][1].outcome == "paused"


def test_that_a_run_ends_without_being_held_unless_it_rests(qtbot: Any, session: Any) -> None:
    start(session, pause=0.0)
    over(qtbot, session)
    assert session.states == ["starting", "running", "idle"]
    assert session.held is None


@pytest.mark.parametrize(
    ("first", "then", "state", "stopped"),
    [
        ("pause", "stop", "stopping", True),
        ("pause", "discard", "discarding", True),
        ("stop", "discard", "discarding", True),
        ("stop", "pause", "stopping", True),
        ("discard", "stop", "discarding", True),
    ],
)
def test_that_a_stronger_wish_wins_and_a_weaker_one_changes_nothing(
    qtbot: Any, session: Any, first: str, then: str, state: str, stopped: bool
) -> None:
    run = start(session)
    running(qtbot, session)
    getattr(session, first)()
    getattr(session, then)()
    assert session.state == state
    over(qtbot, session)
    assert run.stopped == stopped


@pytest.mark.parametrize("wish", ["pause", "stop", "discard"])
def test_that_a_wish_before_the_run_exists_is_answered_at_once_and_kept(qtbot: Any, session: Any, wish: str) -> None:
    run = start(session)
    assert session.state == "starting"
    getattr(session, wish)()
    assert session.state in ("pausing", "stopping", "discarding")
    over(qtbot, session)
    assert run.paused == (wish == "pause")
    assert run.stopped == (wish != "pause")


def test_that_a_discarded_run_lies_in_the_bin_and_can_be_brought_back(
    qtbot: Any, session: Any, studio: fakes.FakeStudio
) -> None:
    start(session)
    running(qtbot, session)
    session.discard()
    over(qtbot, session)
    assert studio.records["run-1"].deleted
    assert [name for name, _what in session.told] == ["ended", "discarded"]
    assert session.state == "idle"


def test_that_a_paused_run_is_discarded_or_kept_without_being_read_again(
    qtbot: Any, session: Any, studio: fakes.FakeStudio
) -> None:
    session.hold("run-1", "reviews-1")
    session.keep()
    over(qtbot, session)
    assert studio.records["run-1"].state == "stopped"
    session.hold("run-1", "reviews-1")
    session.discard()
    over(qtbot, session)
    assert studio.records["run-1"].deleted
    assert [name for name, _what in session.told] == ["kept", "discarded"]


def test_that_a_resumed_run_comes_with_what_it_did_before(qtbot: Any, session: Any, studio: Any) -> None:
    begun = []
    session.begun.connect(lambda run, past: begun.append((run, past)))
    session.hold("run-1", "reviews-1")
    assert session.resume("run-1")
    over(qtbot, session)
    (_run, past), *rest = begun
    assert rest == []
    assert past.record.id == "run-1"
    assert studio.resumed == [("run-1", {})]
    assert session.held is None


def test_that_a_resume_that_does_not_work_is_told_and_can_be_tried_again(qtbot: Any, session: Any, studio: Any) -> None:
    session.hold("run-1", "reviews-1")
    studio.refusal = WorkbenchError(Problem(code="T17", what="The checkpoint is damaged."))
    session.resume("run-1")
    over(qtbot, session)
    assert (session.state, session.held.id) == ("paused", "run-1")
    assert session.told[-1][0] == "train"


def test_that_changes_reach_the_studio(qtbot: Any, session: Any, studio: Any) -> None:
    session.resume("run-1", {"epochs": 6})
    over(qtbot, session)
    assert studio.resumed == [("run-1", {"epochs": 6})]


def test_that_one_run_goes_at_a_time(qtbot: Any, session: Any) -> None:
    start(session)
    assert not session.resume("run-1")
    running(qtbot, session)
    assert not session.resume("run-1")


def test_that_a_hundred_runs_with_every_verb_leave_the_session_ready(qtbot: Any, session: Any, studio: Any) -> None:
    verbs = itertools.cycle(["pause", "stop", "discard", "", "resume"])
    for number, verb in zip(range(100), verbs, strict=False):
        studio.records["run-1"].deleted = False
        if verb == "resume":
            assert session.resume("run-1")
            session.stop()
        else:
            start(session, pause=0.0 if number % 2 else 0.001, events=fakes.whole_run(steps=6))
            if verb:
                getattr(session, verb)()
        over(qtbot, session)
        assert session.wish == ""
        assert not session.bridge.running
    session.let_go()
    assert session.state == "idle"
