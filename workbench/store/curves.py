"""Reading the curves and events of a run: from the index, or from the run folder where the index lacks them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from workbench.core.events import Evaluated, Event, RunFinished, StepDone, encode_event
from workbench.store import columns
from workbench.store.records import Curves, ValidationPoint
from workbench.store.run_folder import RunFolder, read_event
from workbench.store.workspace import Workspace

_CHUNK = 65_536


def read(connection: sqlite3.Connection, row: sqlite3.Row, workspace: Workspace) -> Curves:
    """The curves of the run of `row`."""
    chunks: Iterable[bytes] | None = _chunks(connection, row) if row["indexed"] else None
    if chunks is None:
        chunks = _chunks_from_folder(row, workspace)
    steps, epochs, losses, learning_rates, grad_norms = columns.unpack(chunks)
    looks = [event for event in read_events(connection, row, workspace) if isinstance(event, Evaluated)]
    looks = [event for event in looks if event.part == "validation"]
    return Curves(
        steps=steps,
        epochs=epochs,
        losses=losses,
        learning_rates=learning_rates,
        grad_norms=grad_norms,
        validation=[ValidationPoint(look.step, look.epoch, look.loss, look.measures.metrics) for look in looks],
        baseline=looks[-1].measures.baseline if looks else {},
        best_step=int(row["best_step"]),
    )


def read_events(connection: sqlite3.Connection, row: sqlite3.Row, workspace: Workspace) -> list[Event]:
    """The events of the run of `row` that are not steps."""
    if row["indexed"]:
        query = "SELECT body FROM events WHERE run = ? ORDER BY number"
        events = [read_event(body) for (body,) in connection.execute(query, (row["sequence"],))]
        sound = [event for event in events if event is not None]
        if len(sound) == len(events):
            return sound
    return [event for event in _folder(row, workspace).events() if not isinstance(event, StepDone)]


def index(connection: sqlite3.Connection, row: sqlite3.Row, workspace: Workspace) -> None:
    """Take the steps and events of a run that is over from its folder into the index."""
    sequence = int(row["sequence"])
    for table in ("steps", "events"):
        connection.execute(f"DELETE FROM {table} WHERE run = ?", (sequence,))
    steps: list[StepDone] = []
    for event in _folder(row, workspace).events():
        if not isinstance(event, StepDone):
            add_events(connection, sequence, [event])
            continue
        steps.append(event)
        if len(steps) == _CHUNK:
            add_steps(connection, sequence, steps)
            steps.clear()
    add_steps(connection, sequence, steps)
    connection.execute("UPDATE runs SET indexed = 1 WHERE sequence = ?", (sequence,))


def add_steps(connection: sqlite3.Connection, sequence: int, steps: Sequence[StepDone]) -> None:
    """Store `steps` as one chunk."""
    if steps:
        packed = columns.pack(steps)
        connection.execute(
            "INSERT INTO steps (run, count, checksum, columns) VALUES (?, ?, ?, ?)",
            (sequence, len(steps), columns.checksum(packed), packed),
        )


def add_events(connection: sqlite3.Connection, sequence: int, events: Sequence[Event]) -> None:
    """Store `events` that are not steps. The details of a failure stay in the run folder only."""
    bodies = [
        msgspec.structs.replace(event, details="") if isinstance(event, RunFinished) else event for event in events
    ]
    connection.executemany(
        "INSERT INTO events (run, body) VALUES (?, ?)", [(sequence, encode_event(body).decode()) for body in bodies]
    )


def _chunks(connection: sqlite3.Connection, row: sqlite3.Row) -> list[bytes] | None:
    query = "SELECT columns, checksum FROM steps WHERE run = ? ORDER BY number"
    found = [(bytes(packed), crc) for packed, crc in connection.execute(query, (row["sequence"],))]
    return [packed for packed, _ in found] if all(columns.checksum(packed) == crc for packed, crc in found) else None


def _chunks_from_folder(row: sqlite3.Row, workspace: Workspace) -> Iterable[bytes]:
    steps: list[StepDone] = []
    for event in _folder(row, workspace).events():
        if isinstance(event, StepDone):
            steps.append(event)
            if len(steps) == _CHUNK:
                yield columns.pack(steps)
                steps.clear()
    yield columns.pack(steps)


def _folder(row: sqlite3.Row, workspace: Workspace) -> RunFolder:
    return RunFolder((workspace.bin if row["deleted"] else workspace.runs) / row["folder"])
