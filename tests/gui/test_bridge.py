"""Threads meet here: every event arrives, in order, in few signals; nothing ends in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, QThread

from tests.gui.fakes import FakeRun, finished, step, whole_run
from workbench.core.events import Event, RunFinished
from workbench.gui.background import Lane, Ticket, submit
from workbench.gui.bridge import RunBridge


@pytest.fixture
def bridge(qtbot: Any) -> Iterator[RunBridge]:
    one = RunBridge()
    one.batches, one.ends, one.broken = [], [], []
    one.events.connect(one.batches.append)
    one.finished.connect(one.ends.append)
    one.broke.connect(one.broken.append)
    yield one
    one.stop()
    assert one.wait(10000)
    one.deleteLater()


def done(qtbot: Any, bridge: RunBridge) -> None:
    qtbot.waitUntil(lambda: not bridge.running, timeout=10000)


def test_that_every_event_arrives_in_order_before_the_end(bridge: RunBridge, qtbot: Any, tmp_path: Path) -> None:
    events = whole_run()
    bridge.start(FakeRun(events, tmp_path))
    done(qtbot, bridge)
    assert [event for batch in bridge.batches for event in batch] == events
    assert bridge.ends == [events[-1]]


def test_that_twenty_thousand_events_come_in_few_signals(bridge: RunBridge, qtbot: Any, tmp_path: Path) -> None:
    events: list[Event] = [step(number, steps=20000) for number in range(1, 20001)]
    began = time.perf_counter()
    bridge.start(FakeRun([*events, finished()], tmp_path))
    done(qtbot, bridge)
    seconds = time.perf_counter() - began
    assert sum(map(len, bridge.batches)) == 20001
    assert len(bridge.batches) <= seconds / 0.05 + 3


class Breaking(FakeRun):
    def events(self) -> Iterator[Event]:
        yield step(1)
        raise self.error


@pytest.mark.parametrize("error", [ValueError("a bug"), SystemExit(3), type("PanicException", (BaseException,), {})()])
def test_that_whatever_breaks_ends_in_one_failed_finish(
    bridge: RunBridge, qtbot: Any, tmp_path: Path, error: BaseException
) -> None:
    run = Breaking([], tmp_path)
    run.error = error
    bridge.start(run)
    done(qtbot, bridge)
    assert [type(event) for batch in bridge.batches for event in batch][-1] is RunFinished
    assert bridge.ends[0].outcome == "failed"
    assert type(error).__name__ in bridge.ends[0].details
    assert type(error).__name__ not in bridge.ends[0].message


def test_that_a_stream_without_an_end_is_ended(bridge: RunBridge, qtbot: Any, tmp_path: Path) -> None:
    bridge.start(FakeRun([step(1)], tmp_path))
    done(qtbot, bridge)
    assert bridge.ends[0].outcome == "failed"


def test_that_an_error_after_the_end_is_told_and_the_end_stays(bridge: RunBridge, qtbot: Any, tmp_path: Path) -> None:
    class Late(FakeRun):
        def events(self) -> Iterator[Event]:
            yield finished()
            raise ValueError("too late")

    bridge.start(Late([], tmp_path))
    done(qtbot, bridge)
    assert [end.outcome for end in bridge.ends] == ["completed"]
    assert [str(error) for error in bridge.broken] == ["too late"]


def test_that_one_run_at_a_time_is_made(bridge: RunBridge, tmp_path: Path) -> None:
    bridge.start(FakeRun(whole_run(), tmp_path, pause=0.01))
    with pytest.raises(RuntimeError):
        bridge.start(FakeRun(whole_run(), tmp_path))


def test_that_training_is_not_on_the_gui_thread(bridge: RunBridge, qtbot: Any, tmp_path: Path) -> None:
    seen = []

    class Where(FakeRun):
        def events(self) -> Iterator[Event]:
            seen.append(QThread.currentThread() is qtbot_thread)
            yield finished()

    qtbot_thread = QThread.currentThread()
    bridge.start(Where([], tmp_path))
    done(qtbot, bridge)
    assert seen == [False]


def test_that_background_work_answers_on_the_gui_thread(qtbot: Any) -> None:
    owner, here, answers = QObject(), QThread.currentThread(), []
    submit(
        owner,
        lambda: QThread.currentThread() is here,
        lambda there: answers.append((there, QThread.currentThread() is here)),
    )
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [(False, True)]


def test_that_errors_and_panics_come_back_as_errors(qtbot: Any) -> None:
    owner, errors = QObject(), []

    def panic() -> None:
        raise type("Panic", (BaseException,), {})("at the tokenizer")

    submit(owner, lambda: 1 / 0, lambda _answer: None, errors.append)
    submit(owner, panic, lambda _answer: None, errors.append)
    qtbot.waitUntil(lambda: len(errors) == 2)
    assert {type(error) for error in errors} == {ZeroDivisionError, RuntimeError}


def test_that_nothing_is_told_after_a_cancel_or_the_owners_end(qtbot: Any) -> None:
    import shiboken6

    owner, gone, told = QObject(), QObject(), []
    ticket = submit(owner, lambda: time.sleep(0.05), lambda _answer: told.append("cancelled"))
    other = submit(gone, lambda: time.sleep(0.05), lambda _answer: told.append("destroyed"))
    ticket.cancel()
    shiboken6.delete(gone)
    qtbot.waitUntil(lambda: ticket.finished and other.finished)
    assert told == []


def test_that_the_end_of_cancelled_work_is_told(qtbot: Any) -> None:
    owner, told = QObject(), []
    ticket = submit(
        owner, lambda: time.sleep(0.05), lambda _answer: told.append("done"), ended=lambda: told.append("ended")
    )
    ticket.cancel()
    assert told == []
    qtbot.waitUntil(lambda: ticket.finished)
    assert told == ["ended"]


def test_that_a_lane_runs_one_piece_at_a_time_and_only_the_newest_answers(qtbot: Any) -> None:
    owner, answers, lock = QObject(), [], threading.Lock()
    lane, at_once, most = Lane(owner), 0, 0

    def work(ticket: Ticket) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            for _ in range(20):
                ticket.check()
                time.sleep(0.005)
        finally:
            with lock:
                at_once -= 1
        return 1

    for number in range(12):
        lane.submit(work, lambda _one, number=number: answers.append(number))
        qtbot.wait(2)
    qtbot.waitUntil(lambda: bool(answers), timeout=5000)
    qtbot.wait(50)
    assert most == 1
    assert answers == [11]


def test_that_a_cancelled_lane_answers_nothing(qtbot: Any) -> None:
    owner, answers = QObject(), []
    lane = Lane(owner)
    for _ in range(2):
        lane.submit(lambda _ticket: time.sleep(0.02), answers.append)
    lane.cancel()
    qtbot.wait(100)
    assert answers == []
    lane.submit(lambda _ticket: 7, answers.append)
    qtbot.waitUntil(lambda: answers == [7])
