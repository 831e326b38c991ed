"""What the world does to a run meanwhile: files that change, sleep, clocks that jump, rivals, the end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.run_killing import busy_keeper, outcome_of, plan_in, studio_at
from tests.faults.run_soaking import soak
from workbench.core.events import Event, RunStarted, StepDone, decode_event
from workbench.core.plan import TrainingPlan
from workbench.studio import Run, Studio

ROOT = Path(__file__).parents[2]
STEPS = 30
UNIX = pytest.mark.skipif(os.name == "nt", reason="a matter of Unix")


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
def studio(tmp_path: Path) -> Iterator[Studio]:
    with busy_keeper():
        yield studio_at(tmp_path / "work")


def told(run: Run, listen: Callable[[Event], None] = lambda event: None) -> list[Event]:
    events = []
    for event in run.events():
        events.append(event)
        listen(event)
    return events


# The data file.

CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (lambda data: data.write_text("text,label\nother,no\nrows,yes\n", encoding="utf-8"), "has changed"),
    "renamed": (lambda data: data.rename(data.with_name("other.csv")), "is not there any more"),
    "deleted": (lambda data: data.unlink(), "is not there any more"),
    "emptied": (lambda data: data.write_bytes(b""), "has changed"),
    "a folder": (lambda data: (data.unlink(), data.mkdir()), "is not there any more"),
}


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("change", CHANGES)
def test_that_a_data_file_may_change_while_its_run_trains(
    tmp_path: Path, expected: dict[str, Any], change: str, times: int
) -> None:
    work, said = CHANGES[change]
    dice = random.Random(change)
    for number in range(times):
        folder = tmp_path / str(number)
        folder.mkdir()
        plan, studio = plan_in(folder, STEPS), studio_at(folder / "work")
        run = studio.start(plan)
        change_at, pause_at = dice.randint(0, 15), dice.randint(16, STEPS - 1)

        def listen(event: Event, run: Run = run, plan: TrainingPlan = plan) -> None:
            step = 0 if isinstance(event, RunStarted) else getattr(event, "step", -1)
            if isinstance(event, RunStarted | StepDone) and step == change_at:  # noqa: B023
                work(Path(plan.dataset.path))
            elif isinstance(event, StepDone) and step == pause_at:  # noqa: B023
                run.pause()

        assert told(run, listen)[-1].outcome == "paused"  # type: ignore[union-attr]
        found = studio.resumable(run.id)
        assert found is not None
        assert said in found.changed_data
        told(studio.resume(run.id))
        assert outcome_of(folder / "work") == expected


def test_that_a_data_file_that_is_as_it_was_is_not_said_to_have_changed(studio: Studio, plan: TrainingPlan) -> None:
    run = studio.start(plan)
    told(run, lambda event: run.pause() if isinstance(event, StepDone) else None)
    found = studio.resumable(run.id)
    assert found is not None
    assert found.changed_data == ""


# The end of a run.


def test_that_a_run_paused_in_its_last_look_is_completed_by_a_resume(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], tmp_path: Path
) -> None:
    run, last = studio.start(plan), [0]

    def listen(event: Event) -> None:
        last[0] = event.step if isinstance(event, StepDone) else last[0]
        if last[0] == STEPS and getattr(event, "phase", "") == "evaluating":
            run.pause()

    events = told(run, listen)
    assert (events[-1].outcome, events[-1].steps) == ("paused", STEPS)  # type: ignore[union-attr]
    found = studio.resumable(run.id)
    assert found is not None
    assert found.left
    told(studio.resume(run.id))
    assert outcome_of(tmp_path / "work") == expected


# Sleep and clocks.


@UNIX
def test_that_a_process_that_sleeps_in_the_middle_ends_the_same(tmp_path: Path, expected: dict[str, Any]) -> None:
    program = "from tests.faults.run_killing import *; import sys; p = Path(sys.argv[1]); train_on(p / 'work', "
    program += f"plan_in(p, {STEPS}), lambda what: print(json.dumps(what), flush=True))"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("step") in (3, 11, 20):
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.0)
            process.send_signal(signal.SIGCONT)
    assert process.wait() == 0
    assert outcome_of(tmp_path / "work") == expected


def test_that_a_clock_that_jumps_ten_years_changes_nothing(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real, decade, steps = time.time, 10 * 365 * 86400.0, [0]
    monkeypatch.setattr(time, "time", lambda: real() + decade * (-1, 0, 1)[steps[0] % 3])

    def listen(event: Event) -> None:
        steps[0] += isinstance(event, StepDone)
        if isinstance(event, StepDone) and event.step == 17:
            run.pause()

    run = studio.start(plan)
    told(run, listen)
    told(studio.resume(run.id), listen)
    assert outcome_of(tmp_path / "work") == expected
    for line in (run.folder / "events.jsonl").read_bytes().splitlines():
        event = decode_event(line)
        assert getattr(event, "seconds", 0.0) >= 0
    seconds = [
        event.seconds
        for event in map(decode_event, (run.folder / "events.jsonl").read_bytes().splitlines())
        if isinstance(event, StepDone)
    ]
    assert seconds == sorted(seconds)
    second = studio.start(plan)
    steps[0] += 1
    third = studio.start(plan)
    assert [record.id for record in studio.runs()] == [third.id, second.id, run.id]
    studio.history.purge()
    assert len(studio.runs()) == 3


# Rivals.

RIVAL = """
import sys, time
from pathlib import Path
from tests.faults.run_killing import studio_at
from workbench.core.errors import WorkbenchError
from workbench.engine.warm import warm

