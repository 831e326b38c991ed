"""A folder of texts by class, as it lies on the disk: which files belong to it, and what they are together.

Links to folders are not followed, so there are no loops; what is hidden is not looked at.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.data.files import LARGEST, problem, shown_name

MOST_FILES = 1_000_000
"""More files than this are no folder of texts but half a disk."""

_TRAINING = frozenset({"train", "training", "train_data", "训练集", "训练"})
_OTHER_PARTS = frozenset(
    {"test", "testing", "valid", "validation", "val", "dev", "eval", "测试集", "测试", "验证集", "验证"}
)
_WITHOUT_LABEL = frozenset({"unsup", "unlabeled", "unlabelled", "unsupervised"})
_NOT_MEANT = frozenset({"__macosx", "thumbs.db", "desktop.ini", "__pycache__"})
_ABOUT = ("readme", "license", "licence", "changelog")
_TABLES = frozenset(
    {
        ".csv",
        ".tsv",
        ".tab",
        ".psv",
        ".json",
        ".jsonl",
        ".ndjson",
        ".parquet",
        ".xlsx",
        ".xls",
        ".ods",
        ".conll",
        ".bio",
    }
)
_NO_TEXTS = frozenset(
    {".feat", ".vocab", ".py", ".xml", ".pdf", ".doc", ".docx", ".pptx", ".png", ".jpg", ".jpeg", ".gif"}
    | {".bmp", ".tif", ".tiff", ".webp", ".wav", ".mp3", ".flac", ".ogg", ".mp4", ".avi", ".zip", ".gz", ".tar", ".npy"}
    | {".npz", ".pt", ".bin", ".safetensors", ".exe", ".dll", ".so", ".db", ".sqlite"}
)


class TextFile(NamedTuple):
    """A file at `name` below the folder (parts joined by "/"), in the folder of the class `label`."""

    name: str
    label: str
    size: int


class TextFolder(NamedTuple):
    """The `files` of the classes, by name, below `base`; and `notes` on what else is there."""

    base: Path
    files: tuple[TextFile, ...]
    notes: tuple[str, ...]


def text_folder(path: Path | str, tell: Callable[[], None] = lambda: None, *, sized: bool = True) -> TextFolder:
    """The texts by class in the folder at `path`; of one with a part for training, the texts of that part.

    `tell` is called many times a second and may raise to stop. If not `sized`, sizes are 0, which is quicker. Raises
    WorkbenchError for a folder that holds something else, saying which file of it may be meant.
    """
    path = Path(path)
    try:
        return _look(path, tell, sized)
    except (OSError, ValueError) as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refused(path, tr("This folder cannot be read: {detail}.", detail=detail)) from error


def _look(path: Path, tell: Callable[[], None], sized: bool) -> TextFolder:
    folders, files = _listed(path)
    training = [name for name in folders if name.casefold() in _TRAINING]
    notes: tuple[str, ...] = ()
    base = path
    if len(training) == 1 and _listed(path / training[0])[0]:
        base = path / training[0]
        notes = _notes_on_parts(training[0], [name for name in folders if name.casefold() in _OTHER_PARTS])
        folders, files = _listed(base)
    classes = [name for name in folders if name.casefold() not in _WITHOUT_LABEL]
    others: Counter[str] = Counter(_kind(entry.name) for entry in files)
    found: list[TextFile] = []
    for label in classes:
        found += _walk(base, label, others, MOST_FILES - len(found), tell, sized)
    tables = sum(others[kind] for kind in _TABLES)
    if tables >= len(found) or len({file.label for file in found}) < 2:
        raise _nothing_in(path, base, [entry.name for entry in files], found)
    if sum(file.size for file in found) > LARGEST:
        what = tr("The texts in this folder have more than {size:.1f} GB together.", size=LARGEST / 1e9)
        raise _too_much(path, what)
    if len(classes) < len(folders):
        unlabelled = next(name for name in folders if name not in classes)
        notes += (tr("The texts in “{folder}” have no label and were left out.", folder=unlabelled),)
    return TextFolder(base, tuple(sorted(found)), notes + _notes_on_others(others))


def _listed(folder: Path) -> tuple[list[str], list[os.DirEntry[str]]]:
    """The names of the folders and the other things in `folder`, without what is hidden, in order."""
    folders: list[str] = []
    files: list[os.DirEntry[str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name.casefold() in _NOT_MEANT:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                files.append(entry)
            if len(folders) + len(files) > MOST_FILES:
                raise _too_many(folder)
    return sorted(folders), sorted(files, key=lambda entry: entry.name)


def _walk(
    base: Path, label: str, others: Counter[str], most: int, tell: Callable[[], None], sized: bool
) -> Iterator[TextFile]:
    """The files that may be texts below the folder of one class; other kinds are counted in `others`."""
    waiting = [label]
    seen = 0
    while waiting:
        inside = waiting.pop()
        tell()
        try:
            folders, files = _listed(base / inside)
        except OSError:  # a folder that may not be looked into, or lies too deep
            others[""] += 1
            continue
        waiting += [f"{inside}/{name}" for name in folders]
        seen += len(files)
        if seen > most or len(waiting) > MOST_FILES:
            raise _too_many(base)
        for place, entry in enumerate(files):
            if place % 1000 == 999:
                tell()
            kind = _kind(entry.name)
            if kind in _TABLES or kind in _NO_TEXTS or entry.name.casefold().startswith(_ABOUT):
                others[kind] += 1
                continue
            size = _size_of(entry, sized)
            if size is None:
                others[""] += 1
            else:
                yield TextFile(f"{inside}/{entry.name}", label, size)


def _kind(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _size_of(entry: os.DirEntry[str], sized: bool) -> int | None:
    """The size of a regular file, also behind a link; None for a pipe, a device, or a link to nowhere or a folder."""
    try:
        if not sized and entry.is_file(follow_symlinks=False):
            return 0
        status = entry.stat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _notes_on_parts(training: str, others: list[str]) -> tuple[str, ...]:
    note = tr("Read from the folder “{folder}” in it.", folder=training)
    if not others:
        return (note,)
    return note, tr("“{folder}” can be chosen as validation or test data.", folder="”, “".join(others))


def _notes_on_others(others: Counter[str]) -> tuple[str, ...]:
    number = others.total()
    if not number:
        return ()
    kinds = ", ".join(sorted(kind for kind in others if kind)[:6]) or "?"
    text = trn(
        "{number} other file was left out ({kinds}).",
        "{number} other files were left out ({kinds}).",
        number,
        kinds=kinds,
    )
    return (text,)


def _nothing_in(path: Path, base: Path, files: list[str], found: list[TextFile]) -> WorkbenchError:
    """Why there are no classes of texts in the folder, and what may be meant instead."""
    if (base / "config.json").is_file() and any(_kind(name) == ".safetensors" for name in files):
        return _refused(path, tr("This is the folder of a model, not data."), tr("Choose it as the model."))
    tables = [name for name in files if _kind(name) in _TABLES]
    if not tables:
        tables = [f"{folder}/{name}" for folder in _listed(base)[0][:50] for name in _tables_in(base / folder)]
    if len(tables) == 1:
        what = tr("This is a folder with one table.")
        return _refused(path, what, tr("Choose {file} in it.", file=shown_name(tables[0])))
    if tables:
        names = ", ".join(shown_name(name) for name in tables[:5]) + (", …" if len(tables) > 5 else "")
        return _refused(path, tr("This is a folder with several tables: {names}.", names=names))
    if found or any(_kind(name) not in _NO_TEXTS and not name.casefold().startswith(_ABOUT) for name in files):
        what = tr("This folder holds texts, but not a folder of them for each of two classes or more.")
        return _refused(path, what, tr("Choose the folder above it, with one folder of texts for each class."))
    return _refused(path, tr("This folder holds no texts."), tr("Choose a folder with one folder of texts per class."))


def _tables_in(folder: Path) -> list[str]:
    return [entry.name for entry in _listed(folder)[1] if _kind(entry.name) in _TABLES]


def _refused(path: Path, what: str, remedy: str = "") -> WorkbenchError:
    return WorkbenchError(problem("D68", path, what, remedy or tr("Choose one file in it.")))


def _too_many(path: Path) -> WorkbenchError:
    return _too_much(path, tr("This folder holds more than {number} files.", number=f"{MOST_FILES:,}"))


def _too_much(path: Path, what: str) -> WorkbenchError:
    return WorkbenchError(problem("D69", path, what, tr("Choose a folder with fewer texts.")))
