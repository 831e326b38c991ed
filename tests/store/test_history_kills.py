"""Processes that are killed, and processes that write at the same time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.store import locks, safe_io
from workbench.store.history import History
from workbench.store.run_folder import RunFolder
from workbench.store.settings import load_settings

ROOT = Path(__file__).parents[2]

WRITER = """
import itertools, os, sys
sys.path[:0] = [{tests!r}, {root!r}]
from conftest import PLAN, tell_story
from workbench.core.events import ModelSaved
from workbench.store import safe_io
from workbench.store.history import History
from workbench.store.settings import Settings, save_settings
history = History({workspace!r})
print("ready", flush=True)
for number in itertools.count() if {runs} == 0 else range({runs}):
    run = f"{stem}-{{number}}"
    name = history.unique_name("{stem}")
    record = history.open_run(run, name, history.workspace.runs / name, PLAN)
    for event in history.record(run, tell_story(run, 30)):
        if isinstance(event, ModelSaved):
            for version in ("1", "2"):
                with safe_io.staged_folder(history.workspace.runs / name / "model") as stage:
                    for part in ("weights", "config"):
                        safe_io.write_text(stage / part, version * 1000)
    print("done", run, flush=True)
    history.rename(run, f"{{name}} renamed")
    print("renamed", run, flush=True)
    save_settings(history.workspace.root / "settings.json", Settings(workspace="/w" + str(number % 100)))
    if number % 2:
        history.delete(run)
        print("deleted", run, flush=True)
"""


def start_writer(workspace: Path, stem: str, runs: int = 0) -> subprocess.Popen[str]:
    script = WRITER.format(
        tests=str(Path(__file__).parent), root=str(ROOT), workspace=str(workspace), stem=stem, runs=runs
    )
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check(workspace: Path, acknowledged: set[tuple[str, str]]) -> None:
    with History(workspace) as history:
        assert history.notes == []
        listed = {run.id: run for run in history.runs() + history.runs(deleted=True)}
        for what, run_id in acknowledged:
            run = listed[run_id]
            assert run.state == "completed"
            assert what != "renamed" or run.name.endswith("renamed")
            assert what != "deleted" or run.deleted
        for run in listed.values():
            assert run.state in ("completed", "interrupted")
            steps = history.curves(run.id).steps
            assert steps == list(range(1, len(steps) + 1))
            assert run.state != "completed" or len(steps) == 30
            folder = RunFolder(run.folder)
            assert folder.info().state == run.state
            assert folder.plan() is not None
            model = folder.model_path
            if run.state == "completed":
                assert model.exists()
            if model.exists():
                assert len({(model / part).read_text() for part in ("weights", "config")}) == 1
            # The temp of a rename that was killed goes at a later `purge`; nothing else may be left.
            assert all(path.name.endswith(".part") for path in folder.path.rglob(".*"))
            assert run.state == "completed" or list(folder.path.rglob(".*")) == []


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a matter of Unix")
@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_that_a_kill_at_any_moment_loses_nothing_acknowledged(tmp_path: Path, kills: int) -> None:
    dice = random.Random(kills)
    workspace = tmp_path / "workspace"
    acknowledged: set[tuple[str, str]] = set()
    for kill in range(kills):
        writer = start_writer(workspace, f"k{kill}")
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n", writer.stderr.read() if writer.stderr else ""
        time.sleep(dice.uniform(0.0, 0.2))
        os.kill(writer.pid, signal.SIGKILL)
        told, _ = writer.communicate(timeout=30)
        acknowledged |= {(what, run) for what, run in (line.split() for line in told.splitlines() if " " in line)}
        check(workspace, acknowledged)
        load_settings(workspace / "settings.json", tell=pytest.fail)
    assert len(acknowledged) > kills // 2


def test_that_two_processes_write_the_same_history(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    writers = [start_writer(workspace, stem, runs=6) for stem in ("a", "b", "same")]
    with History(workspace) as history:
        while any(writer.poll() is None for writer in writers):
            for run in history.runs():
                history.curves(run.id)
            time.sleep(0.02)
    for writer in writers:
        _, trouble = writer.communicate(timeout=60)
        assert writer.returncode == 0, trouble
    check(workspace, {("done", f"{stem}-{number}") for stem in ("a", "b", "same") for number in range(6)})
    with History(workspace) as history:
        runs = history.runs() + history.runs(deleted=True)
        assert len({run.sequence for run in runs}) == len({run.name for run in runs}) == 18


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a matter of Unix")
def test_that_only_the_run_of_the_dead_process_is_interrupted(tmp_path: Path, plan, story) -> None:
    workspace = tmp_path / "workspace"
    with History(workspace) as history:
        history.open_run("mine", "mine", history.workspace.runs / "mine", plan)
        stream = history.record("mine", story("mine"))
        next(stream)
        script = (
            f"import sys, time; sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(ROOT)!r}]\n"
            "from conftest import PLAN; from workbench.store.history import History\n"
            f"history = History({str(workspace)!r})\n"
            "history.open_run('other', 'other', history.workspace.runs / 'other', PLAN)\n"
            "print('open', flush=True); time.sleep(60)"
        )
        other = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with History(workspace) as third:
            assert {run.id: run.state for run in third.runs()} == {"mine": "running", "other": "running"}
        other.kill()
        other.communicate()
        with History(workspace) as third:
            assert {run.id: run.state for run in third.runs()} == {"mine": "running", "other": "interrupted"}
        list(stream)
        assert history.run("mine").state == "completed"


def test_that_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not locks.is_held(path)
    lock = locks.try_lock(path)
    assert lock is not None
    assert locks.try_lock(path) is None
    assert locks.is_held(path)
    lock.release()
    lock.release()
    assert not locks.is_held(path)


def test_that_a_lock_whose_file_was_taken_away_meanwhile_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.lock"
    first = locks.try_lock(path)
    assert first is not None
    real = locks._lock

    def late(file: int) -> None:
        # Its holder lets go just after the other has opened the file.
        first.release(remove=True)
        real(file)

    monkeypatch.setattr(locks, "_lock", late)
    second = locks.try_lock(path)
    assert second is not None
    assert path.exists()
    assert locks.try_lock(path) is None
    second.release(remove=True)


def test_that_waiting_for_a_lock_ends(tmp_path: Path) -> None:
    lock = locks.try_lock(tmp_path / "a.lock")
    with pytest.raises(TimeoutError), locks.waiting_lock(tmp_path / "a.lock", seconds=0.1):
        pytest.fail("two holders")
    assert lock is not None
    lock.release(remove=True)
    assert not (tmp_path / "a.lock").exists()
    with pytest.raises(FileNotFoundError) as caught:
        locks.try_lock(tmp_path / "gone" / "a.lock")
    assert safe_io.explain(caught.value).problems[0].code == "S04"
