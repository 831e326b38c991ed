"""A run that ended or broke off goes on from its checkpoint, as one run with one story."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import (
    CheckpointSaved,
    Evaluated,
    Event,
    ModelSaved,
    Notice,
    PhaseChanged,
    RunFinished,
    RunStarted,
    StepDone,
)
from workbench.store.history import History
from workbench.store.run_folder import RunFolder


def replace(event: Event, **changes: object) -> Event:
    return msgspec.structs.replace(event, **changes)


def begin(history: History, story, plan, outcome: str = "", steps: int = 20, until: int = 20) -> list[Event]:
    """Record run-1, with checkpoints every 5 steps, to `until`; then it ends with `outcome`, or breaks off for ""."""
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    events: list[Event] = []
    for event in story(steps=steps):
        if isinstance(event, RunFinished):
            break
        events.append(event)
        if isinstance(event, StepDone) and event.step % 5 == 0:
            events.append(CheckpointSaved(step=event.step, seconds=0.1, bytes=100))
        if isinstance(event, StepDone) and event.step == until:
            break
    if outcome:
        events.append(RunFinished(outcome=outcome, steps=until, seconds=until / 100, best_step=10))
    list(history.record("run-1", iter(events)))
    return events


def rest(story, step: int, steps: int = 20) -> Iterator[Event]:
    """The stream of a run that goes on after `step`."""
    for event in story(steps=steps):
        if isinstance(event, RunStarted):
            yield replace(event, first_step=step, started=2_000_000.0)
        elif getattr(event, "step", step + 1) > step:
            yield event


def folder_of(history: History) -> RunFolder:
    return RunFolder(history.run("run-1").folder)


@pytest.mark.parametrize("outcome", ["", "paused", "stopped", "failed", "completed", "early_stopped"])
def test_that_a_run_goes_on_from_its_checkpoint(history: History, story, plan, outcome: str) -> None:
    begin(history, story, plan, outcome, until=17)
    assert history.run("run-1").state == (outcome or "interrupted")
    reopened = history.reopen("run-1", plan, step=15, judged_step=10)
    assert (reopened.state, reopened.steps, reopened.best_step, reopened.score) == ("running", 15, 10, 0.9)
    assert history.run("run-1") == reopened
    assert history.curves("run-1").steps == list(range(1, 16))
    list(history.record("run-1", rest(story, 15)))
    run = history.run("run-1")
    assert (run.state, run.steps, run.total_steps, run.best_step) == ("completed", 20, 20, 10)
    assert run.started == 1_000_000.0
    assert history.curves("run-1").steps == list(range(1, 21))
    assert [point.step for point in history.curves("run-1").validation] == [10, 20]
    started = [event.first_step for event in history.events("run-1") if isinstance(event, RunStarted)]
    assert started == [0, 15]
    assert not folder_of(history).lock_path.exists()


def test_that_the_folder_alone_gives_the_same_run(history: History, story, plan) -> None:
    begin(history, story, plan, "paused", until=17)
    history.reopen("run-1", plan, step=15, judged_step=10)
    list(history.record("run-1", rest(story, 15)))
    before, curves, events = history.run("run-1"), history.curves("run-1"), history.events("run-1")
    folder_of(history).info_path.write_bytes(b"{")
    history.close()
    for path in history.workspace.root.glob("history.sqlite*"):
        path.unlink()
    with History(history.workspace.root) as again:
        assert (again.curves("run-1"), again.events("run-1")) == (curves, events)
        assert again.run("run-1") == before


def test_that_only_what_lies_before_the_checkpoint_stays(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    told = list(story())
    started, look, end = told[1], next(event for event in told if isinstance(event, Evaluated)), told[-1]
    steps = [event for event in told if isinstance(event, StepDone)]
    before = [
        PhaseChanged(phase="importing"),
        started,
        PhaseChanged(phase="training"),
        *steps[:10],
        replace(look, step=8),
        ModelSaved(step=8, folder="model"),
        PhaseChanged(phase="saving"),
        CheckpointSaved(step=10, seconds=1, bytes=1),
        steps[10],
        steps[11],
        Notice(code="T01", message="told early"),
    ]
    # The checkpoint of 12 was made before the look at 12 was taken.
    after = [
        replace(look, step=12),
        ModelSaved(step=12, folder="model"),
        steps[12],
        PhaseChanged(phase="evaluating"),
        CheckpointSaved(step=13, seconds=1, bytes=1),
        replace(look, part="test", step=8),
        replace(started, first_step=13),
        end,
    ]
    late = Notice(code="T02", message="told late")
    list(history.record("run-1", iter([*before, *after[:3], late, *after[3:]])))
    history.reopen("run-1", plan, step=12, judged_step=8)
    assert list(folder_of(history).events()) == [*before, late]
    assert history.events("run-1") == [event for event in [*before, late] if not isinstance(event, StepDone)]
    assert history.run("run-1").best_step == 8


def test_that_damaged_lines_and_a_torn_end_do_no_harm(history: History, story, plan) -> None:
    begin(history, story, plan, until=12)
    folder = folder_of(history)
    lines = folder.events_path.read_bytes().splitlines(keepends=True)
    lines[7:7] = [b'{"event": "StepDone", \xff\n', b"[" * 100_000 + b"\n"]
    folder.events_path.write_bytes(b"".join(lines) + b'{"event": "StepD')
    history.reopen("run-1", plan, step=12, judged_step=10)
    list(history.record("run-1", rest(story, 12)))
    assert [event.step for event in folder.events() if isinstance(event, StepDone)] == list(range(1, 21))
    assert history.curves("run-1").steps == list(range(1, 21))


def test_that_a_last_line_without_its_end_is_kept_whole(history: History, story, plan) -> None:
    begin(history, story, plan, until=5)
    folder = folder_of(history)
    folder.events_path.write_bytes(folder.events_path.read_bytes().rstrip(b"\n"))
    history.reopen("run-1", plan, step=5, judged_step=0)
    list(history.record("run-1", rest(story, 5)))
    assert history.curves("run-1").steps == list(range(1, 21))


def test_that_a_changed_plan_is_written_and_the_old_ones_are_kept(history: History, story, plan) -> None:
    begin(history, story, plan, "failed", until=12)
    folder = folder_of(history)
    plans = [plan, msgspec.structs.replace(plan, learning_rate=1e-5), msgspec.structs.replace(plan, epochs=9)]
    for new in (*plans, plans[2]):
        history.reopen("run-1", new, step=10, judged_step=10)
        list(history.record("run-1", iter([])))
    assert folder.plan() == plans[2]
    kept = sorted(path.name for path in folder.path.glob("plan*.json"))
    assert kept == ["plan-1.json", "plan-2.json", "plan.json"]
    for name, old in zip(kept, plans[:2], strict=False):
        assert RunFolder(folder.path).plan_path.with_name(name).read_bytes() == msgspec.json.format(
            msgspec.json.encode(old), indent=2
        )


def test_that_a_damaged_plan_is_kept_beside_the_new_one(history: History, story, plan) -> None:
    begin(history, story, plan, until=12)
    folder = folder_of(history)
    folder.plan_path.write_bytes(b"{")
    history.reopen("run-1", plan, step=10, judged_step=10)
    assert folder.plan() == plan
    assert (folder.path / "plan-1.json").read_bytes() == b"{"


def test_that_more_epochs_show_as_the_new_total(history: History, story, plan) -> None:
    begin(history, story, plan, "completed")
    history.reopen("run-1", plan, step=20, judged_step=20)
    list(history.record("run-1", rest(story, 20, steps=40)))
    run = history.run("run-1")
    assert (run.total_steps, run.steps, run.started) == (40, 40, 1_000_000.0)
    assert history.curves("run-1").steps == list(range(1, 41))


def test_that_a_run_that_is_going_is_not_reopened(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    stream = history.record("run-1", story())
    next(stream)
    with History(history.workspace.root) as other:
        for one in (history, other):
            with pytest.raises(WorkbenchError, match="still going"):
                one.reopen("run-1", plan, step=5, judged_step=0)
            with pytest.raises(WorkbenchError, match="still going"):
                one.keep("run-1")
    list(stream)
    assert history.curves("run-1").steps == list(range(1, 21))
    history.reopen("run-1", plan, step=5, judged_step=0)
    with pytest.raises(WorkbenchError, match="still going"):
        history.reopen("run-1", plan, step=5, judged_step=0)
    with pytest.raises(WorkbenchError, match="still going"):
        history.delete("run-1")


def test_that_a_run_in_the_bin_is_not_reopened(history: History, story, plan) -> None:
    begin(history, story, plan, "paused")
    history.delete("run-1")
    with pytest.raises(WorkbenchError, match="in the bin"):
        history.reopen("run-1", plan, step=5, judged_step=0)
    history.restore("run-1")
    assert history.reopen("run-1", plan, step=5, judged_step=0).steps == 5


def test_that_a_reopened_run_whose_process_ends_is_interrupted(history: History, story, plan) -> None:
    begin(history, story, plan, "paused")
    history.reopen("run-1", plan, step=5, judged_step=0)
    history.close()
    with History(history.workspace.root) as again:
        run = again.run("run-1")
        assert (run.state, run.steps) == ("interrupted", 5)
        again.reopen("run-1", plan, step=5, judged_step=0)


def test_that_paused_is_a_state_that_the_folder_explains(history: History, story, plan, english) -> None:
    begin(history, story, plan, "paused")
    folder = folder_of(history)
    assert "paused" in folder.readme_path.read_text("utf-8")
    assert "checkpoints/" not in folder.readme_path.read_text("utf-8")
    assert folder.info().state == "paused"
    with folder.checkpoints.staged(5) as stage:
        (stage / "state.json").write_bytes(b"{}")
    history.rename("run-1", "b")
    assert "checkpoints/" in folder.readme_path.read_text("utf-8")


def test_that_keeping_gives_up_the_checkpoints_and_nothing_else(history: History, story, plan) -> None:
    begin(history, story, plan, until=17)
    folder = folder_of(history)
    with folder.checkpoints.staged(15) as stage:
        (stage / "state.json").write_bytes(b"{}")
    run = history.keep("run-1")
    assert (run.state, run.steps, run.score) == ("stopped", 17, 0.9)
    assert not folder.checkpoints_path.exists()
    assert "checkpoints/" not in folder.readme_path.read_text("utf-8")
    assert folder.info().state == "stopped"
    assert history.keep("run-1").state == "stopped"
    assert history.curves("run-1").steps == list(range(1, 18))
    assert not folder.lock_path.exists()


def test_that_keeping_a_run_that_reached_its_end_changes_nothing(history: History, story, plan) -> None:
    begin(history, story, plan, "completed")
    with folder_of(history).checkpoints.staged(20) as stage:
        (stage / "state.json").write_bytes(b"{}")
    assert history.keep("run-1").state == "completed"
    assert folder_of(history).checkpoints.newest() is not None


def test_that_only_the_newest_runs_that_are_over_keep_checkpoints(history: History, add_run, plan, story) -> None:
    for number in range(8):
        add_run(history, f"run-{number}")
    for number, outcome in ((8, "paused"), (9, ""), (10, "stopped")):
        history.open_run(f"run-{number}", "b", history.workspace.runs / f"b-{number}", plan)
        end = [RunFinished(outcome=outcome, steps=0, seconds=0)] if outcome else []
        list(history.record(f"run-{number}", iter(end)))
    for run in history.runs():
        if run.id != "run-7":
            with history.checkpoints(run.id).staged(5) as stage:
                (stage / "state.json").write_bytes(b"{}")
    history.delete("run-6")
    assert history.drop_old_checkpoints(3) == 5
    kept = [run.id for run in history.runs() + history.runs(deleted=True) if history.checkpoints(run.id).newest()]
    assert kept == ["run-10", "run-9", "run-8", "run-5", "run-6"]
    assert history.drop_old_checkpoints(3) == 0


def test_that_a_run_that_is_going_again_loses_no_checkpoints(history: History, add_run, plan) -> None:
    add_run(history)
    with history.checkpoints("run-1").staged(5) as stage:
        (stage / "state.json").write_bytes(b"{}")
    history.reopen("run-1", plan, step=5, judged_step=0)
    with History(history.workspace.root) as other:
        assert other.drop_old_checkpoints(0) == 0
    assert history.drop_old_checkpoints(0) == 0
    assert history.checkpoints("run-1").newest() is not None


def test_that_events_are_on_the_disk_before_their_checkpoint_appears(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    seen: list[int] = []

    def write_checkpoint(step: int) -> None:
        with history.checkpoints("run-1").staged(step) as stage:
            (stage / "state.json").write_bytes(b"{}")
        seen.append(folder_of(history).last_step().step)

    for event in history.record("run-1", story()):
        if isinstance(event, StepDone) and event.step % 4 == 0:
            thread = threading.Thread(target=write_checkpoint, args=(event.step,))
            thread.start()
            thread.join()
    assert seen == [4, 8, 12, 16, 20]
    assert history.curves("run-1").steps == list(range(1, 21))
    write_checkpoint(30)


HOLDER = """
import sys
sys.path[:0] = [{tests!r}, {root!r}]
from conftest import PLAN, tell_story
from workbench.store.history import History
history = History({workspace!r})
stream = history.record("run-1", tell_story()) if {fresh} else None
if {fresh}:
    history.open_run("run-1", "a", history.workspace.runs / "a", PLAN)
    for event in stream:
        if getattr(event, "step", 0) == 12:
            break
else:
    history.reopen("run-1", PLAN, step=5, judged_step=0)
print("going", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("fresh", [True, False], ids=["recorded", "reopened"])
def test_that_a_run_of_another_process_is_reopened_only_after_its_end(tmp_path: Path, story, plan, fresh: bool) -> None:
    workspace = tmp_path / "workspace"
    with History(workspace) as history:
        if not fresh:
            begin(history, story, plan, "paused")
        script = HOLDER.format(
            tests=str(Path(__file__).parent), root=str(Path(__file__).parents[2]), workspace=str(workspace), fresh=fresh
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == "going\n"
        for action in (
            lambda: history.reopen("run-1", plan, step=5, judged_step=0),
            lambda: history.keep("run-1"),
            lambda: history.delete("run-1"),
        ):
            with pytest.raises(WorkbenchError, match="still going"):
                action()
        holder.kill()
        holder.communicate()
        # The run is still noted as running: nobody has looked since the process died.
        history.reopen("run-1", plan, step=5, judged_step=0)
        list(history.record("run-1", rest(story, 5)))
        assert history.curves("run-1").steps == list(range(1, 21))
