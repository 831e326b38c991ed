"""Power cuts: whatever was not synced may be lost, in any way; what was acknowledged is there, whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.faults.conftest import go_on, read, step_of, write, write_files
from tests.faults.crash_states import Recording, build
from tests.store.conftest import PLAN
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.history import History
from workbench.store.run_folder import RunFolder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no sync of a folder")
CHANGED = msgspec.structs.replace(PLAN, learning_rate=1e-5)


def test_that_the_explorer_finds_a_file_that_was_not_synced(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"old")
    recording = Recording(tmp_path)
    with recording.running():
        write_files(tmp_path, {"new": b"1234"})
        recording.mark(1)
    trees = [tree.get("new") for tree, label, _ in recording.states() if label == 1]
    assert sorted(trees, key=str) == sorted([None, b"", b"12", b"1234"], key=str)
    assert all(tree["there"] == b"old" for tree, _, _ in recording.states())


def test_that_the_explorer_finds_a_rename_that_came_before_its_contents(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    with recording.running():
        write_files(tmp_path, {"part": b"1234"})
        os.replace(tmp_path / "part", tmp_path / "whole")
    assert {"whole": b""} in [tree for tree, _, _ in recording.states()]


def test_that_after_every_power_cut_the_newest_checkpoint_is_the_one_acknowledged_or_a_newer_one(
    tmp_path: Path,
) -> None:
    root = tmp_path / "run"
    root.mkdir()
    recording = Recording(root)
    with recording.running():
        place = CheckpointFolder(root / "checkpoints")
        for step, version in ((1, 0), (2, 0), (3, 0), (3, 1), (4, 0)):
            write(place, step, version)
            recording.mark(step)
    states = list(recording.states())
    for number, (tree, acknowledged, _) in enumerate(states):
        copy = tmp_path / str(number)
        build(tree, copy)
        place = CheckpointFolder(copy / "checkpoints")
        before = step_of(place.newest())
        place.heal()
        step = step_of(place.newest())
        assert step == before
        assert acknowledged <= step <= acknowledged + 1
        # Nothing that is in sight is half there: all that may be left of a removal is out of sight.
        assert place.notes == []
        shutil.rmtree(copy)
    assert len(states) > 300


def test_that_after_every_power_cut_the_rows_are_old_or_new_or_not_there_yet(tmp_path: Path) -> None:
    root = tmp_path / "run"
    root.mkdir()
    recording = Recording(root)
    with recording.running():
        for version in (1, 2):
            with CheckpointFolder(root / "checkpoints").staged_rows() as stage:
                write_files(stage, {"a": b"%d" % version * 300, "b": b"%d" % version * 500})
            recording.mark(version)
    for number, (tree, acknowledged, _) in enumerate(recording.states()):
        build(tree, tmp_path / str(number))
        place = CheckpointFolder(tmp_path / str(number) / "checkpoints")
        place.heal()
        rows = place.rows()
        found = {name: data[:1] for name, data in read(rows).items()}
        assert found in [dict.fromkeys("ab", b"%d" % one) if one else {} for one in (acknowledged, acknowledged + 1)]


def test_that_after_every_power_cut_clearing_left_everything_or_nothing(tmp_path: Path) -> None:
    root = tmp_path / "run"
    write(CheckpointFolder(root / "checkpoints"), 7)
    recording = Recording(root)
    with recording.running():
        CheckpointFolder(root / "checkpoints").clear()
        recording.mark(1)
    for number, (tree, cleared, _) in enumerate(recording.states()):
        build(tree, tmp_path / str(number))
        place = CheckpointFolder(tmp_path / str(number) / "checkpoints")
        assert step_of(place.newest()) in ((0,) if cleared else (0, 7))
        assert place.notes == []


@pytest.mark.parametrize("action", ["reopen", "keep"])
def test_that_after_every_power_cut_the_run_can_go_on(
    tmp_path: Path, add_trained: Callable[[str], Path], action: str
) -> None:
    workspace = add_trained("paused")

    def database() -> tuple[tuple[str, bytes], ...]:
        """What SQLite, which syncs for itself, has written."""
        return tuple((path.name, path.read_bytes()) for path in sorted(workspace.glob("history.sqlite*")))

    with History(workspace) as history:
        recording = Recording(workspace / "runs", beside=database)
        with recording.running():
            if action == "reopen":
                history.reopen("run-1", CHANGED, step=10, judged_step=10)
            else:
                history.keep("run-1")
            recording.mark(1)
    states = list(recording.states())
    for number, (tree, acknowledged, beside) in enumerate(states):
        copy = tmp_path / str(number)
        build(tree, copy / "runs")
        for name, data in beside:
            if not name.endswith("-shm"):
                (copy / name).write_bytes(data)
        with History(copy) as again:
            run = again.run("run-1")
            assert again.notes == []
            folder = RunFolder(run.folder)
            if action == "keep":
                assert run.state in (("stopped",) if acknowledged else ("paused", "stopped"))
                again.keep("run-1")
                assert again.run("run-1").state == "stopped"
                assert again.checkpoints("run-1").newest() is None
            else:
                assert run.state in (("interrupted",) if acknowledged else ("paused", "interrupted"))
                assert folder.plan() == CHANGED if acknowledged else folder.plan() in (PLAN, CHANGED)
                assert step_of(again.checkpoints("run-1").newest()) == 10
            go_on(again)
        shutil.rmtree(copy)
    assert len(states) > 30
