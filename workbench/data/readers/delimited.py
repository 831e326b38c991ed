"""Delimited text: CSV, TSV and whatever else stands between the cells.

What is not given is found out from the beginning of the file: encoding, delimiter, quotation mark, header.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec.structs import replace

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading
from workbench.data.collecting import Collector, blocks
from workbench.data.decoding import MARK, MARK_ERRORS
from workbench.data.dialects import Layout, detect_layout, require_marks
from workbench.data.encodings import (
    SURE,
    EncodingGuess,
    guess_encoding,
    require_encoding,
)
from workbench.data.files import open_file, problem, refuse_foreign
from workbench.data.names import mend_names
from workbench.data.table import Progress, Table

_HEAD = 1 << 20
_TAIL = 1 << 16


class _Delimited:
    def recognizes(self, head: bytes) -> float:
        return 0.1

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
        try:
            return self._read(path, reading, limit, only, head_only, progress)
        except (UnicodeError, csv.Error) as error:
            what = tr("This file cannot be read as it is set: {detail}.", detail=str(error))
            remedy = tr("Choose another encoding or delimiter.")
            raise WorkbenchError(problem("D08", path, what, remedy, "encoding")) from error
        except OSError as error:
            what = tr("The disk did not give the file: {detail}.", detail=error.strerror or str(error))
            raise WorkbenchError(problem("D09", path, what, tr("Choose another file."))) from error

    def _read(
        self,
        path: Path,
        reading: Reading,
        limit: int | None,
        only: Collection[str] | None,
        head_only: bool,
        progress: Progress | None,
    ) -> Table:
        reading = require_marks(reading)
        tell = progress or (lambda share: None)
        tell(0.0)
        sample, complete, size = _sample(path)
        refuse_foreign(path, sample[:4096])
        tell(0.0)
        guess = _encoding(sample, complete, reading)
        tell(0.0)
        text = _decode_head(sample[:_HEAD], guess.encoding)
        _require_text(path, text, unicode=guess.encoding.startswith("utf-8"))
        layout = detect_layout(text, reading, complete=size <= _HEAD)
        tell(0.0)
        columns, notes = mend_names(layout.names, layout.width)
        collector = Collector(layout, columns, only, limit)
        cut = head_only and size > _HEAD
        with io.BytesIO(sample[:_HEAD]) if head_only else open_file(path) as stream:
            told = _teller(stream.tell, size, progress)
            lines = io.TextIOWrapper(stream, guess.encoding, MARK_ERRORS, newline="")
            collector.read(blocks(lines, told, cut=cut))
        return _table(path, collector, reading, guess, notes + _layout_notes(layout), partial=collector.full or cut)


READER = _Delimited()


def _sample(path: Path) -> tuple[bytes, bool, int]:
    """The beginning of the file and, of a large one, some lines of its middle and end; is that all; the file's size."""
    with open_file(path) as stream:
        head = b""
        while len(head) < _HEAD and (block := stream.read(_HEAD - len(head))):
            head += block
        size = max(len(head), stream.seek(0, io.SEEK_END))
        if size <= len(head):
            return head, True, size
        pieces = [head]
        for start in (size // 2, size - _TAIL):
            stream.seek(max(len(head), start) // 4 * 4)
            pieces.append(_whole_lines(stream.read(_TAIL) or b"", b"\x00" in head))
        return b"".join(pieces), False, size


def _whole_lines(piece: bytes, wide: bool) -> bytes:
    """The part of `piece` between two line ends; nothing of 16-bit text, whose bytes must stay aligned."""
    start, end = piece.find(b"\n"), piece.rfind(b"\n")
    return b"" if wide or start < 0 or end <= start else piece[start + 1 : end + 1]


def _encoding(sample: bytes, complete: bool, reading: Reading) -> EncodingGuess:
    guess = guess_encoding(sample, complete=complete)
    if reading.encoding is None:
        return guess
    given = require_encoding(reading.encoding)
    codec = codecs.lookup(given).name
    if codec == "utf-8" and guess.encoding == "utf-8-sig":
        given = "utf-8-sig"  # the mark at the beginning is not part of the first name
    elif codec in ("utf-16", "utf-32") and guess.encoding != codec:
        given += "-le"  # there is no mark: these codecs would refuse to begin
    others = tuple(name for name in (guess.encoding, *guess.alternatives) if name != given)
    return EncodingGuess(encoding=given, confidence=1.0, alternatives=others)


def _decode_head(head: bytes, encoding: str) -> str:
    return io.TextIOWrapper(io.BytesIO(head), encoding, MARK_ERRORS, newline="").read()


def _require_text(path: Path, text: str, *, unicode: bool) -> None:
    sample = text[:50_000]
    odd = sum(1 for char in sample if char < " " and char not in "\t\n\r\f\v\x1f\x01\x1e\x1c")
    broken = sample.count(MARK)
    # Bytes that are UTF-8 from end to end are text, however strange; in any other encoding that proves nothing.
    if broken + odd > (0.05 if broken or not unicode else 0.4) * len(sample) + 2:
        what = tr("This file holds no readable text. It is probably in a binary format.")
        raise WorkbenchError(problem("D18", path, what, tr("Save the table as CSV or TSV text and choose that file.")))
    if not sample.strip("\ufeff \t\r\n\x00"):
        what = tr("This file holds only blanks.")
        raise WorkbenchError(problem("D16", path, what, tr("Drop a CSV with one text column and one label column.")))


def _layout_notes(layout: Layout) -> tuple[str, ...]:
    if not layout.skip:
        return ()
    return (
        trn(
            "The first line is not part of the table.",
            "The first {number} lines are not part of the table.",
            layout.skip,
        ),
    )


def _teller(position: Callable[[], int], size: int, progress: Progress | None) -> Callable[[], None]:
    def tell() -> None:
        if progress:
            progress(min(1.0, position() / max(1, size)))

    return tell


def _table(
    path: Path, collector: Collector, reading: Reading, guess: EncodingGuess, notes: tuple[str, ...], partial: bool
) -> Table:
    """Everything read, as a table."""
    layout = collector.layout
    resolved = replace(
        reading,
        encoding=guess.encoding,
        delimiter=layout.dialect.delimiter,
        quote=layout.dialect.quote,
        header=layout.header,
    )
    if guess.confidence < SURE:
        notes += (tr("The encoding is a guess: {encoding}. Compare the preview.", encoding=guess.encoding),)
    if collector.mended:
        notes += (
            trn(
                "A stray quotation mark was dropped in {number} row.",
                "Stray quotation marks were dropped in {number} rows.",
                collector.mended,
            ),
        )
    return Table(
        path=str(path),
        columns=collector.columns,
        cells={collector.columns[place]: cells for place, cells in zip(collector.places, collector.kept, strict=True)},
        numbers=collector.numbers,
        lines=collector.lines,
        skipped=tuple(collector.skipped),
        total=collector.total,
        reading=resolved,
        confidence=round(min(guess.confidence, layout.confidence), 3),
        partial=partial,
        notes=notes,
        encodings=tuple(dict.fromkeys((guess.encoding, *guess.alternatives))),
    )