warm()
studio = studio_at(Path(sys.argv[1]))
(run,) = [run for run in studio.runs() if run.state != "completed"]
print("ready", flush=True)
sys.stdin.readline()
try:
    events = list(studio.resume(run.id).events())
    print("won", events[-1].outcome, flush=True)
except WorkbenchError as error:
    print("lost", error.problems[0].code, str(error), flush=True)
"""


@pytest.mark.parametrize("races", [1, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_that_of_two_processes_that_resume_one_run_one_trains_and_one_is_told(
    tmp_path: Path, expected: dict[str, Any], races: int
) -> None:
    for number in range(races):
        folder = tmp_path / str(number)
        folder.mkdir()
        studio = studio_at(folder / "work")
        run = studio.start(plan_in(folder, STEPS))
        told(run, lambda event, run=run: run.pause() if isinstance(event, StepDone) else None)  # type: ignore[misc]
        studio.history.close()
        rivals = [
            subprocess.Popen(
                [sys.executable, "-c", RIVAL, str(folder / "work")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for _ in range(2)
        ]
        for rival in rivals:
            assert rival.stdout is not None
            assert rival.stdout.readline() == "ready\n"
        for rival in rivals:
            assert rival.stdin is not None
            rival.stdin.write("go\n")
            rival.stdin.flush()
        said = sorted(rival.communicate()[0].strip() for rival in rivals)
        assert said[0].startswith("lost "), said
        assert len(said[0]) > 20, "it is told in words"
        assert said[1] == "won completed"
        assert outcome_of(folder / "work") == expected


def test_that_another_process_may_start_runs_in_the_same_workspace_meanwhile(
    studio: Studio, plan: TrainingPlan, expected: dict[str, Any], tmp_path: Path
) -> None:
    program = "from tests.faults.run_killing import *; import sys; p = Path(sys.argv[1])\n"
    program += "for _ in range(3): assert list(studio_at(p / 'work').start(plan_in(p, 5)).events())[-1].outcome"
    program += " == 'completed'"
    run = studio.start(plan)
    other: list[subprocess.Popen[str]] = []

    def listen(event: Event) -> None:
        if isinstance(event, RunStarted):
            other.append(
                subprocess.Popen(
                    [sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE, text=True, cwd=ROOT
                )
            )
        if isinstance(event, StepDone):
            time.sleep(0.2)  # so that both are at it

    told(run, listen)
    assert other[0].wait() == 0, other[0].communicate()[1]
    records = studio.runs()
    assert [record.state for record in records] == ["completed"] * 4
    assert len({record.name for record in records}) == 4
    assert sorted(record.steps for record in records) == [5, 5, 5, STEPS]
    curves = studio.curves(run.id)
    assert [curves.steps, curves.losses] == [expected["curves"][0], expected["curves"][2]]


# The end of the session.

TINY = ("--model", "scratch", "--layers", "1", "--hidden-size", "16", "--heads", "2", "--vocabulary", "200")


def cli(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "workbench", *words, "--workspace", str(folder / "work")]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, encoding="utf-8"
    )


@UNIX
def test_that_a_terminal_that_is_told_to_end_pauses_and_resume_completes_to_the_bit(tmp_path: Path) -> None:
    flags = (*TINY, "--max-steps", "200", "--epochs", "1000", "--batch-size", "4", "--evaluate-every", "20")
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
        plan_in(tmp_path / name, 1)  # writes the data
    whole = cli(tmp_path / "whole", "train", str(tmp_path / "whole" / "data.csv"), *flags)
    assert whole.wait() == 0, whole.communicate()[1]
    broken = cli(tmp_path / "broken", "train", str(tmp_path / "broken" / "data.csv"), *flags, "--events", "-")
    assert broken.stdout is not None
    last = 0
    for line in broken.stdout:
        event = decode_event(line)
        if isinstance(event, StepDone):
            last = event.step
            if last == 50:
                broken.send_signal(signal.SIGTERM)
    assert broken.wait() == 130
    assert event.outcome == "paused"  # type: ignore[union-attr]
    assert 50 <= event.steps == last < 200  # type: ignore[union-attr]
    resumed = cli(tmp_path / "broken", "resume", "data-1", "--json")
    out, err = resumed.communicate()
    assert resumed.returncode == 0, err
    assert json.loads(out)["outcome"] == "completed"
    assert outcome_of(tmp_path / "broken" / "work") == outcome_of(tmp_path / "whole" / "work")


# Many runs.


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_that_fifty_runs_in_one_process_leave_nothing_behind(tmp_path: Path) -> None:
    figures = list(soak(tmp_path, 50))
    tenth, last = figures[9], figures[-1]
    assert last.memory - tenth.memory <= 50e6, [round(each.memory / 1e6) for each in figures]
    assert (last.threads, last.files) == (tenth.threads, tenth.files)
