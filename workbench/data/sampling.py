"""What is looked at before a text file is read: its beginning, how large it is, and which encoding that tells."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import Reading
from workbench.data.decoding import MARK_ERRORS
from workbench.data.encodings import EncodingGuess, guess_encoding, require_encoding
from workbench.data.files import open_file, problem

SAMPLE = 1 << 20
"""The bytes from the beginning of a file that a preview is made of."""

_PIECE = 1 << 16


def sample_of(path: Path) -> tuple[bytes, bool, int]:
    """The beginning of the file and, of a large one, some lines of its middle and end; is that all; the file's size.

    Raises WorkbenchError where the file cannot be opened, OSError where it cannot be read.
    """
    with open_file(path) as stream:
        head = b""
        while len(head) < SAMPLE and (block := stream.read(SAMPLE - len(head))):
            head += block
        size = max(len(head), stream.seek(0, io.SEEK_END))
        if size <= len(head):
            return head, True, size
        pieces = [head]
        for start in (size // 2, size - _PIECE):
            stream.seek(max(len(head), start) // 4 * 4)
            pieces.append(_whole_lines(stream.read(_PIECE) or b"", b"\x00" in head))
        return b"".join(pieces), False, size


def _whole_lines(piece: bytes, wide: bool) -> bytes:
    """The part of `piece` between two line ends; nothing of 16-bit text, whose bytes must stay aligned."""
    start, end = piece.find(b"\n"), piece.rfind(b"\n")
    return b"" if wide or start < 0 or end <= start else piece[start + 1 : end + 1]


def encoding_of(sample: bytes, complete: bool, reading: Reading) -> EncodingGuess:
    """The encoding that `reading` says, else the likeliest for `sample`. Raises WorkbenchError for an unknown name."""
    guess = guess_encoding(sample, complete=complete)
    if reading.encoding is None:
        return guess
    given = require_encoding(reading.encoding)
    codec = codecs.lookup(given).name
    if codec == "utf-8" and guess.encoding == "utf-8-sig":
        given = "utf-8-sig"  # the mark at the beginning is not part of the first cell
    elif codec in ("utf-16", "utf-32") and guess.encoding != codec:
        given += "-le"  # there is no mark: these codecs would refuse to begin
    others = tuple(name for name in (guess.encoding, *guess.alternatives) if name != given)
    return EncodingGuess(encoding=given, confidence=1.0, alternatives=others)


def decoded(head: bytes, encoding: str) -> str:
    """The text of `head`, which may end in the middle of a character; line ends stay as they are."""
    return io.TextIOWrapper(io.BytesIO(head), encoding, MARK_ERRORS, newline="").read()


def rough_text(head: bytes) -> str:
    """The first bytes of a file as text, good enough to see what kind of text it is."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(head) % 4 == 0:
        return head.decode("utf-32", "replace")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    if len(head) >= 4 and 0 in head[:2] and head[0] != head[1]:
        return head[: len(head) // 2 * 2].decode("utf-16-le" if head[1] == 0 else "utf-16-be", "replace")
    return head.decode("utf-8-sig", "replace")


def disk_error(path: Path, error: OSError) -> WorkbenchError:
    """What the user hears when a file that was opened cannot be read."""
    what = tr("The disk did not give the file: {detail}.", detail=error.strerror or str(error))
    return WorkbenchError(problem("D09", path, what, tr("Choose another file.")))
