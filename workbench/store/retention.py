"""The bin, what leaves it for good (by a clock that is not believed blindly), and checkpoints that nobody needs."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.store import safe_io
from workbench.store.database import Database
from workbench.store.locks import is_held
from workbench.store.names import numbered, still_going
from workbench.store.records import RunRecord
from workbench.store.rows import record, row_of, update_run
from workbench.store.run_folder import RunFolder
from workbench.store.workspace import Workspace

_DAY = 86_400.0
_LONGEST_ABSENCE = 7 * _DAY
_OVER = ("completed", "early_stopped", "stopped", "failed")
_DOOMED = ".purged-"


def purge(database: Database, workspace: Workspace, days: float) -> int:
    """Remove the runs that have been in the bin for `days`, and old temps of killed processes in all run folders.

    Returns how many runs went. Raises OSError.
    """
    removed = database.write(lambda connection: _take_out(connection, workspace, days))
    # What a killed process left half removed goes now, too.
    for path in list(workspace.bin.iterdir()):
        if path.name.startswith(_DOOMED):
            safe_io.remove_tree(path)
    for home in (workspace.runs, workspace.bin):
        for path in home.iterdir():
            for folder in (path, RunFolder(path).checkpoints_path):
                safe_io.sweep(folder)
    if removed:
        database.tidy()
    return removed


def move(connection: sqlite3.Connection, workspace: Workspace, run_id: str, *, deleted: bool) -> RunRecord:
    """Move the folder of a run into the bin or out of it. Raises OSError, and WorkbenchError while it is running."""
    run = record(row_of(connection, run_id), workspace)
    if run.deleted == deleted:
        return run
    source = Path(run.folder)
    if is_held(RunFolder(source).lock_path):
        raise still_going(run.name)
    home = workspace.bin if deleted else workspace.runs
    target = home / source.name
    if target.exists():
        target = home / numbered(source.name, {path.name.casefold() for path in home.iterdir()})
    if source.is_dir():
        safe_io.move(source, target)
    update_run(connection, run.sequence, {"deleted": int(deleted), "folder": target.name, "bin_seconds": 0.0})
    return record(row_of(connection, run_id), workspace)


def clear_checkpoints(run: RunRecord) -> None:
    """Remove the checkpoints of a run that nobody goes on with. Raises OSError."""
    folder = RunFolder(run.folder)
    if folder.checkpoints_path.is_dir():
        folder.checkpoints.clear()
        folder.write_readme(run)


def drop_old_checkpoints(
    runs: Iterable[RunRecord], keep: int, alone: Callable[[str], AbstractContextManager[object]]
) -> int:
    """Remove the checkpoints of the `runs` that are over, but of the newest `keep` that have some. Returns of how many.

    `alone(run_id)` holds the run's lock, or raises WorkbenchError if somebody else does.
    """
    over = [run for run in runs if run.state in _OVER and RunFolder(run.folder).checkpoints_path.is_dir()]
    dropped = 0
    for run in sorted(over, key=lambda run: run.sequence, reverse=True)[keep:]:
        with suppress(OSError, WorkbenchError), alone(run.id):
            # Another process may have gone on with it since it was listed.
            info = RunFolder(run.folder).info()
            if info is not None and info.state in _OVER:
                clear_checkpoints(run)
                dropped += 1
    return dropped


def _take_out(connection: sqlite3.Connection, workspace: Workspace, days: float) -> int:
    _grow_older(connection)
    due = connection.execute(
        "SELECT sequence, folder FROM runs WHERE deleted = 1 AND bin_seconds >= ?", (days * _DAY,)
    ).fetchall()
    for row in due:
        _doom(workspace.bin / row["folder"])
        for table in ("steps", "events"):
            connection.execute(f"DELETE FROM {table} WHERE run = ?", (row["sequence"],))
        connection.execute("DELETE FROM runs WHERE sequence = ?", (row["sequence"],))
    return len(due)


def _grow_older(connection: sqlite3.Connection) -> None:
    now = time.time()
    row = connection.execute("SELECT value FROM about WHERE key = 'looked'").fetchone()
    passed = 0.0
    if row is not None:
        with suppress(ValueError):
            passed = min(max(now - float(row[0]), 0.0), _LONGEST_ABSENCE)
    connection.execute("UPDATE runs SET bin_seconds = bin_seconds + ? WHERE deleted = 1", (passed,))
    connection.execute("INSERT OR REPLACE INTO about VALUES ('looked', ?)", (repr(now),))


def _doom(folder: Path) -> None:
    """Take the folder out of sight in one move, so that a kill leaves no half of a run behind."""
    with suppress(FileNotFoundError):
        safe_io.move(folder, folder.parent / f"{_DOOMED}{secrets.token_hex(6)}")
