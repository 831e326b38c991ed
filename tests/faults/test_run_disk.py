"""A disk that is full or refuses while a run trains: it goes on or waits, and ends as if nothing had been."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faulty_io import faults
from tests.faults.run_killing import busy_keeper, outcome_of, plan_in, studio_at
from workbench.core.events import Event, Notice, StepDone
from workbench.core.plan import TrainingPlan
from workbench.engine import place
from workbench.store import safe_io
from workbench.store.checkpoints import CheckpointFolder
from workbench.studio import Run, Studio

ROOT = Path(__file__).parents[2]
STEPS = 30


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the run comes to that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    told(studio_at(folder / "work").start(plan_in(folder, STEPS)))
    return outcome_of(folder / "work")


@pytest.fixture
def plan(tmp_path: Path) -> TrainingPlan:
    return plan_in(tmp_path, STEPS)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return studio_at(tmp_path / "work")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(place, "TRY_AGAIN_SECONDS", 0.01)
    with busy_keeper():
        yield


def told(run: Run, listen: Callable[[Event], None] = lambda event: None) -> list[Event]:
    events = []
    for event in run.events():
        events.append(event)
        listen(event)
    return events


def codes(events: list[Event]) -> list[str]:
    return [event.code for event in events if isinstance(event, Notice)]


def waits(events: list[Event]) -> int:
    return sum(getattr(event, "phase", "") == "waiting" for event in events)


class Full:
    """While `on`, no folder called `name` can be made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.on = False
        real = safe_io.staged_folder

        @contextmanager
        def staged(path: str | Path) -> Iterator[Path]:
            with real(path) as stage:
                yield stage
                if self.on and Path(path).name == name:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        monkeypatch.setattr(safe_io, "staged_folder", staged)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Full:
    return Full(monkeypatch, "model")


def test_that_a_run_without_room_for_checkpoints_goes_on(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = CheckpointFolder.staged

    def staged(self: CheckpointFolder, step: int) -> AbstractContextManager[Path]:
        if 8 <= step <= 22:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        return real(self, step)

    monkeypatch.setattr(CheckpointFolder, "staged", staged)
    events = told(studio.start(plan))
    assert codes(events) == ["T12"]
    assert waits(events) == 0
    assert outcome_of(tmp_path / "work") == expected


def test_that_a_run_without_room_for_its_model_waits_and_goes_on_by_itself(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], full: Full, tmp_path: Path
) -> None:
    seen = []

    def listen(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == 9:
            full.on = True
        elif getattr(event, "phase", "") == "waiting":
            seen.append(event)
            full.on = len(seen) < 5

    events = told(studio.start(plan), listen)
    assert codes(events) == ["T13"]
    assert waits(events) == 5
    assert outcome_of(tmp_path / "work") == expected


def test_that_a_waiting_run_that_is_stopped_can_be_resumed(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], full: Full, tmp_path: Path
) -> None:
    run = studio.start(plan)

    def listen(event: Event) -> None:
        full.on = full.on or (isinstance(event, StepDone) and event.step == 14)
        if getattr(event, "phase", "") == "waiting":
            run.stop()

    events = told(run, listen)
    assert (events[-1].outcome, events[-1].mendable) == ("failed", True)  # type: ignore[union-attr]
    assert "disk is full" in events[-1].message  # type: ignore[union-attr]
    full.on = False
    told(studio.resume(run.id))
    assert outcome_of(tmp_path / "work") == expected


