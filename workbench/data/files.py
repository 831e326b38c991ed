"""Files as they come from the user: opened without hanging, known by their first bytes, never written."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import mark, tr

LARGEST = 2**30
"""The largest file, in bytes, that is read: its cells have to fit in memory about twice."""

_ASK_CSV = mark("Save the table as CSV or TSV text and choose that file.")

_ARCHIVE = mark("This is a packed archive ({kind}), not a table. Unpack it and choose the table inside.")
_OFFICE = mark("This is an office file ({kind}) without a table that can be read.")
_MEDIA = mark("This is a picture, sound or film ({kind}), not a table.")
_PROGRAM = mark("This is a program ({kind}), not a table. It was not run.")
_DOCUMENT = mark("This is a document ({kind}), not a table.")
_BINARY_TABLE = mark("This is a table in a binary format ({kind}) that cannot be read yet.")
_OBJECTS = mark("This file stores objects of a program ({kind}). Such files can run code, so it was not opened.")

_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"PK\x05\x06", _ARCHIVE, "ZIP"),
    (0, b"\x1f\x8b", _ARCHIVE, "gzip"),
    (0, b"BZh", _ARCHIVE, "bzip2"),
    (0, b"\xfd7zXZ\x00", _ARCHIVE, "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE, "7-Zip"),
    (0, b"Rar!\x1a\x07", _ARCHIVE, "RAR"),
    (0, b"\x28\xb5\x2f\xfd", _ARCHIVE, "Zstandard"),
    (257, b"ustar", _ARCHIVE, "tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE, "XLS, DOC or PPT"),
    (0, b"%PDF-", _DOCUMENT, "PDF"),
    (0, b"{\\rtf", _DOCUMENT, "RTF"),
    (0, b"\x89PNG\r\n\x1a\n", _MEDIA, "PNG"),
    (0, b"\xff\xd8\xff", _MEDIA, "JPEG"),
    (0, b"GIF87a", _MEDIA, "GIF"),
    (0, b"GIF89a", _MEDIA, "GIF"),
    (0, b"II*\x00", _MEDIA, "TIFF"),
    (0, b"MM\x00*", _MEDIA, "TIFF"),
    (8, b"WEBP", _MEDIA, "WebP"),
    (8, b"WAVE", _MEDIA, "WAV"),
    (8, b"AVI ", _MEDIA, "AVI"),
    (4, b"ftyp", _MEDIA, "MP4"),
    (0, b"ID3\x02", _MEDIA, "MP3"),
    (0, b"ID3\x03", _MEDIA, "MP3"),
    (0, b"ID3\x04", _MEDIA, "MP3"),
    (0, b"OggS\x00", _MEDIA, "Ogg"),
    (0, b"fLaC\x00", _MEDIA, "FLAC"),
    (0, b"\x1aE\xdf\xa3", _MEDIA, "Matroska"),
    (0, b"\x7fELF", _PROGRAM, "ELF"),
    (0, b"\xcf\xfa\xed\xfe", _PROGRAM, "Mach-O"),
    (0, b"\xca\xfe\xba\xbe", _PROGRAM, "Mach-O"),
    (0, b"\x00asm", _PROGRAM, "WebAssembly"),
    (0, b"SQLite format 3\x00", _BINARY_TABLE, "SQLite"),
    (0, b"\x89HDF\r\n", _BINARY_TABLE, "HDF5"),
    (0, b"\x93NUMPY", _OBJECTS, "NumPy"),
    (0, b"\x80\x02", _OBJECTS, "pickle"),
    (0, b"\x80\x03", _OBJECTS, "pickle"),
    (0, b"\x80\x04\x95", _OBJECTS, "pickle"),
    (0, b"\x80\x05\x95", _OBJECTS, "pickle"),
)


def problem(code: str, path: Path | str, what: str, remedy: str = "", field: str = "path") -> Problem:
    """A problem of the file at `path`, named by its last part so that long folders do not hide what is wrong."""
    return Problem(code=code, where=shown_name(path), what=what, remedy=remedy, field=field)


def shown_name(path: Path | str) -> str:
    """The last part of `path`, fit to be shown: what cannot be seen becomes a mark, a long name loses its middle."""
    name = "".join(char if char.isprintable() else "\ufffd" for char in Path(path).name or str(path))
    return name if len(name) <= 80 else f"{name[:50]}…{name[-25:]}"


def open_file(path: Path | str) -> BinaryIO:
    """The regular file at `path`, open for reading bytes. Raises WorkbenchError for anything else; never blocks."""
    try:
        _require_regular(path, os.stat(path))
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise WorkbenchError(problem("D02", path, _why_not_opened(error), tr("Choose another file."))) from error
    stream = os.fdopen(descriptor, "rb")
    try:
        _require_regular(path, os.fstat(descriptor))
    except BaseException:
        stream.close()
        raise
    return stream


def _why_not_opened(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return tr("This file does not exist.")
    if isinstance(error, PermissionError):
        return tr("You are not allowed to read this file.")
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return tr("This file cannot be opened: {detail}.", detail=detail)


def _require_regular(path: Path | str, status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        remedy = tr("Choose one file in it.")
        raise WorkbenchError(problem("D03", path, tr("This is a folder, not a table."), remedy))
    if not stat.S_ISREG(mode):
        what = tr("This is a device or a pipe, not a file. It was not opened.")
        raise WorkbenchError(problem("D17", path, what, tr("Choose a CSV or TSV file.")))
    if status.st_size > LARGEST:
        what = tr(
            "The file has {size:.1f} GB; up to {largest:.1f} GB can be read.",
            size=status.st_size / 1e9,
            largest=LARGEST / 1e9,
        )
        raise WorkbenchError(problem("D04", path, what, tr("Split it and choose a part.")))


def refuse_foreign(path: Path | str, head: bytes) -> None:
    """Raise WorkbenchError with the reason if `head`, a file's first bytes, belongs to no table of text."""
    if not head:
        what = tr("This file is empty.")
        remedy = tr("Drop a CSV with one text column and one label column.")
        raise WorkbenchError(problem("D01", path, what, remedy))
    reason = _foreign_kind(head)
    if reason:
        raise WorkbenchError(problem("D05", path, reason, tr(_ASK_CSV)))


