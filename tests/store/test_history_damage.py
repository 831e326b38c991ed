"""The index may be damaged in any way: the app opens, and the run folders give everything back."""

from __future__ import annotations

import errno
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.events import Notice
from workbench.store import database
from workbench.store.history import History
from workbench.store.run_folder import RunFolder
from workbench.store.safe_io import explain


@pytest.fixture
def workspace(tmp_path: Path, add_run) -> Path:
    """Three runs, one of them in the bin; nobody has it open."""
    with History(tmp_path / "workspace") as history:
        for number in (1, 2, 3):
            add_run(history, f"run-{number}", 50)
        history.delete("run-3")
    return tmp_path / "workspace"


def use_everything(workspace: Path) -> list[str]:
    """Do with every run what the window does. Returns the ids listed."""
    with History(workspace) as history:
        runs = history.runs() + history.runs(deleted=True)
        for run in runs:
            assert len(history.curves(run.id).steps) == 50
            assert len(history.events(run.id)) == 7
            history.rename(run.id, f"renamed {run.sequence}")
            (history.restore if run.deleted else history.delete)(run.id)
        history.purge()
        return sorted(run.id for run in runs)


@pytest.mark.parametrize("flips", [150, pytest.param(2000, marks=pytest.mark.slow)])
def test_that_flipped_bytes_never_keep_the_app_from_opening(workspace: Path, tmp_path: Path, flips: int) -> None:
    dice = random.Random(flips)
    size = (workspace / "history.sqlite").stat().st_size
    for number in range(flips):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(workspace, copy)
        data = bytearray((copy / "history.sqlite").read_bytes())
        for _ in range(dice.choice((1, 1, 8))):
            # Half of the flips in the header and the schema, where they do most harm.
            data[dice.randrange(dice.choice((100, 4096, size, size)))] ^= dice.randrange(1, 256)
        (copy / "history.sqlite").write_bytes(data)
        assert len(use_everything(copy)) == 3
        shutil.rmtree(copy)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 4096, 5000, 20000])
def test_that_a_truncated_file_is_built_again(workspace: Path, size: int) -> None:
    data = (workspace / "history.sqlite").read_bytes()
    (workspace / "history.sqlite").write_bytes(data[:size])
    assert use_everything(workspace) == ["run-1", "run-2", "run-3"]