def test_that_a_waiting_run_that_is_paused_is_paused_when_there_is_room(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], full: Full, tmp_path: Path
) -> None:
    run, seen = studio.start(plan), []

    def listen(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == 14:
            full.on = True
        if getattr(event, "phase", "") == "waiting":
            run.pause()
            seen.append(event)
            full.on = len(seen) < 3

    events = told(run, listen)
    assert events[-1].outcome == "paused"  # type: ignore[union-attr]
    told(studio.resume(run.id))
    assert outcome_of(tmp_path / "work") == expected


def test_that_a_pause_waits_for_room_for_its_checkpoint(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    full = Full(monkeypatch, "step-0000000012")
    full.on = True
    run, seen = studio.start(plan), []

    def listen(event: Event) -> None:
        if isinstance(event, StepDone) and event.step == 12:
            run.pause()
        if getattr(event, "phase", "") == "waiting":
            seen.append(event)
            full.on = len(seen) < 3

    events = told(run, listen)
    assert (events[-1].outcome, waits(events)) == ("paused", 3)  # type: ignore[union-attr]
    told(studio.resume(run.id))
    assert outcome_of(tmp_path / "work") == expected


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EMFILE], ids=errno.errorcode.get)
@pytest.mark.parametrize("times", [2, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_that_one_refused_call_of_the_disk_changes_nothing(
    tmp_path: Path, expected: dict[str, Any], error: int, times: int
) -> None:
    """From the first step on any call may fail, in whichever file, whoever makes it."""
    dice = random.Random(error)
    for number in range(times):
        folder = tmp_path / str(number)
        folder.mkdir()
        studio = studio_at(folder / "work")
        stream = studio.start(plan_in(folder, STEPS)).events()
        events: list[Event] = []
        for event in stream:
            events.append(event)
            if isinstance(event, StepDone):
                break
        call = dice.randint(1, 2500)
        with faults(call, error):
            events += stream
        assert events[-1].outcome == "completed", (call, events[-1])  # type: ignore[union-attr]
        found = outcome_of(folder / "work")
        found["lying about"] = []  # a temp that could not be removed is swept another day
        assert {name: value for name, value in found.items() if value != expected[name]} == {}, call


def test_that_a_tokenizer_that_does_not_fit_is_waited_for(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its library says with a plain Exception that the disk is full."""
    import transformers

    save, refused = transformers.PreTrainedTokenizerFast.save_pretrained, []

    def full(self: Any, folder: Any, *arguments: Any, **options: Any) -> Any:
        if ".part" in str(folder) and len(refused) < 3:
            refused.append(folder)
            raise Exception("No space left on device (os error 28)")
        return save(self, folder, *arguments, **options)

    monkeypatch.setattr(transformers.PreTrainedTokenizerFast, "save_pretrained", full)
    events = told(studio.start(plan))
    assert events[-1].outcome == "completed", events[-1]  # type: ignore[union-attr]
    assert (codes(events), waits(events)) == (["T13"], 3)
    assert outcome_of(tmp_path / "work") == expected


FULL_DISK = """
import os, sys
from pathlib import Path
from tests.faults.run_killing import busy_keeper, outcome_of, plan_in, studio_at
from workbench.core.events import Notice, StepDone
import json

root, left = Path(sys.argv[1]), int(sys.argv[2])
ballast = root / "ballast"


def fill():
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    os.truncate(ballast, max(0, ballast.stat().st_size - left))


run = studio_at(root / "work").start(plan_in(root, 30))
codes, waits = [], 0
with busy_keeper():
    for event in run.events():
        if isinstance(event, StepDone) and event.step == 9:
            fill()
        elif getattr(event, "phase", "") == "waiting" or isinstance(event, StepDone) and event.step == 17:
            waits += getattr(event, "phase", "") == "waiting"
            ballast.unlink(missing_ok=True)
        elif isinstance(event, Notice):
            codes.append(event.code)
assert event.outcome == "completed", event
print(json.dumps([codes, waits, outcome_of(root / "work")]))
"""


def _may_mount() -> bool:
    if sys.platform != "linux":
        return False
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _may_mount(), reason="needs to be allowed to mount a small disk")
@pytest.mark.parametrize(
    "left",
    [0, 40_000, *(pytest.param(size, marks=pytest.mark.slow) for size in range(4096, 200_000, 4096))],
)
def test_that_a_disk_that_is_really_full_costs_nothing_but_time(
    tmp_path: Path, expected: dict[str, Any], left: int
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f'mount -t tmpfs -o size=3m tmpfs "{disk}" && exec "$0" -c "$1" "{disk}" {left}'
    said = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, sys.executable, FULL_DISK], capture_output=True, text=True, cwd=ROOT
    )
    assert said.returncode == 0, said.stderr[-3000:]
    codes, _, found = json.loads(said.stdout.splitlines()[-1])
    assert set(codes) <= {"T12", "T13", "S09"}
    assert codes
    assert found == json.loads(json.dumps(expected))