def _foreign_kind(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(head)
    if head.startswith(b"MZ") and b"\x00" in head[:64]:
        return tr(_PROGRAM, kind="EXE")
    if head.startswith(b"BM") and head[6:10] == b"\x00\x00\x00\x00":
        return tr(_MEDIA, kind="BMP")
    for offset, magic, reason, kind in _MAGIC:
        if head[offset : offset + len(magic)] == magic and (offset == 0 or b"\x00" in head):
            return tr(reason, kind=kind)
    return _text_kind(head)


def _zip_kind(head: bytes) -> str:
    for inside, kind in ((b"xl/", "XLSX"), (b"word/", "DOCX"), (b"ppt/", "PPTX"), (b"opendocument", "ODF")):
        if inside in head:
            return tr(_OFFICE, kind=kind)
    return tr(_OFFICE, kind="OOXML") if b"[Content_Types].xml" in head else tr(_ARCHIVE, kind="ZIP")


def _text_kind(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    lowered = start[:200].lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return tr("This is a web page, perhaps the page of a download, not a table.")
    if lowered.startswith(b"<?xml"):
        return tr(_DOCUMENT, kind="XML")
    if lowered.startswith((b"#!/", b"#! /")):
        return tr(_PROGRAM, kind="script")
    return ""


def sha256_of(paths: Sequence[Path | str], progress: Callable[[float], None] | None = None) -> str:
    """The SHA-256 (hexadecimal) of the bytes of all `paths`, one after the other. `progress` is told the share done.

    Of a folder of texts, names and bytes of the texts in it count. Raises WorkbenchError.
    """
    digest = hashlib.sha256()
    for place, path in enumerate(paths):
        if os.path.isdir(path):
            for piece in _digest_folder(path, partial(_tell_part, progress, place, len(paths))):
                digest.update(piece)
            continue
        with open_file(path) as stream:
            size = max(1, os.fstat(stream.fileno()).st_size)
            while block := stream.read(2**20):
                digest.update(block)
                if progress:
                    progress((place + min(1.0, stream.tell() / size)) / len(paths))
    return digest.hexdigest()


def _tell_part(progress: Callable[[float], None] | None, place: int, parts: int, share: float) -> None:
    if progress:
        progress((place + share) / parts)


def _digest_folder(path: Path | str, tell: Callable[[float], None]) -> Iterator[bytes]:
    """What tells a folder of texts from every other: the names below it in order, and the bytes under each."""
    from workbench.data.folders import text_folder  # it looks at folders by means of this module

    folder = text_folder(path, lambda: tell(0.0))
    for place, file in enumerate(folder.files):
        yield f"{file.name}\0{file.size}\0".encode("utf-8", "surrogateescape")
        try:
            with open_file(folder.base / file.name) as stream:
                while block := stream.read(2**20):
                    yield block
        except (WorkbenchError, OSError):
            yield b"\0"  # it cannot be read, and the reader will leave it out
        tell(place / len(folder.files))
