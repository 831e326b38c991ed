"""The SQLite file under the history: connections, migrations, and what happens when it is damaged."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.store import safe_io
from workbench.store.locks import waiting_lock
from workbench.store.names import free_name

T = TypeVar("T")
_Identity = tuple[int, int]
_NO_FILE: _Identity = (-1, -1)
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 10.0
_CHECKED_BYTES = 256 << 20
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)
_DISK = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
_OURS = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_INTERRUPT}


class DamagedError(Exception):
    """The file does not hold what we wrote."""


class Database:
    """A SQLite file that several threads and processes use, and that is set aside and begun anew when damaged.

    `fill` is called with a connection inside a transaction each time the file is opened, while no other process opens
    it: it brings the contents up to the run folders. `tell` gets a sentence for the user. Raises OSError for all
    trouble with the disk.
    """

    def __init__(
        self,
        path: Path,
        fill: Callable[[sqlite3.Connection], None],
        tell: Callable[[str], None],
    ) -> None:
        self._path = path
        self._fill = fill
        self._tell = tell
        self._idle: list[tuple[_Identity, sqlite3.Connection]] = []
        self._pool_lock = threading.Lock()
        self._open_lock = threading.RLock()
        self._write_lock = threading.RLock()
        self._identity: _Identity = _NO_FILE

    def open(self) -> None:
        """Check, migrate and fill the file; begin a new one if it is damaged. Raises OSError, WorkbenchError."""
        with self._open_lock, waiting_lock(self._path.with_suffix(".lock")):
            try:
                self._prepare()
            except DamagedError:
                self._set_aside()
                self._prepare()

    def close(self) -> None:
        """Close every idle connection. A later call opens them again."""
        with self._pool_lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` done on a connection, all its queries seeing the same state."""
        return self._heal(lambda: self._transaction(work, "BEGIN"))

    def write(self, work: Callable[[sqlite3.Connection], T], *, durable: bool = True) -> T:
        """`work` done in a transaction: all of it or nothing. `durable`: it survives a power cut on return."""
        with self._write_lock:
            return self._heal(lambda: self._transaction(work, "BEGIN IMMEDIATE", durable=durable))

    def tidy(self) -> None:
        """Move everything from the write-ahead log into the file, so that deleted contents are gone from both."""
        with self._connection() as connection, _translated(self._path):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _heal(self, attempt: Callable[[], T]) -> T:
        if self._identity != _identity(self._path):
            self.open()
        before = self._identity
        try:
            return attempt()
        except DamagedError:
            with self._open_lock:
                # Another thread may have set the damaged file aside meanwhile.
                if before == self._identity:
                    with waiting_lock(self._path.with_suffix(".lock")):
                        self._set_aside()
                        self._prepare()
        return attempt()

    def _transaction(self, work: Callable[[sqlite3.Connection], T], begin: str, *, durable: bool = True) -> T:
        with self._connection() as connection, _translated(self._path):
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.execute(begin)
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        identity, connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._pool_lock:
            self._idle.append((identity, connection))

    def _take(self) -> tuple[_Identity, sqlite3.Connection]:
        with self._pool_lock:
            while self._idle:
                identity, connection = self._idle.pop()
                if identity == self._identity:
                    return identity, connection
                connection.close()
        return self._identity, self._connect()

    def _connect(self) -> sqlite3.Connection:
        with _translated(self._path):
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                for pragma in _PRAGMAS:
                    connection.execute(pragma).fetchall()
                connection.row_factory = sqlite3.Row
            except BaseException:
                connection.close()
                raise
            return connection

    def _prepare(self) -> None:
        self.close()
        if not self._path.exists():
            # A log without its file belongs to a file that is gone.
            for end in ("-wal", "-shm"):
                safe_io.remove_file(str(self._path) + end)
        connection = self._connect()
        try:
            with _translated(self._path):
                self._check(connection)
                self._migrate(connection)
            self._identity = _identity(self._path)
        finally:
            connection.close()
        self._transaction(self._fill, "BEGIN IMMEDIATE")

    def _check(self, connection: sqlite3.Connection) -> None:
        if self._path.stat().st_size <= _CHECKED_BYTES:
            # Not quick_check: only this one compares the tables with their indexes.
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if answer is None or answer[0] != "ok":
                raise DamagedError(str(answer))

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version:
            noted = dict(connection.execute("SELECT key, value FROM about").fetchall())
            if (noted.get("version"), noted.get("schema")) != (str(version), _schema(connection)):
                raise DamagedError("version or schema")
        steps = migrations()
        if version > len(steps):
            raise WorkbenchError(_newer(self._path))
        if version and version < len(steps):
            self._back_up(connection, version)
        for number, script in enumerate(steps[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in statements(script):
                    connection.execute(statement)
                about = [("version", str(number)), ("schema", _schema(connection))]
                connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", about)
                connection.execute(f"PRAGMA user_version={number}")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _back_up(self, connection: sqlite3.Connection, version: int) -> None:
        backup = free_name(self._path.parent, f"{self._path.name}.version-{version}-")
        with safe_io.staged_folder(backup) as stage:
            connection.execute("VACUUM INTO ?", (str(stage / self._path.name),))

    def _set_aside(self) -> None:
        self.close()
        kept = free_name(self._path.parent, f"{self._path.name}.bad-")
        for end in ("-wal", ""):
            with suppress(FileNotFoundError):
                safe_io.move(str(self._path) + end, str(kept) + end)
        safe_io.remove_file(str(self._path) + "-shm")
        self._tell(
            tr("The run history was damaged. It is built again from the run folders; nothing in them was touched.")
            + " "
            + tr("The old file is kept as {name}.", name=kept.name)
        )


def migrations() -> list[str]:
    """The scripts that lead from an empty file to today's, in their order."""
    return [path.read_text(encoding="utf-8") for path in sorted(_MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql"))]


def statements(script: str) -> Iterator[str]:
    """The single statements of `script`."""
    statement = ""
    for piece in re.sub(r"--[^\n]*", "", script).split(";")[:-1]:
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _schema(connection: sqlite3.Connection) -> str:
    """A checksum of all declarations: SQLite takes one with a flipped letter for another table or column."""
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    return f"{zlib.crc32(repr([tuple(row) for row in connection.execute(query)]).encode()):08x}"


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Let trouble with the disk be an OSError with the path, and nonsense in the file `DamagedError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from error
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from error


def _translate(error: sqlite3.Error, path: Path) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return DamagedError(str(error)) if "UTF-8" in str(error) else error
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_CANTOPEN:
        number = errno.EACCES if path.parent.is_dir() else errno.ENOENT
    elif primary == sqlite3.SQLITE_READONLY:
        if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
            return DamagedError(str(error))
        number = errno.EROFS
    elif primary in _DISK:
        number = _DISK[primary]
    else:
        return error if primary in _OURS else DamagedError(str(error))
    return OSError(number, f"{os.strerror(number)} ({error})", str(path))


def _identity(path: Path) -> _Identity:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return _NO_FILE
    return (status.st_dev, status.st_ino)


def _newer(path: Path) -> Problem:
    return Problem(
        code="S08",
        where=str(path),
        what=tr("The run history was made by a newer version of Model Workbench."),
        remedy=tr("Update Model Workbench, or choose another workspace folder."),
    )
