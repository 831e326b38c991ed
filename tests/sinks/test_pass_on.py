"""Listeners hear every event, and nothing that happens to them reaches the run."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sinks.streams import RUN, plan_in, stream
from workbench import sinks as room
from workbench.core.errors import WorkbenchError
from workbench.core.events import Event, Notice, RunFinished
from workbench.core.plan import TrainingPlan
from workbench.sinks import Listener, OpenSink, is_folder, pass_on, sink_of, sinks
from workbench.sinks._told import folder_name, knobs, plan_text

pytestmark = pytest.mark.usefixtures("english")


class Kept:
    """A sink that keeps what it hears, and breaks where it is told to."""

    id, title, extra = "kept", "Kept", "kept"

    def __init__(self, *, break_at: int = -1, refuse: bool = False) -> None:
        self.heard: list[Event] = []
        self.closed = 0
        self._break_at, self._refuse = break_at, refuse

    def available(self) -> bool:
        return True

    def open(self, run: str, plan: TrainingPlan, target: str) -> OpenSink:
        if self._refuse:
            raise PermissionError(13, "not here", target)
        return self

    def __call__(self, event: Event) -> None:
        if len(self.heard) == self._break_at:
            raise OSError(28, "No space left on device")
        self.heard.append(event)

    def close(self) -> None:
        self.closed += 1


def test_that_every_event_goes_to_every_listener_and_on(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    events = stream(plan)
    first, second = Kept(), Kept()
    listeners = [Listener(sink, RUN, plan, str(tmp_path)) for sink in (first, second)]
    assert list(pass_on(events, listeners)) == events
    assert first.heard == second.heard == events
    assert (first.closed, second.closed) == (1, 1)


@pytest.mark.parametrize("sink", [Kept(break_at=0), Kept(break_at=4), Kept(refuse=True)])
def test_that_a_sink_that_breaks_is_told_once_and_the_run_goes_on(tmp_path: Path, sink: Kept) -> None:
    plan = plan_in(tmp_path)
    events = stream(plan)
    healthy = Kept()
    passed = list(pass_on(events, [Listener(one, RUN, plan, str(tmp_path)) for one in (sink, healthy)]))
    notices = [event for event in passed if isinstance(event, Notice)]
    assert [notice.code for notice in notices] == ["L02"]
    assert "Kept" in notices[0].message
    assert [event for event in passed if not isinstance(event, Notice)] == events
    assert isinstance(passed[-1], RunFinished)
    assert healthy.heard == events


def test_that_a_sink_that_hangs_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE", 0.05)
    free = threading.Event()

    class Hanging(Kept):
        def __call__(self, event: Event) -> None:
            free.wait(30)

    plan = plan_in(tmp_path)
    listener = Listener(Hanging(), RUN, plan, str(tmp_path))
    passed = list(pass_on(stream(plan), [listener]))
    free.set()
    assert [event.code for event in passed if isinstance(event, Notice)] == ["L02"]
    assert isinstance(passed[-1], RunFinished)


def test_that_who_stops_reading_closes_the_source_and_the_sinks(tmp_path: Path) -> None:
    plan, sink, ended = plan_in(tmp_path), Kept(), []

    def source() -> Iterator[Event]:
        try:
            yield from stream(plan)
        finally:
            ended.append(True)

    reading = pass_on(source(), [Listener(sink, RUN, plan, str(tmp_path))])
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert ended == [True]
    assert sink.closed == 1
    assert len(sink.heard) == 1


def test_that_sinks_are_found_and_cost_nothing_to_look_at() -> None:
    assert set(sinks()) >= {"tensorboard", "mlflow"}
    assert all(sink.id == id and sink.title and sink.extra for id, sink in sinks().items())


def test_that_a_sink_that_is_not_installed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, package=None: None)
    for id in ("tensorboard", "mlflow"):
        with pytest.raises(WorkbenchError) as refused:
            sink_of(id)
        assert refused.value.problems[0].code == "L01"
        assert f"[{id}]" in refused.value.problems[0].remedy


def test_that_an_unknown_sink_names_those_there_are() -> None:
    with pytest.raises(WorkbenchError) as refused:
        sink_of("wandb")
    assert "tensorboard" in refused.value.problems[0].remedy


def test_that_a_plan_is_told_without_the_folders_of_its_files(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    told = plan_text(plan) + str(knobs(plan))
    assert tmp_path.name not in told
    assert str(tmp_path.parent) not in told
    assert "reviews.csv" in told
    assert knobs(plan)["learning_rate"] == "0.0003"
    assert knobs(plan)["optimizer.beta1"] == "0.8"


def test_that_runs_of_one_name_have_folders_of_their_own(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert folder_name("20261124-120000-abc123", plan) == "reviews-1-abc123"
    assert folder_name("20261125-120000-def456", plan) != folder_name("20261124-120000-abc123", plan)
    for name in ("../../etc", "a/b\\c", "评论 一", ""):
        import msgspec

        made = folder_name("x-abc123", msgspec.structs.replace(plan, name=name))
        assert made == Path(made).name
        assert not made.startswith(".")


def test_that_an_address_is_no_folder() -> None:
    assert is_folder("/home/me/logs")
    assert is_folder("C:\\logs")
    assert not is_folder("https://mlflow.example")


def test_that_looking_for_sinks_imports_none_of_their_packages() -> None:
    import subprocess

    program = "import sys; from workbench.sinks import sinks; [s.available() for s in sinks().values()];"
    program += "late = {'torch', 'tensorboard', 'mlflow', 'sqlalchemy'} & set(sys.modules); assert not late, late"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
