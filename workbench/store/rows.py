"""Rows of the table `runs` and the values that they stand for."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Mapping

import msgspec

from workbench.store.names import not_found
from workbench.store.records import RUN_VERSION, RunInfo, RunRecord
from workbench.store.run_folder import RunFolder
from workbench.store.workspace import Workspace

Cell = str | int | float | None
_INFO = tuple(name for name in RunInfo.__struct_fields__ if name not in ("version",))
_LARGEST_SEQUENCE = 1 << 40


def insert_run(connection: sqlite3.Connection, info: RunInfo, folder: str, *, deleted: bool, indexed: bool) -> int:
    """Store `info` as a new run. Returns its sequence number: that of `info` if it has one that is free."""
    values: dict[str, Cell] = {name: getattr(info, name) for name in _INFO}
    values.update(folder=folder, deleted=int(deleted), indexed=int(indexed))
    values["higher_is_better"] = int(info.higher_is_better)
    taken = connection.execute("SELECT 1 FROM runs WHERE sequence = ?", (info.sequence,)).fetchone()
    if taken or not 0 < info.sequence < _LARGEST_SEQUENCE:
        values["sequence"] = None
    names = ", ".join(values)
    places = ", ".join("?" for _ in values)
    cursor = connection.execute(f"INSERT INTO runs ({names}) VALUES ({places})", tuple(values.values()))
    return int(cursor.lastrowid or 0)


def update_run(connection: sqlite3.Connection, sequence: int, changes: Mapping[str, Cell]) -> None:
    """Change the columns that are the keys of `changes`."""
    if changes:
        sets = ", ".join(f"{name} = ?" for name in changes)
        connection.execute(f"UPDATE runs SET {sets} WHERE sequence = ?", (*changes.values(), sequence))


def update_info(connection: sqlite3.Connection, run: RunRecord, changes: Mapping[str, Cell]) -> None:
    """As `update_run`, and run.json says so, too, if the run's folder is there. Raises OSError."""
    update_run(connection, run.sequence, changes)
    folder = RunFolder(run.folder)
    if folder.path.is_dir():
        folder.write_info(read_info(connection, run.sequence))


def read_info(connection: sqlite3.Connection, sequence: int) -> RunInfo:
    """The run `sequence` as it is written to run.json. Raises FileNotFoundError if it is gone."""
    row = connection.execute("SELECT * FROM runs WHERE sequence = ?", (sequence,)).fetchone()
    if row is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"run {sequence}")
    return msgspec.convert(_values(row), RunInfo)


def row_of(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    """The row of the run `run_id`. Raises WorkbenchError, with names that are near, if there is none."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise not_found(run_id, [name for (name,) in connection.execute("SELECT name FROM runs WHERE deleted = 0")])
    return row


def record(row: sqlite3.Row, workspace: Workspace) -> RunRecord:
    """The run of `row`. Raises msgspec.ValidationError if the row does not hold what we write."""
    deleted = bool(row["deleted"])
    folder = (workspace.bin if deleted else workspace.runs) / row["folder"]
    return msgspec.convert({**_values(row), "deleted": deleted, "folder": str(folder)}, RunRecord)


def _values(row: sqlite3.Row) -> dict[str, object]:
    values: dict[str, object] = {name: row[name] for name in _INFO}
    values["higher_is_better"] = bool(row["higher_is_better"])
    values["version"] = RUN_VERSION
    return values