@pytest.mark.parametrize("rubbish", [b"hello" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_that_rubbish_is_kept_aside_and_told(workspace: Path, rubbish: bytes) -> None:
    (workspace / "history.sqlite").write_bytes(rubbish)
    told: list[str] = []
    with History(workspace, tell=told.append) as history:
        assert [run.name for run in history.runs()] == ["reviews-2", "reviews-1"]
        assert [run.name for run in history.runs(deleted=True)] == ["reviews-3"]
        assert history.notes == told
    assert "history.sqlite.bad-1" in told[0]
    assert (workspace / "history.sqlite.bad-1").read_bytes() == rubbish


def test_that_a_damaged_log_of_sqlite_is_survived(workspace: Path, tmp_path: Path) -> None:
    dice = random.Random(3)
    holder = History(workspace)
    holder.rename("run-1", "renamed")
    wal = (workspace / "history.sqlite-wal").read_bytes()
    main = (workspace / "history.sqlite").read_bytes()
    holder.close()
    for number in range(30):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(workspace, copy)
        damaged = bytearray(wal)
        damaged[dice.randrange(len(wal))] ^= 0xFF
        (copy / "history.sqlite").write_bytes(main)
        (copy / "history.sqlite-wal").write_bytes(damaged)
        assert use_everything(copy) == ["run-1", "run-2", "run-3"]


def test_that_damage_while_open_is_mended_on_the_way(workspace: Path) -> None:
    with History(workspace) as history:
        history.runs()
        (workspace / "history.sqlite").unlink()
        assert [run.id for run in history.runs()] == ["run-2", "run-1"]
        shutil.copy(workspace / "history.sqlite", workspace / "other")
        (workspace / "other").write_bytes(b"x" * 5000)
        (workspace / "other").replace(workspace / "history.sqlite")
        assert [run.id for run in history.runs()] == ["run-2", "run-1"]
        assert history.curves("run-1").steps == list(range(1, 51))


def test_that_a_query_that_meets_damage_is_done_again(workspace: Path) -> None:
    with History(workspace) as history:
        history._database.write(lambda connection: connection.execute("DROP TABLE steps"))
        assert history.curves("run-1").steps == list(range(1, 51))
        assert history.runs(deleted=True)[0].id == "run-3"


def test_that_a_run_goes_on_when_the_index_is_lost_under_it(history: History, story, plan) -> None:
    history.open_run("run-1", "a", history.workspace.runs / "a", plan)
    for number, _ in enumerate(history.record("run-1", story(steps=100))):
        if number == 50:
            history._database.close()
            history.workspace.history.write_bytes(b"x" * 9000)
            for end in ("-wal", "-shm"):
                Path(f"{history.workspace.history}{end}").unlink(missing_ok=True)
    assert history.run("run-1").state == "completed"
    assert history.curves("run-1").steps == list(range(1, 101))


def test_that_a_flipped_bit_in_a_curve_is_noticed(workspace: Path) -> None:
    with History(workspace) as history:

        def flip(connection: sqlite3.Connection) -> None:
            packed = bytearray(connection.execute("SELECT columns FROM steps WHERE run = 1").fetchone()[0])
            packed[900] ^= 1
            connection.execute("UPDATE steps SET columns = ? WHERE run = 1", (bytes(packed),))

        before = history.curves("run-1")
        history._database.write(flip)
        assert history.curves("run-1") == before


def test_that_a_damaged_run_json_is_read_from_the_events(workspace: Path) -> None:
    (workspace / "runs" / "reviews-1" / "run.json").write_bytes(b"{")
    (workspace / "history.sqlite").unlink()
    with History(workspace) as history:
        run = history.run("run-1")
        assert (run.state, run.steps, run.score, run.best_step) == ("completed", 50, 0.9, 25)
        assert run.name == "reviews-1"


def test_that_damaged_lines_of_events_cost_only_themselves(workspace: Path) -> None:
    path = workspace / "runs" / "reviews-1" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5] = b'{"event": "StepDone", "step": "\xff\n'
    lines[6] = b"[" * 100_000 + b"\n"
    path.write_bytes(b"".join(lines))
    (workspace / "history.sqlite").unlink()
    with History(workspace) as history:
        assert len(history.curves("run-1").steps) == 48


def test_that_folders_that_are_not_ours_are_left_alone(workspace: Path) -> None:
    (workspace / "runs" / "holiday").mkdir()
    (workspace / "runs" / "holiday" / "photo.jpg").write_bytes(b"x")
    (workspace / "runs" / "notes.txt").write_text("mine")
    assert use_everything(workspace) == ["run-1", "run-2", "run-3"]
    assert (workspace / "runs" / "holiday" / "photo.jpg").exists()


def test_that_a_folder_moved_by_hand_is_followed(workspace: Path) -> None:
    (workspace / "runs" / "reviews-1").rename(workspace / "bin" / "reviews-1")
    (workspace / "runs" / "reviews-2").rename(workspace / "runs" / "my best one")
    with History(workspace) as history:
        assert [(run.id, Path(run.folder).name) for run in history.runs()] == [("run-2", "my best one")]
        assert {run.id for run in history.runs(deleted=True)} == {"run-1", "run-3"}


def test_that_a_copied_folder_is_not_listed_twice(workspace: Path) -> None:
    shutil.copytree(workspace / "runs" / "reviews-1", workspace / "runs" / "copy")
    assert use_everything(workspace) == ["run-1", "run-2", "run-3"]


def test_that_a_run_whose_folder_is_gone_keeps_its_curves(workspace: Path) -> None:
    shutil.rmtree(workspace / "runs" / "reviews-1")
    assert use_everything(workspace) == ["run-1", "run-2", "run-3"]


def test_that_the_workspace_can_be_moved(workspace: Path, tmp_path: Path) -> None:
    workspace.rename(tmp_path / "elsewhere")
    with History(tmp_path / "elsewhere") as history:
        assert Path(history.run("run-1").folder) == tmp_path / "elsewhere" / "runs" / "reviews-1"


def test_that_a_history_of_a_newer_version_is_left_alone(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = database.migrations()
    monkeypatch.setattr(database, "migrations", lambda: [*steps, "ALTER TABLE runs ADD COLUMN stars INTEGER;"])
    History(workspace).close()
    monkeypatch.undo()
    data = (workspace / "history.sqlite").read_bytes()
    with pytest.raises(WorkbenchError, match="newer version"):
        History(workspace)
    assert (workspace / "history.sqlite").read_bytes() == data


def test_that_a_migration_keeps_everything_and_a_backup(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = database.migrations()
    monkeypatch.setattr(
        database, "migrations", lambda: [*steps, "ALTER TABLE runs ADD COLUMN stars INTEGER DEFAULT 5; -- five;\n"]
    )
    with History(workspace) as history:
        assert [run.id for run in history.runs()] == ["run-2", "run-1"]
        stars = history._database.read(lambda connection: connection.execute("SELECT stars FROM runs").fetchone()[0])
        assert stars == 5
    backup = sqlite3.connect(workspace / "history.sqlite.version-1-1" / "history.sqlite")
    assert backup.execute("SELECT COUNT(*) FROM runs").fetchone() == (3,)
    assert backup.execute("PRAGMA user_version").fetchone() == (1,)
    backup.close()


def test_that_a_migration_that_breaks_changes_nothing(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = database.migrations()
    with monkeypatch.context() as patch:
        patch.setattr(
            database, "migrations", lambda: [*steps, "ALTER TABLE runs ADD COLUMN x; SELECT 1/0, raise_it();"]
        )
        with pytest.raises(Exception, match="raise_it"):
            History(workspace)
    with History(workspace) as history:
        assert {run.id for run in history.runs()} == {"run-1", "run-2"}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_that_no_single_fault_of_the_disk_loses_a_run(
    tmp_path: Path, faulty: Callable, sound: Callable, story: Callable, plan, error: int
) -> None:
    for number in range(1, 200):
        workspace = tmp_path / str(number)
        with History(workspace) as history:
            history.open_run("run-1", "a", history.workspace.runs / "a", plan)
            disk = faulty(number, error)
            told = list(history.record("run-1", story()))
            sound()
            assert [event for event in told if not isinstance(event, Notice)] == list(story())
            assert sum(isinstance(event, Notice) for event in told) <= 1
        with History(workspace) as again:
            assert again.run("run-1").state == "completed"
            assert again.curves("run-1").steps == list(range(1, 21))
            assert len(again.events("run-1")) == 7
            assert RunFolder(again.run("run-1").folder).info().state == "completed"
        assert list(workspace.rglob("*.part")) == []
        if not disk.failed:
            return
    pytest.fail("the faults never ended")


def test_that_a_fault_at_the_start_of_a_run_leaves_no_half_run(tmp_path: Path, faulty, sound, plan) -> None:
    for number in range(1, 200):
        workspace = tmp_path / str(number)
        with History(workspace) as history:
            disk = faulty(number, errno.ENOSPC)
            try:
                history.open_run("run-1", "a", history.workspace.runs / "a", plan)
            except OSError as problem:
                assert explain(problem).problems[0].code == "S01"  # noqa: PT017
            sound()
            assert len(history.runs()) == len(list(history.workspace.runs.iterdir())) <= 1
        with History(workspace) as again:
            assert len(again.runs()) == len(list(again.workspace.runs.iterdir()))
        if not disk.failed:
            return
    pytest.fail("the faults never ended")


@pytest.mark.parametrize("action", ["rename", "delete", "restore"])
def test_that_a_fault_in_a_change_leaves_before_or_after(
    workspace: Path, tmp_path: Path, faulty: Callable, sound: Callable, action: str
) -> None:
    for number in range(1, 100):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(workspace, copy)
        with History(copy) as history:
            disk = faulty(number, errno.EIO)
            try:
                if action == "rename":
                    history.rename("run-1", "renamed")
                elif action == "delete":
                    history.delete("run-1")
                else:
                    history.restore("run-3")
            except OSError as problem:
                assert explain(problem).problems[0].code == "S05"  # noqa: PT017
            sound()
        with History(copy) as again:
            runs = again.runs() + again.runs(deleted=True)
            assert sorted(run.id for run in runs) == ["run-1", "run-2", "run-3"]
            assert all(Path(run.folder, "plan.json").exists() for run in runs)
            assert {run.name for run in runs} <= {"reviews-1", "reviews-2", "reviews-3", "renamed"}
        if not disk.failed:
            return
    pytest.fail("the faults never ended")


FULL = """
import resource, sys
sys.path[:0] = [{tests!r}, {root!r}]
from pathlib import Path
from conftest import PLAN, tell_story
from workbench.core.events import Notice
from workbench.store.history import History
history = History({workspace!r})
history.open_run("run-1", "a", history.workspace.runs / "a", PLAN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
told = list(history.record("run-1", tell_story("run-1", 5000)))
notices = [event for event in told if isinstance(event, Notice)]
assert len(told) - len(notices) == len(list(tell_story("run-1", 5000)))
print(len(notices))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for the size of a file")
def test_that_training_goes_on_when_files_can_grow_no_more(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    root = Path(__file__).parents[2]
    script = FULL.format(tests=str(Path(__file__).parent), root=str(root), workspace=str(workspace))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "1"
    with History(workspace) as history:
        steps = history.curves("run-1").steps
        assert steps == list(range(1, len(steps) + 1))
        assert history.run("run-1").state in ("interrupted", "running")
