"""Removing for good what has been in the bin long enough, by a clock that is not believed blindly."""

from __future__ import annotations

import secrets
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from workbench.store import safe_io
from workbench.store.database import Database
from workbench.store.workspace import Workspace

_DAY = 86_400.0
_LONGEST_ABSENCE = 7 * _DAY
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
            safe_io.sweep(path)
    if removed:
        database.tidy()
    return removed


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
