"""Every write to disk. A file is either the old one or the new one, whole, whatever happens in between.

The way of a file: temp in the same folder -> write -> fsync -> rename -> fsync of the folder. Every function raises
OSError with the path; `explain` puts it into words. Temps are named `.TOKEN.part` and go away on every error; only a
killed process can leave one, and `sweep` finds it.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from workbench.store.disk_errors import explain

__all__ = [
    "Log",
    "copy_file",
    "discard",
    "explain",
    "heal_all",
    "heal_folder",
    "make_folder",
    "move",
    "naming",
    "remove_file",
    "remove_tree",
    "staged_folder",
    "sweep",
    "write_bytes",
    "write_chunks",
    "write_json",
    "write_text",
]

_PART = ".part"
_REPLACED = ".replaced"
_DAY = 86_400.0
_CHUNK = 1 << 20
# Virus scanners and indexers hold a fresh file for a moment: only Windows refuses the rename then.
_RENAME_WAITS: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.35) if os.name == "nt" else ()
_BINARY = getattr(os, "O_BINARY", 0)


def write_bytes(path: str | Path, data: bytes, *, private: bool = False) -> None:
    """Put `data` into the file `path`, replacing it whole. `private` files can be read by their owner only."""
    write_chunks(path, (data,), private=private)


def write_text(path: str | Path, text: str, *, private: bool = False) -> None:
    """As `write_bytes`, with `text` in UTF-8 and its line ends as they are."""
    write_bytes(path, text.encode("utf-8"), private=private)


def write_json(path: str | Path, value: object, *, private: bool = False) -> None:
    """As `write_bytes`, with `value` (anything msgspec encodes) as indented UTF-8 JSON."""
    data = msgspec.json.format(msgspec.json.encode(value), indent=2)
    write_bytes(path, data + b"\n", private=private)


def copy_file(source: str | Path, target: str | Path, *, private: bool = False) -> None:
    """Copy the contents of `source` to `target`, replacing it whole."""
    with open(source, "rb") as file:
        write_chunks(target, iter(lambda: file.read(_CHUNK), b""), private=private)


def write_chunks(path: str | Path, chunks: Iterable[bytes], *, private: bool = False) -> None:
    """As `write_bytes`, for contents that come piece by piece. If `chunks` raises, the old file stays."""
    target = Path(os.path.realpath(path))
    part = _part_beside(target)
    with naming(target):
        try:
            _write_new(part, chunks, 0o600 if private else 0o666)
            _rename(part, target)
        except BaseException:
            remove_file(part, quietly=True)
            raise
        _sync_folder(target.parent)


@contextmanager
def staged_folder(path: str | Path) -> Iterator[Path]:
    """Build a folder under a temp name beside `path`; it appears as `path`, whole, when the block ends.

    An old folder at `path` is replaced. If the block raises, the old one stays and the temp goes away.
    """
    target = Path(path)
    stage = _part_beside(target)
    with naming(target):
        heal_folder(target)
        os.mkdir(stage)
    try:
        yield stage
        with naming(target):
            _sync_tree(stage)
            _swap(stage, target)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def heal_folder(path: str | Path) -> None:
    """Put back the folder that a killed process had moved aside while replacing `path`."""
    target = Path(path)
    aside = _aside(target)
    if not os.path.lexists(aside):
        return
    if os.path.lexists(target):
        remove_tree(aside)
    else:
        _rename(aside, target)
        _sync_folder(target.parent)


def heal_all(folder: str | Path) -> None:
    """`heal_folder` for everything in `folder`; none there, nothing done."""
    with suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):
            if name.startswith(".") and name.endswith(_REPLACED):
                heal_folder(Path(folder, name[1 : -len(_REPLACED)]))


def make_folder(path: str | Path, *, private: bool = False) -> None:
    """Make the folder `path` and those above it. One that exists is fine. `private`: for its owner only."""
    folder = Path(path)
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    for one in reversed(missing):
        with naming(one):
            try:
                os.mkdir(one, 0o700 if private else 0o777)
            except FileExistsError:
                if not one.is_dir():
                    raise
            _sync_folder(one.parent)


def move(source: str | Path, target: str | Path) -> None:
    """Move a file or folder to `target`, which must not exist (FileExistsError), on another disk too."""
    start, end = Path(source), Path(target)
    if os.path.lexists(end):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(end))
    with naming(start):
        try:
            _rename(start, end)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _move_across(start, end)
        _sync_folder(end.parent)
        if start.parent != end.parent:
            _sync_folder(start.parent)


def remove_file(path: str | Path, *, quietly: bool = False) -> None:
    """Remove a file; one that is gone already is fine. `quietly`: no error, for clean-up after another error."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        if not quietly:
            raise


