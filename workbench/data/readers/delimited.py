"""Delimited text: CSV, TSV and whatever else stands between the cells.

What is not given is found out from the beginning of the file: encoding, delimiter, quotation mark, header.
"""

from __future__ import annotations

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
)
from workbench.data.files import open_file, problem, refuse_foreign
from workbench.data.names import mend_names
from workbench.data.sampling import SAMPLE, decoded, disk_error, encoding_of, sample_of
from workbench.data.table import Progress, Table


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
            raise disk_error(path, error) from error

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
        sample, complete, size = sample_of(path)
        refuse_foreign(path, sample[:4096])
        tell(0.0)
        guess = encoding_of(sample, complete, reading)
        tell(0.0)
        text = decoded(sample[:SAMPLE], guess.encoding)
        _require_text(path, text, unicode=guess.encoding.startswith("utf-8"))
        layout = detect_layout(text, reading, complete=size <= SAMPLE)
        tell(0.0)
        columns, notes = mend_names(layout.names, layout.width)
        collector = Collector(layout, columns, only, limit)
        cut = head_only and size > SAMPLE
        with io.BytesIO(sample[:SAMPLE]) if head_only else open_file(path) as stream:
            told = _teller(stream.tell, size, progress)
            lines = io.TextIOWrapper(stream, guess.encoding, MARK_ERRORS, newline="")
            collector.read(blocks(lines, told, cut=cut))
        return _table(path, collector, reading, guess, notes + _layout_notes(layout), partial=collector.full or cut)


READER = _Delimited()


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
