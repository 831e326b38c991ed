"""The history: every run there was, found and read fast. An index over the run folders, which are the truth."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Evaluated, Event
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.store import curves, reopening, retention, safe_io
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.database import DamagedError, Database
from workbench.store.index import bring_up_to_date, mark_interrupted
from workbench.store.locks import Lock, patient_lock, try_lock
from workbench.store.names import clean_name, not_found, numbered, stem_of, still_going, without_number
from workbench.store.recorder import Recorder
from workbench.store.records import Curves, RunInfo, RunRecord
from workbench.store.rows import insert_run, read_info, record, row_of, update_info
from workbench.store.run_folder import RunFolder, model_name
from workbench.store.workspace import Workspace

BIN_DAYS = 30


class History:
    """The runs of one workspace. Several threads and several processes may use the same workspace.

    Every method raises OSError for trouble with the disk (`safe_io.explain` puts it into words) and WorkbenchError for
    a run that is not there. `tell` gets a sentence for the user when something was mended; `notes` keeps them.
    """

    def __init__(self, workspace: str | Path, *, tell: Callable[[str], None] | None = None) -> None:
        self.workspace = Workspace(Path(workspace).absolute())
        self.notes: list[str] = []
        self._listener = tell
        self._locks: dict[str, Lock] = {}
        self._locks_lock = threading.Lock()
        self._recorders: dict[str, Recorder] = {}
        self.workspace.create()
        self._database = Database(self.workspace.history, self._fill, self._tell)
        self._database.open()

    def close(self) -> None:
        """Let go of the files. Runs that were opened and never recorded count as interrupted from now on."""
        with self._locks_lock:
            locks, self._locks = list(self._locks.values()), {}
        for lock in locks:
            lock.release(remove=True)
        self._database.close()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_run(self, run_id: str, name: str, folder: str | Path, plan: TrainingPlan) -> RunRecord:
        """Begin a run: make its folder (directly in the workspace's `runs`) and note it as running.

        If `name` was taken meanwhile, the next free one is used: see the record that is returned. Raises ValueError
        for a folder elsewhere, FileExistsError for one that is not empty.
        """
        place = RunFolder(Path(folder).absolute())
        if place.path.parent != self.workspace.runs:
            raise ValueError(f"a run's folder lies in {self.workspace.runs}, not in {place.path.parent}")
        wanted = clean_name(name)

        def begin(connection: sqlite3.Connection) -> RunRecord:
            taken = _names(connection)
            free = wanted if wanted.casefold() not in taken else numbered(without_number(wanted), taken)
            info = RunInfo(
                id=run_id,
                name=free,
                task=plan.task.name,
                model=model_name(plan),
                state="running",
                started=time.time(),
            )
            sequence = insert_run(connection, info, place.path.name, deleted=False, indexed=True)
            place.create(read_info(connection, sequence), plan)
            self._hold(run_id, place)
            return record(row_of(connection, run_id), self.workspace)

        return self._database.write(begin)

    def record(self, run_id: str, events: Iterable[Event]) -> Generator[Event, None, None]:
        """Pass every event of `events` through, and keep it: steps in batches of at most 1 s, all others at once.

        Trouble with the disk adds one Notice to the stream and does not end it. When the stream breaks off, the run is
        noted as stopped (the consumer closed it), failed (it raised) or interrupted (it just ended).
        """
        run = self.run(run_id)
        recorder = self._recorders[run_id] = Recorder(self._database, run.sequence, RunFolder(run.folder))
        try:
            for event in events:
                notice = recorder.take(event)
                if notice is not None:
                    yield notice
                yield event
            if not recorder.finished:
                recorder.end("interrupted")
        except (GeneratorExit, KeyboardInterrupt):
            if not recorder.finished:
                recorder.end("stopped")
            raise
        except BaseException as error:
            if not recorder.finished:
                recorder.end("failed", type(error).__name__)
            raise
        finally:
            self._finish(run_id, recorder, events)

    def checkpoints(self, run_id: str) -> CheckpointFolder:
        """The checkpoints of a run. One appears only after every event recorded before it is on the disk as well."""

        def sync() -> None:
            recorder = self._recorders.get(run_id)
            if recorder is not None:
                recorder.sync()

        return CheckpointFolder(RunFolder(self.run(run_id).folder).checkpoints_path, before=sync)

    def reopen(
        self,
        run_id: str,
        plan: TrainingPlan,
        *,
        step: int,
        judged_step: int,
        check: Callable[[], None] = lambda: None,
    ) -> RunRecord:
        """Take a run that is over or paused back to the checkpoint of `step`; `record` goes on with it then.

        What came after the checkpoint goes: steps after `step`, looks at the validation rows after `judged_step`, looks
        at the test rows, the end. `plan` becomes its plan.json; another one that was there is kept as plan-1.json and
        so on. `check` is called once nobody else can take the run, and may raise. Raises WorkbenchError if the run is
        still going, here or in another process, or lies in the bin.
        """
        with self._alone(run_id) as lock:
            check()
            reopened = reopening.reopen(
                self._database, self.workspace, run_id, plan, step=step, judged_step=judged_step
            )
            with self._locks_lock:
                self._locks[run_id] = lock.pass_on()
            return reopened

    def keep(self, run_id: str) -> RunRecord:
        """Give up going on with a run that was interrupted or paused: it counts as stopped, its checkpoints go.

        Any other run stays as it is. Raises WorkbenchError if the run is still going.
        """
        with self._alone(run_id):
            run = self._database.write(lambda connection: reopening.stop(connection, self.workspace, run_id))
            if run.state == "stopped":
                retention.clear_checkpoints(run)
            return run

    def drop_old_checkpoints(self, keep: int = 5) -> int:
        """Remove the checkpoints of runs that are over, but of the newest `keep` that have some. Returns of how many.

        Runs that were paused or interrupted keep them. What the disk refuses is left for the next time.
        """
        return retention.drop_old_checkpoints([*self.runs(), *self.runs(deleted=True)], keep, self._alone)

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """All runs, the latest first; those in the bin if `deleted`."""
        query = "SELECT * FROM runs WHERE deleted = ? ORDER BY sequence DESC"
        return self._database.read(
            lambda connection: [record(row, self.workspace) for row in connection.execute(query, (int(deleted),))]
        )

    def run(self, run_id: str) -> RunRecord:
        """The run with the id `run_id`, in the bin too."""
        return self._database.read(lambda connection: record(row_of(connection, run_id), self.workspace))

    def find(self, name_or_id: str) -> RunRecord:
        """The run that is called `name_or_id`, or has this id or the only id that begins so.

        Raises WorkbenchError with names that are near.
        """
        runs = self.runs()
        wanted = name_or_id.strip()
        begins = [run for run in runs if len(wanted) >= 4 and run.id.startswith(wanted)]
        for matches in (
            [run for run in runs if run.id == wanted],
            [run for run in runs if run.name == wanted],
            [run for run in runs if run.name.casefold() == wanted.casefold()],
            begins if len(begins) == 1 else [],
        ):
            if matches:
                return matches[0]
        raise not_found(wanted, [run.name for run in runs])

    def curves(self, run_id: str) -> Curves:
        """The curves of a run, as far as they are written."""
        self._index(run_id)
        return self._database.read(
            lambda connection: curves.read(connection, row_of(connection, run_id), self.workspace)
        )

    def events(self, run_id: str) -> list[Event]:
        """All events of a run that are not steps, in their order."""
        return self._database.read(
            lambda connection: curves.read_events(connection, row_of(connection, run_id), self.workspace)
        )

    def evaluations(self, run_id: str) -> dict[str, Evaluated]:
        """For each part ("validation", "test") the evaluation of the kept model: the last best one, else the last."""
        found: dict[str, Evaluated] = {}
        for event in self.events(run_id):
            if isinstance(event, Evaluated) and (event.best or not found.get(event.part, event).best):
                found[event.part] = event
        return found

    def rename(self, run_id: str, name: str) -> RunRecord:
        """Call a run `name`. Its folder keeps its name. Raises WorkbenchError if another run is called so."""
        wanted = clean_name(name)

        def change(connection: sqlite3.Connection) -> RunRecord:
            run = record(row_of(connection, run_id), self.workspace)
            if wanted.casefold() in _names(connection) - {run.name.casefold()}:
                what = tr("Another run is called “{name}”, perhaps one in the bin.", name=wanted)
                raise WorkbenchError(
                    Problem(code="S12", where=tr("Name"), what=what, remedy=tr("Choose another name."), field="name")
                )
            update_info(connection, run, {"name": wanted})
            if Path(run.folder).is_dir():
                RunFolder(run.folder).write_readme(read_info(connection, run.sequence))
            return record(row_of(connection, run_id), self.workspace)

        return self._database.write(change)

    def delete(self, run_id: str) -> RunRecord:
        """Move a run into the bin, from where `restore` brings it back. Raises WorkbenchError while it is running."""
        return self._move(run_id, deleted=True)

    def restore(self, run_id: str) -> RunRecord:
        """Bring a run back from the bin."""
        return self._move(run_id, deleted=False)

    def purge(self, days: float = BIN_DAYS) -> int:
        """Remove for good what has been in the bin for `days`; 0 empties it. Returns how many runs went.

        Call it at each start: a run's time in the bin grows by at most a week between two calls, so that a clock that
        jumps years ahead removes nothing.
        """
        return retention.purge(self._database, self.workspace, days)

    def unique_name(self, stem: str) -> str:
        """`STEM-N`: free as a run's name and as a folder's name, in the bin too."""
        clean = stem_of(stem)
        taken = self._database.read(_names)
        for folder in (self.workspace.runs, self.workspace.bin):
            with suppress(OSError):
                taken |= {path.name.casefold() for path in folder.iterdir()}
        return numbered(clean, taken)

    def _move(self, run_id: str, *, deleted: bool) -> RunRecord:
        return self._database.write(
            lambda connection: retention.move(connection, self.workspace, run_id, deleted=deleted)
        )

    @contextmanager
    def _alone(self, run_id: str) -> Iterator[Lock]:
        """Hold the lock of a run that is not being recorded for the block. Raises WorkbenchError if it is."""
        run = self.run(run_id)
        lock = patient_lock(RunFolder(run.folder).lock_path)
        if lock is None:
            raise still_going(run.name)
        try:
            yield lock
        finally:
            lock.release(remove=True)

    def _hold(self, run_id: str, folder: RunFolder) -> None:
        """As long as the lock is held, other processes see that the run is alive."""
        try:
            lock = try_lock(folder.lock_path)
        except BaseException:
            safe_io.remove_tree(folder.path)
            raise
        if lock is not None:
            with self._locks_lock:
                self._locks[run_id] = lock

    def _index(self, run_id: str) -> None:
        """Curves that come from a run folder are read slowly once, not each time."""
        row = self._database.read(lambda connection: row_of(connection, run_id))
        if not row["indexed"] and row["state"] != "running":
            with suppress(OSError):
                self._database.write(lambda connection: curves.index(connection, row, self.workspace), durable=False)

    def _finish(self, run_id: str, recorder: Recorder, events: Iterable[Event]) -> None:
        close = getattr(events, "close", None)
        try:
            if close is not None:
                close()
        finally:
            self._recorders.pop(run_id, None)
            try:
                recorder.close()
                with suppress(OSError, DamagedError, WorkbenchError):
                    run = self.run(run_id)
                    RunFolder(run.folder).write_readme(run)
            finally:
                with self._locks_lock:
                    lock = self._locks.pop(run_id, None)
                if lock is not None:
                    lock.release(remove=True)

    def _fill(self, connection: sqlite3.Connection) -> None:
        bring_up_to_date(connection, self.workspace)
        mark_interrupted(connection, self.workspace)

    def _tell(self, message: str) -> None:
        self.notes.append(message)
        if self._listener is not None:
            self._listener(message)


def _names(connection: sqlite3.Connection) -> set[str]:
    return {str(name).casefold() for (name,) in connection.execute("SELECT name FROM runs")}
