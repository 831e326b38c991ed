"""JSON: an object on each line (JSON Lines), an array of objects or of lists, or one object with a table inside."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading
from workbench.data.collecting import Block, blocks
from workbench.data.decoding import MARK, MARK_ERRORS
from workbench.data.encodings import EncodingGuess
from workbench.data.files import open_file, problem, refuse_foreign
from workbench.data.growing import MOST_COLUMNS, GrowingColumns, TooManyColumnsError
from workbench.data.headers import looks_like_header
from workbench.data.json_objects import Inside, NoTableError, Pieces, columns_of, records_of, table_in
from workbench.data.json_shapes import shape_of
from workbench.data.json_stream import BrokenJsonError, JsonStream
from workbench.data.json_values import JSON_ERRORS, STRICT, flat, loads, text_of
from workbench.data.names import mend_names
from workbench.data.readers import HEAD
from workbench.data.sampling import SAMPLE, decoded, disk_error, encoding_of, rough_text, sample_of
from workbench.data.table import Progress, Table

_SURE = 0.9
_FIRST = 400
_HEAD_ROWS = 2000
_PIECE = 1 << 20
_PROBE = 1 << 12
_LONGEST = 4_000_000
_SPACES = " \t\r\n\ufeff"


class Row(NamedTuple):
    """A value that starts on `line`, or the reason why it is none."""

    line: int
    value: Any
    reason: str = ""


class _Part(NamedTuple):
    """What is read and how much of it: the rows go to `columns`; only the beginning, if `cut`."""

    columns: GrowingColumns
    reading: Reading
    guess: EncodingGuess
    cut: bool
    size: int
    progress: Progress


class _JsonRows:
    def recognizes(self, head: bytes) -> float:
        return _SURE if shape_of(rough_text(head), complete=len(head) < HEAD) else 0.0

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
            return _read(path, reading, limit, only, head_only, progress or (lambda share: None))
        except BrokenJsonError as error:
            what = tr("This is no valid JSON: line {line}, {detail}.", line=error.line, detail=error.detail)
            remedy = tr("Correct the file there, or save the table as JSON Lines or CSV.")
            raise WorkbenchError(problem("D60", path, what, remedy)) from error
        except NoTableError as error:
            raise WorkbenchError(problem(error.code, path, error.what, error.remedy)) from error
        except TooManyColumnsError as error:
            what = tr(
                "The rows have too many different names for their values, such as {names}. A table has up to {most}.",
                names=", ".join(name[:40] for name in error.names),
                most=f"{MOST_COLUMNS:,}",
            )
            raise WorkbenchError(
                problem("D62", path, what, tr("Give the values of every row the same names."))
            ) from error
        except OSError as error:
            raise disk_error(path, error) from error


READER = _JsonRows()


def _read(
    path: Path, reading: Reading, limit: int | None, only: Collection[str] | None, head_only: bool, progress: Progress
) -> Table:
    progress(0.0)
    sample, complete, size = sample_of(path)
    refuse_foreign(path, sample[:4096])
    guess = encoding_of(sample, complete, reading)
    shape = shape_of(decoded(sample[:SAMPLE], guess.encoding), complete=size <= SAMPLE)
    progress(0.0)
    cut = head_only and size > SAMPLE
    if shape == "object" and cut:
        limit, cut = min(limit or _HEAD_ROWS, _HEAD_ROWS), False
    columns = GrowingColumns(text_of, flat, only=only, limit=limit, size=size)
    part = _Part(columns, reading, guess, cut, size, progress)
    if shape == "object":
        header, total, notes = _read_object(path, part)
    else:
        with io.BytesIO(sample[:SAMPLE]) if cut else open_file(path) as raw:
            text = io.TextIOWrapper(raw, guess.encoding, MARK_ERRORS, newline="")
            header, notes = _read_text(text, shape, part, lambda: progress(min(1.0, raw.tell() / max(1, size))))
        total = round(columns.total * size / SAMPLE) if cut else 0
    kind = "json" if header is None else "json-lists"
    table = columns.table(path, reading, guess, partial=cut, kind=kind, total=total, notes=notes)
    if not table.columns or not table.total:
        raise _no_rows(tr("This JSON holds no rows of a table."))
    return table if header is None else replace(table, reading=replace(table.reading, header=header))


def _no_rows(what: str) -> NoTableError:
    remedy = tr("Save the table as JSON Lines, with one object for each row, or as CSV.")
    return NoTableError("D61", what, remedy)


def _read_text(
    text: io.TextIOWrapper, shape: str, part: _Part, tell: Callable[[], None]
) -> tuple[bool | None, tuple[str, ...]]:
    """Read rows piece by piece: whether there was a header (None for objects, which need none), and notes."""
    if shape == "lines":
        for block in blocks(text, tell, cut=part.cut):
            _take_block(block, part.columns)
            if part.columns.full:
                break
        return None, ()
    if shape == "lists":
        lines = chain.from_iterable(_rows_of(block) for block in blocks(text, tell, cut=part.cut))
        return _take_lists(lines, part.columns, part.reading)

    def piece(size: int) -> str:
        tell()
        return text.read(size)

    return _take(_rows_in(JsonStream(piece, cut=part.cut)), part.columns, part.reading)


def _take_block(block: Block, columns: GrowingColumns) -> None:
    """Take lines that hold an object each: all at once if nothing is odd about them."""
    try:
        rows = STRICT.decode_lines("".join(block.lines))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        rows = []
    if len(rows) == len(block.lines) and set(map(type, rows)) <= {dict}:
        columns.extend(rows, block.first)
    else:
        _take_objects(_rows_of(block), columns)


def _rows_of(block: Block) -> Iterator[Row]:
    """The value on each line of `block` that is not empty."""
    for line, text in enumerate(block.lines, start=block.first):
        text = text.strip(_SPACES)
        if not text:
            continue
        if MARK in text:
            yield Row(line, None, tr("Some bytes do not fit the encoding."))
        elif len(text) > _LONGEST:
            yield Row(line, None, tr("A cell is longer than {limit} characters.", limit=f"{_LONGEST:,}"))
        else:
            try:
                yield Row(line, loads(text))
            except RecursionError:
                yield Row(line, None, tr("Its values are nested too deeply."))
            except ValueError as error:
                yield Row(line, None, tr("This is no valid JSON: {detail}.", detail=str(error)))


def _rows_in(stream: JsonStream) -> Iterator[Row]:
    for found in stream:
        yield Row(found.line, found.value, tr("Some bytes do not fit the encoding.") if found.broken else "")


def _take(
    rows: Iterator[Row], columns: GrowingColumns, reading: Reading, names: Sequence[str] = ()
) -> tuple[bool | None, tuple[str, ...]]:
    """Take rows that are objects, or lists, whichever most of the first ones are."""
    first = list(islice(rows, _FIRST))
    kinds = Counter(type(row.value) for row in first if not row.reason)
    if first and not kinds[dict] and not kinds[list]:
        raise _no_rows(tr("This JSON is a list of single values, not of rows."))
    if kinds[list] > kinds[dict]:
        return _take_lists(chain(first, rows), columns, reading, names)
    _take_objects(chain(first, rows), columns)
    return None, ()


def _take_objects(rows: Iterable[Row], columns: GrowingColumns) -> None:
    for row in rows:
        if row.reason:
            columns.skip(row.line, row.reason)
        elif isinstance(row.value, dict):
            columns.add(row.value, row.line)
            if columns.full:
                return
        else:
            columns.skip(row.line, tr("This is no JSON object with a row's values."))


def _take_lists(
    rows: Iterator[Row], columns: GrowingColumns, reading: Reading, names: Sequence[str] = ()
) -> tuple[bool, tuple[str, ...]]:
    """Take rows that are lists. Their columns are `names`, else what the first row says if it is a header."""
    first = list(islice(rows, _FIRST))
    lists = [cells for row in first if (cells := _texts(row.value)) is not None]
    width = Counter(map(len, lists)).most_common(1)[0][0] if lists else 0
    header = not names and bool(lists and lists[0])
    header = header and (looks_like_header(lists) if reading.header is None else reading.header)
    keys, notes = mend_names(names or (lists[0] if header else ()), max(width, len(names)))
    columns.expect(keys)
    awaits_header = header
    for row in chain(first, rows):
        if row.reason or not isinstance(row.value, list):
            columns.skip(row.line, row.reason or tr("This is no JSON list with a row's values."))
        elif awaits_header:
            awaits_header = False
        elif len(row.value) != len(keys):
            columns.skip(row.line, _ragged(len(row.value), len(keys)))
        else:
            columns.add(dict(zip(keys, row.value, strict=True)), row.line)
        if columns.full:
            break
    return header, notes


def _texts(value: Any) -> list[str] | None:
    try:
        return [text_of(cell) for cell in value] if isinstance(value, list) else None
    except RecursionError:
        return None


def _ragged(found: int, width: int) -> str:
    return trn(
        "It has {number} cell; the table has {width}.",
        "It has {number} cells; the table has {width}.",
        found,
        width=width,
    )


def _read_object(path: Path, part: _Part) -> tuple[bool | None, int, tuple[str, ...]]:
    """Read the table inside one object: whether it has a header, how many rows it has if not all are read, notes."""
    data = _whole(path, part)
    notes: tuple[str, ...] = ()
    try:
        inside, data, replaced = table_in(data)
        header, total, more = _read_inside(inside, data, part)
    except (ValueError, msgspec.MsgspecError) as error:
        if not isinstance(error, JSON_ERRORS):
            raise  # the caller's own, who wants reading to stop
        raise BrokenJsonError(getattr(error, "lineno", 1), getattr(error, "msg", str(error))) from error
    except RecursionError as error:
        raise BrokenJsonError(1, tr("it is nested too deeply")) from error
    if replaced:
        notes = (tr("Some bytes do not fit the encoding and were replaced."),)
    return header, total, notes + more


def _read_inside(inside: Inside, data: bytes | bytearray, part: _Part) -> tuple[bool | None, int, tuple[str, ...]]:
    if inside.kind == "rows":
        return _read_rows_inside(inside, data, part)
    if inside.kind == "records":
        _take_objects((Row(1, row) for row in records_of(inside)), part.columns)
        return None, len(inside.parts), ()
    cells = columns_of(inside)
    names, values = list(cells), list(cells.values())
    part.columns.expect(names)
    for place, row in enumerate(zip(*values, strict=True)):
        if place % 1000 == 0:
            part.progress(0.5 + 0.5 * place / len(values[0]))
        part.columns.add(dict(zip(names, row, strict=True)), 1)
        if part.columns.full:
            break
    return None, len(values[0]) if values else 0, ()


def _read_rows_inside(inside: Inside, data: bytes | bytearray, part: _Part) -> tuple[bool | None, int, tuple[str, ...]]:
    if not inside.parts:
        return None, 0, ()
    raw = memoryview(next(iter(inside.parts.values())))
    line = 1 + data.count(b"\n", 0, max(0, data.find(raw[:_PROBE])))
    pieces = Pieces(raw, lambda share: part.progress(0.5 + 0.5 * share))
    stream = JsonStream(pieces, line=line)
    header, notes = _take(_rows_in(stream), part.columns, part.reading, inside.names)
    return header, pieces.estimate(part.columns.total, stream.consumed), notes


def _whole(path: Path, part: _Part) -> bytes | bytearray:
    """All of the file in UTF-8: an object tells only at its end what is in it."""
    data = bytearray()
    with open_file(path) as stream:
        while piece := stream.read(_PIECE):
            data += piece
            part.progress(min(0.5, 0.5 * len(data) / max(1, part.size)))
    if part.guess.encoding == "utf-8-sig":
        del data[:3]
    if part.guess.encoding in ("utf-8", "utf-8-sig"):
        return data
    return data.decode(part.guess.encoding, "replace").encode("utf-8", "replace")
