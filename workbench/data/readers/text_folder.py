"""A folder of texts by class: `class/anything.txt`, or `train/class/anything.txt`. Each file is one row."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import Reading
from workbench.data.collecting import FIELD_LIMIT
from workbench.data.decoding import MARK, MARK_ERRORS
from workbench.data.encodings import EncodingGuess
from workbench.data.files import open_file, refuse_foreign
from workbench.data.folders import TextFile, TextFolder, text_folder
from workbench.data.growing import GrowingColumns
from workbench.data.sampling import SAMPLE, encoding_of
from workbench.data.table import Progress, Table

COLUMNS = ("text", "label", "file")
"""The columns of every folder; these names stand in plans, so they are the same in every language."""

_HEAD_FILES = 400
_PROBED_FILES = 200
_PROBED_BYTES = 8192
_PIECE = 1 << 15
_MOST_BYTES = 4 * (FIELD_LIMIT + 1)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class _TextFolder:
    def recognizes(self, head: bytes) -> float:
        return 0.0  # a folder has no first bytes: `reader_for` knows it by what it is

    def read(
        self,
        path: Path,
        reading: Reading,
        *,
        limit: int | None = None,
        only: Collection[str] | None = None,
        head_only: bool = False,
        progress: Progress | None = None,
    ) -> Table:
        """One row for each file, in the order of their names; of a head, files from all over the folder."""
        tell = progress or (lambda share: None)
        folder = text_folder(path, lambda: tell(0.0), sized=not head_only)
        guess = _guess(folder, reading)
        columns = GrowingColumns(only=only, limit=limit)
        columns.expect(COLUMNS)
        step = max(1, len(folder.files) // _HEAD_FILES) if head_only else 1
        cut = step > 1
        read = 0
        for place in range(0, len(folder.files), step):
            if head_only and read > SAMPLE:
                cut = True
                break
            tell(place / len(folder.files))
            file = folder.files[place]
            columns.total = place
            read += _take(folder.base, file, guess, columns)
            if columns.full:
                break
        total = len(folder.files)
        return columns.table(
            path, reading, guess, partial=cut, kind="folder", total=total, counted=True, notes=folder.notes
        )


READER = _TextFolder()


def _take(base: Path, file: TextFile, guess: EncodingGuess, columns: GrowingColumns) -> int:
    """Take one file as a row, or leave it out and say why; the length of its text."""
    shown = os.fsencode(file.name).decode("utf-8", "replace")
    try:
        text = _text_in(base / file.name, guess)
    except (WorkbenchError, OSError, ValueError) as error:
        what = error.problems[0].what if isinstance(error, WorkbenchError) else str(error)
        columns.skip(1, tr("{file}: {reason}", file=shown, reason=what))
        return 0
    label = os.fsencode(file.label).decode("utf-8", "replace")
    if MARK in text and len(text) <= FIELD_LIMIT:
        columns.skip(1, tr("{file}: {reason}", file=shown, reason=tr("Some bytes do not fit the encoding.")), "text")
    else:
        columns.add(dict(zip(COLUMNS, (text, label, shown), strict=True)), 1)
    return len(text)


def _text_in(path: Path, guess: EncodingGuess) -> str:
    """The text of the file at `path`. Raises WorkbenchError, OSError or ValueError where it holds none.

    Of a file with more than a cell may hold, as much is read as shows that it does.
    """
    with open_file(path) as stream:
        data = stream.read(_PIECE) or b""
        while len(data) < _MOST_BYTES and (more := stream.read(len(data))):
            data += more
    if not data:
        return ""
    if not data.lstrip().startswith((b"<", b"#")):  # a text about the web, or with a heading, is a text
        refuse_foreign(path, data[:4096])
    encoding = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), guess.encoding)
    text = data.decode(encoding, MARK_ERRORS).lstrip("\ufeff")
    if "\x00" in text:
        raise ValueError(tr("This file holds no readable text."))
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def _guess(folder: TextFolder, reading: Reading) -> EncodingGuess:
    """The encoding of all files together: most texts alone are too short to tell."""
    return encoding_of(b"\n".join(_probes(folder)), False, reading)


def _probes(folder: TextFolder) -> Iterator[bytes]:
    """The whole lines at the beginnings of some files from all over the folder, those that tell more before others."""
    step = max(1, len(folder.files) // _PROBED_FILES)
    plain: list[bytes] = []
    for file in folder.files[::step]:
        try:
            with open_file(folder.base / file.name) as stream:
                data = stream.read(_PROBED_BYTES) or b""
        except (WorkbenchError, OSError):
            continue
        if len(data) == _PROBED_BYTES:
            data = data[: data.rfind(b"\n") + 1]
        if any(data.startswith(mark) for mark in _MARKS) or b"\x00" in data:
            continue
        if data.isascii():
            plain.append(data)
        else:
            yield data
    yield from plain
