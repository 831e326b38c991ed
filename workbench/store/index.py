"""Bringing the history up to what the run folders say: after damage, a kill, or a folder moved by hand."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import msgspec

from workbench.store.locks import try_lock
from workbench.store.names import numbered, without_number
from workbench.store.records import RunInfo
from workbench.store.rows import Cell, insert_run, read_info, update_run
from workbench.store.run_folder import RunFolder
from workbench.store.workspace import Workspace


def bring_up_to_date(connection: sqlite3.Connection, workspace: Workspace) -> None:
    """Index the folders that the history does not know; follow those that moved between `runs` and `bin`."""
    on_disk = {(path.name, False) for path in _folders(workspace.runs)}
    on_disk |= {(path.name, True) for path in _folders(workspace.bin)}
    rows = connection.execute("SELECT sequence, folder, deleted FROM runs").fetchall()
    known = {(row["folder"], bool(row["deleted"])): int(row["sequence"]) for row in rows}
    strange = _strange(workspace, sorted(on_disk - known.keys()))
    lost = {_id(connection, sequence): sequence for place, sequence in known.items() if place not in on_disk}
    indexed = {str(row["id"]) for row in connection.execute("SELECT id FROM runs")}
    names = {str(row["name"]).casefold() for row in connection.execute("SELECT name FROM runs")}
    for info, name, deleted in strange:
        if info.id in lost:
            moved: dict[str, Cell] = {"folder": name, "deleted": int(deleted), "bin_seconds": 0.0}
            update_run(connection, lost.pop(info.id), moved)
        elif info.id not in indexed:
            if info.name.casefold() in names:
                info = msgspec.structs.replace(info, name=numbered(without_number(info.name), names))
            insert_run(connection, info, name, deleted=deleted, indexed=False)
            indexed.add(info.id)
            names.add(info.name.casefold())


def mark_interrupted(connection: sqlite3.Connection, workspace: Workspace) -> None:
    """Note as interrupted the runs whose process is gone: nobody holds their lock."""
    query = "SELECT sequence, folder, deleted FROM runs WHERE state = 'running'"
    for row in connection.execute(query).fetchall():
        folder = RunFolder((workspace.bin if row["deleted"] else workspace.runs) / row["folder"])
        if not folder.path.is_dir():
            update_run(connection, row["sequence"], {"state": "interrupted"})
            continue
        try:
            lock = try_lock(folder.lock_path)
        except OSError:
            continue
        if lock is None:
            continue
        try:
            changes: dict[str, Cell] = {"state": "interrupted"}
            last = folder.last_step()
            if last is not None:
                changes.update(steps=last.step, seconds=last.seconds, indexed=0)
            update_run(connection, row["sequence"], changes)
            # A folder that cannot be written to is still listed rightly.
            with suppress(OSError):
                folder.heal()
                info = read_info(connection, row["sequence"])
                folder.write_info(info)
                folder.write_readme(info)
        finally:
            lock.release(remove=True)


def _folders(parent: Path) -> list[Path]:
    try:
        return [path for path in parent.iterdir() if not path.name.startswith(".") and path.is_dir()]
    except OSError:
        return []


def _strange(workspace: Workspace, places: list[tuple[str, bool]]) -> list[tuple[RunInfo, str, bool]]:
    found = []
    for name, deleted in places:
        info = RunFolder((workspace.bin if deleted else workspace.runs) / name).info()
        if info is not None:
            found.append((info, name, deleted))
    return sorted(found, key=lambda one: (one[0].sequence, one[0].started, one[1]))


def _id(connection: sqlite3.Connection, sequence: int) -> str:
    return str(connection.execute("SELECT id FROM runs WHERE sequence = ?", (sequence,)).fetchone()[0])
