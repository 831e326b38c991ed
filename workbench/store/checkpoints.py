"""The checkpoints of one run: each is whole and proven by a list of what is in it, or it is passed over."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.store import safe_io

MANIFEST = "MANIFEST.json"
MANIFEST_VERSION = 1
_ROWS = "rows"
# With the dots: one that was moved aside while it was written anew, and is put back by `heal`.
_STEP = re.compile(r"step-(\d{10,19})|\.step-(\d{10,19})\.replaced")
_KEPT = 2
_ROOM = 3
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 16 << 20
# Anything else that the disk says (no rights, too many open files) can be mended: then nothing is passed over.
_DAMAGE = {errno.EIO, errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EINVAL}


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    size: int
    sha256: str


class _Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contents of MANIFEST.json: every other file of the folder, by its path with "/"."""

    version: int
    files: dict[str, _File]


class _Version(Struct, frozen=True):
    version: int


class CheckpointFolder:
    """The folder of a run in which its checkpoints lie: `step-0000000123` for each of the last two, and `rows`.

    `notes` holds a sentence, in the user's language, for each checkpoint that was passed over. `before` is called when
    a checkpoint is written and not yet in its place; what it raises keeps the checkpoint from appearing. Every method
    raises OSError for trouble with the disk.
    """

    def __init__(self, path: str | Path, *, before: Callable[[], None] = lambda: None) -> None:
        self.path = Path(path)
        self.notes: list[str] = []
        self._before = before

    @contextmanager
    def staged(self, step: int) -> Iterator[Path]:
        """An empty folder; when the block ends it is the checkpoint of `step`, on the disk itself, and the newest.

        The one before it is kept, all others go. If the block raises, everything is as it was.
        """
        with self._staged(f"step-{step:010d}") as stage:
            yield stage
        self._remove_others(step)

    @contextmanager
    def staged_rows(self) -> Iterator[Path]:
        """The same for `rows`, which every checkpoint of the run shares."""
        with self._staged(_ROWS) as stage:
            yield stage

    def newest(self) -> Path | None:
        """The folder of the highest step that is whole: no file more or less, every size and SHA-256 right.

        Reads every byte of it. The others above it are passed over, and `notes` says why.
        """
        return next((folder for _, folder in self._found() if self._is_sound(folder)), None)

    def glance(self) -> Path | None:
        """As `newest`, without reading the files: only their names and sizes are looked at, so it is quick."""
        return next((folder for _, folder in self._found() if not _fault(folder, thorough=False)), None)

    def rows(self) -> Path | None:
        """The folder that `staged_rows` made, if it is whole."""
        folder = self.path / _ROWS
        return folder if os.path.lexists(folder) and self._is_sound(folder) else None

    def require_room(self, bytes: int) -> None:
        """Raises WorkbenchError unless three checkpoints of so many bytes fit on the disk: a new one beside two."""
        needed = _ROOM * bytes
        try:
            there = (one for one in (self.path, *self.path.parents) if one.is_dir())
            free = shutil.disk_usage(next(there, self.path)).free
        except OSError as error:
            raise safe_io.explain(error, self.path) from error
        if free < needed:
            what = tr(
                "Keeping checkpoints needs {needed} MB of free space, {free} MB are free. Nothing is lost.",
                needed=f"{needed / 1e6:,.0f}",
                free=f"{free / 1e6:,.0f}",
            )
            remedy = tr("Free some space or choose another disk, then try again.")
            raise WorkbenchError(Problem(code="S14", where=str(self.path), what=what, remedy=remedy))

    def clear(self) -> None:
        """Remove all of it, in one move: a kill meanwhile leaves everything or nothing."""
        safe_io.discard(self.path)

    def heal(self) -> None:
        """Clear away what a killed process left half done. Only while nobody writes here."""
        safe_io.heal_all(self.path)
        safe_io.sweep(self.path, age=0)

    @contextmanager
    def _staged(self, name: str) -> Iterator[Path]:
        with safe_io.naming(self.path / name), safe_io.staged_folder(self._made() / name) as stage:
            yield stage
            sizes = _sizes(stage)
            strange = [file for file, size in sizes.items() if size < 0]
            if strange:
                raise ValueError(f"a checkpoint holds plain files only, not {strange}")
            files = {file: _File(size, _sha256(stage / file)) for file, size in sizes.items()}
            safe_io.write_json(stage / MANIFEST, _Manifest(version=MANIFEST_VERSION, files=files))
            self._before()

    def _made(self) -> Path:
        safe_io.make_folder(self.path)
        return self.path

    def _found(self) -> list[tuple[int, Path]]:
        """(step, folder) of everything that is called like a checkpoint, the highest step first, what is aside last."""
        try:
            names = os.listdir(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return []
        matches = [match for match in map(_STEP.fullmatch, names) if match]
        found = [(int(match[1] or match[2]), self.path / match[0]) for match in matches]
        return sorted(found, key=lambda one: (one[0], one[1].name), reverse=True)

    def _is_sound(self, folder: Path) -> bool:
        fault = _fault(folder, thorough=True)
        if fault:
            note = tr("The checkpoint {name} was passed over. {reason}", name=folder.name, reason=fault)
            if note not in self.notes:
                self.notes.append(note)
        return not fault

    def _remove_others(self, newest: int) -> None:
        """Remove all but `newest` and the one before it.

        Higher steps belong to a future that was given up: they could not be gone on from, or `newest` would be higher.
        """
        kept = 1
        with suppress(OSError):
            for step, folder in self._found():
                if step == newest:
                    continue
                # What cannot be removed now is tried again with the next checkpoint.
                with suppress(OSError):
                    if step < newest and kept < _KEPT and not _fault(folder, thorough=False):
                        kept += 1
                    else:
                        safe_io.discard(folder)


def _fault(folder: Path, *, thorough: bool) -> str:
    """What is wrong with `folder`, in the user's language; "" if nothing is. `thorough`: read every byte."""
    try:
        with safe_io.naming(folder):
            return _comparison(folder, thorough)
    except OSError as error:
        if error.errno not in _DAMAGE:
            raise
        return str(safe_io.explain(error))


def _comparison(folder: Path, thorough: bool) -> str:
    """How `folder` differs from its manifest; "" if it does not."""
    listed = _manifest(folder)
    if isinstance(listed, str):
        return listed
    sizes = _sizes(folder)
    for file in sorted(sizes.keys() | listed.keys()):
        if file not in sizes:
            return tr("{file} is missing.", file=file)
        if file not in listed:
            return tr("{file} does not belong to it.", file=file)
        if sizes[file] != listed[file].size:
            return tr("{file} is longer or shorter than it was.", file=file)
    for file in listed if thorough else ():
        if _sha256(folder / file) != listed[file].sha256:
            return tr("{file} is damaged.", file=file)
    return ""


def _manifest(folder: Path) -> dict[str, _File] | str:
    """What MANIFEST.json lists, or what is wrong with it."""
    try:
        with open(folder / MANIFEST, "rb") as file:
            data = file.read(_LARGEST_MANIFEST)
        version = msgspec.json.decode(data, type=_Version).version
        if version > MANIFEST_VERSION:
            return tr("It was made by a newer version of Model Workbench.")
        if version == MANIFEST_VERSION:
            return msgspec.json.decode(data, type=_Manifest).files
    except FileNotFoundError:
        return tr("{file} is missing.", file=MANIFEST)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    return tr("{file} is damaged.", file=MANIFEST)


def _sizes(folder: Path) -> dict[str, int]:
    """{path with "/": size} of every file in `folder` but the manifest; -1 for what is no plain file."""
    sizes: dict[str, int] = {}
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        with os.scandir(folder / inner) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                name = inner + entry.name
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(name + "/")
                elif name != MANIFEST:
                    sizes[name] = status.st_size if stat.S_ISREG(status.st_mode) else -1
    return sizes


def _sha256(path: Path) -> str:
    # In chunks: other threads, the window's first, go on meanwhile.
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
    with open(path, "rb", buffering=0) as file:
        while size := file.readinto(buffer):
            digest.update(buffer[:size])
    return digest.hexdigest()