def remove_tree(path: str | Path) -> None:
    """Remove a folder and all in it; one that is gone already is fine. Links are removed, never followed."""
    folder = Path(path)
    if folder.is_symlink() or folder.is_file():
        os.unlink(folder)
    elif os.path.lexists(folder):
        shutil.rmtree(folder)
    with suppress(FileNotFoundError):
        _sync_folder(folder.parent)


def discard(path: str | Path) -> None:
    """As `remove_tree` for a folder, but it is out of sight in one move: a kill leaves no half of it behind."""
    target = Path(path)
    part = _part_beside(target)
    with naming(target):
        try:
            _rename(target, part)
        except FileNotFoundError:
            return
        _sync_folder(target.parent)
        remove_tree(part)


def sweep(folder: str | Path, *, age: float = _DAY) -> None:
    """Remove the temps that killed processes left in `folder`, if they are older than `age` seconds."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(".") and entry.name.endswith(_PART):
                with suppress(OSError):
                    if age <= 0 or time.time() - entry.stat(follow_symlinks=False).st_mtime > age:
                        remove_tree(entry.path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an OSError name `path`, not a temp or nothing."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


class Log:
    """A file that only grows, line by line. A line that could not be written whole is taken back.

    Every method raises OSError with the path.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        with naming(self._path):
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _BINARY, 0o666)
            self._finish_torn_line()

    def append(self, lines: bytes) -> None:
        """Write `lines`, which end with a line feed: all of them or none."""
        with naming(self._path):
            size = os.fstat(self._file).st_size
            try:
                _write_all(self._file, lines)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(self._file, size)
                raise

    def sync(self) -> None:
        """Return when everything appended is on the disk itself."""
        with naming(self._path):
            os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file. A second time does nothing."""
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)

    def _finish_torn_line(self) -> None:
        size = os.fstat(self._file).st_size
        if size:
            os.lseek(self._file, size - 1, os.SEEK_SET)
            if os.read(self._file, 1) != b"\n":
                self.append(b"\n")


def _part_beside(target: Path) -> Path:
    return target.parent / f".{secrets.token_hex(8)}{_PART}"


def _aside(target: Path) -> Path:
    return target.parent / f".{target.name}{_REPLACED}"


def _write_new(part: Path, chunks: Iterable[bytes], mode: int) -> None:
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        for chunk in chunks:
            _write_all(file, chunk)
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.write(file, rest[:_CHUNK])
        if written <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def _rename(source: Path, target: Path) -> None:
    for wait in _RENAME_WAITS:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            time.sleep(wait)
    os.replace(source, target)


def _swap(stage: Path, target: Path) -> None:
    aside = _aside(target)
    replacing = os.path.lexists(target)
    if replacing:
        _rename(target, aside)
    try:
        _rename(stage, target)
    except BaseException:
        if replacing:
            _rename(aside, target)
        raise
    # The new name must be on the disk before the old contents go.
    _sync_folder(target.parent)
    if replacing:
        shutil.rmtree(aside, ignore_errors=True)


def _move_across(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        with staged_folder(target) as stage:
            shutil.copytree(source, stage, symlinks=True, dirs_exist_ok=True)
        remove_tree(source)
    else:
        copy_file(source, target)
        remove_file(source)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                _sync_path(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    try:
        _sync_path(folder, os.O_RDONLY)
    except OSError as error:
        # Some file systems cannot sync a folder, and some folders may be passed through but not opened.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            raise


def _sync_path(path: Path, flags: int) -> None:
    file = os.open(path, flags | _BINARY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
