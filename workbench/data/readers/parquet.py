"""Parquet and Arrow: tables in columns, as other programs of data science keep them.

The file itself tells names, kinds and the number of rows, so that nothing has to be guessed. Polars reads it, in a
process of its own (see `apart`); of a file with many columns only the wanted ones are read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Reading
from workbench.data.apart import ApartError, Block, Facts, Failure, Message, RefusedError, answers, serve, text_blocks
from workbench.data.files import open_file, problem
from workbench.data.gathering import Gatherer
from workbench.data.names import mend_names
from workbench.data.table import Progress, Table

if TYPE_CHECKING:
    import polars as pl

HEAD_ROWS = 2000
"""So many rows are read where the beginning is enough, fewer of a file with very many columns."""

_HEAD_CELLS = 1_000_000
_FEWEST_HEAD_ROWS = 50

MOST_ROWS = 20_000_000
"""A few bytes can stand for a thousand million equal rows: beyond this number nothing is read."""

_NUMBERS_SEEN = 1_000_000
_SLICE_ROWS = 1 << 18
_STREAM = b"\xff\xff\xff\xff"
_TITLES = {"parquet": "Parquet", "arrow": "Arrow", "stream": "Arrow", "feather": "Feather 1", "locked": "Parquet"}


def _format(head: bytes) -> str:
    """Which of the formats a file that begins with `head` has; "" for none."""
    if head[:4] in (b"PAR1", b"PARE") and head[4:5] < b" ":
        return "locked" if head[3:4] == b"E" else "parquet"
    if head.startswith(b"ARROW1\x00\x00"):
        return "arrow"
    if head.startswith(b"FEA1\x00") or (head.startswith(b"FEA1") and b"\x00" in head[:64]):
        return "feather"
    if head.startswith(_STREAM) and 16 <= int.from_bytes(head[4:8], "little") < 2**24:
        return "stream"
    return ""


class _Columnar:
    def recognizes(self, head: bytes) -> float:
        return 1.0 if _format(head) else 0.0

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
        with open_file(path) as stream:
            kind, size = _format(stream.read(64) or b""), stream.seek(0, 2)
        wanted = None if only is None else list(only)
        order = {"path": str(path.absolute()), "kind": kind, "only": wanted, "most": limit, "head": head_only}
        try:
            return _gathered(path, reading, kind, only, limit, answers(__name__, order, size, progress))
        except ApartError as error:
            raise _explained(path, kind, error.failure) from error


READER = _Columnar()


def _gathered(
    path: Path,
    reading: Reading,
    kind: str,
    only: Collection[str] | None,
    most: int | None,
    messages: Iterator[Facts | Block],
) -> Table:
    facts, gatherer = Facts(), Gatherer((), only, None)
    notes: tuple[str, ...] = ()
    row = 0
    for message in messages:
        if isinstance(message, Facts):
            facts = message
            columns, notes = mend_names(facts.names, len(facts.names))
            gatherer = Gatherer(columns, only, None)
        else:
            count = len(message.cells[0]) if message.cells else 0
            gatherer.take(message.cells, range(row + 1, row + count + 1))
            row += count
    rows = facts.rows or 0
    if not gatherer.places:  # columns alone were asked for that the file does not have
        gatherer.take((), range(1, min(rows, rows if most is None else most) + 1))
    return Table(
        path=str(path),
        columns=gatherer.columns,
        cells=gatherer.cells,
        numbers=gatherer.numbers,
        lines=gatherer.lines,
        skipped=tuple(gatherer.skipped),
        total=rows,
        reading=replace(reading, encoding=None, delimiter=None, quote=None, header=None, sheet=None),
        confidence=1.0,
        partial=gatherer.total < rows,
        notes=notes + _notes(facts),
        kind="parquet" if kind == "parquet" else "arrow",
        counted=True,
    )


def _notes(facts: Facts) -> tuple[str, ...]:
    if not facts.opaque:
        return ()
    return (
        trn(
            "The column {names} holds bytes that are no text; its cells tell their number only.",
            "The columns {names} hold bytes that are no text; their cells tell their number only.",
            len(facts.opaque),
            names=", ".join(facts.opaque[:5]) + (", …" if len(facts.opaque) > 5 else ""),
        ),
    )


def _explained(path: Path, kind: str, failure: Failure) -> WorkbenchError:
    title = _TITLES.get(kind, kind)
    if failure.kind == "locked":
        what = tr("This file ({kind}) is encrypted.", kind=title)
        return WorkbenchError(problem("D78", path, what, tr("Save the table without encryption and choose that file.")))
    if failure.kind in ("large", "memory"):
        what = tr("Unpacked, this table ({kind}) is larger than what can be read.", kind=title)
        return WorkbenchError(problem("D76", path, what, tr("Split it and choose a part.")))
    reasons = {"slow": tr("it gives no answer in time"), "broke": tr("its reader broke off")}
    detail = reasons.get(failure.kind) or failure.detail.rstrip(".") or failure.kind
    what = tr("This file ({kind}) is damaged or not whole: {detail}.", kind=title, detail=detail)
    remedy = tr("Copy or download it again, or save the table as CSV and choose that file.")
    return WorkbenchError(problem("D75", path, what, remedy))


# In the process that works.


def _work(order: dict[str, Any]) -> Iterator[Message]:
    import polars as pl

    frame = _opened(order["path"], order["kind"])
    schema = frame.collect_schema()
    names = list(schema)
    rows = int(frame.select(pl.len()).collect().item())
    if rows > MOST_ROWS:
        raise RefusedError("large")
    columns, _ = mend_names(names, len(names))
    only = None if order["only"] is None else set(order["only"])
    wanted = [name for name, shown in zip(names, columns, strict=True) if only is None or shown in only]
    whole = _whole_numbers(frame, [name for name in wanted if schema[name].is_float()])
    opaque = [name for name in wanted if schema[name] == pl.Binary and not _is_text(frame, name)]
    yield Facts(names=names, rows=rows, opaque=opaque)
    most = rows if order["most"] is None else min(rows, order["most"])
    if order["head"]:
        most = min(most, HEAD_ROWS, max(_FEWEST_HEAD_ROWS, _HEAD_CELLS // max(1, len(wanted))))
    texts = [_as_text(name, schema[name], whole=name in whole, opaque=name in opaque) for name in wanted]
    for start in range(0, most if wanted else 0, _SLICE_ROWS):
        table = frame.select(texts).slice(start, min(_SLICE_ROWS, most - start)).collect()
        nested = [_as_json(table[name]) for name in wanted if schema[name].is_nested()]
        yield from text_blocks(table.with_columns(nested).cast(pl.String).fill_null(""))


def _opened(path: str, kind: str) -> pl.LazyFrame:
    import polars as pl

    if kind == "locked":
        raise RefusedError("locked")
    if kind == "parquet":
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)
    if kind == "arrow":
        return pl.scan_ipc(path, glob=False, hive_partitioning=False)
    if kind == "stream":
        return pl.read_ipc_stream(path).lazy()
    raise RefusedError("failed", "Feather 1")


def _whole_numbers(frame: pl.LazyFrame, floats: list[str]) -> set[str]:
    """The columns of `floats` that hold whole numbers only, as far as is looked: the same rows every time."""
    import polars as pl

    if not floats:
        return set()
    seen = frame.select(floats).head(_NUMBERS_SEEN)
    found = seen.select(_is_whole(pl.col(name)).all(ignore_nulls=True) for name in floats).collect()
    return {name for name in floats if found[name][0]}


def _is_whole(column: pl.Expr) -> pl.Expr:
    """Null where there is no number: that speaks neither for nor against."""
    import polars as pl

    number = pl.when(column.is_finite()).then(column)
    return (number == number.round(0)) & (number.abs() < 1e15)


def _as_text(name: str, kind: pl.DataType, *, whole: bool, opaque: bool) -> pl.Expr:
    """The text that a person would write; lists and groups stay what they are."""
    import polars as pl

    column = pl.col(name)
    if kind.is_float():
        column = column.fill_nan(None)
        if whole:
            plain = pl.when(_is_whole(column)).then(column).cast(pl.Int64).cast(pl.String)
            return pl.coalesce(plain, column.cast(pl.String)).alias(name)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            return column.dt.strftime("%Y-%m-%d %H:%M:%S%.f%:z")
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.f").str.strip_suffix(" 00:00:00")
    if isinstance(kind, pl.Time):
        return column.dt.strftime("%H:%M:%S%.f")
    if isinstance(kind, pl.Duration):
        return column.dt.to_string("iso")
    if opaque:
        return column.bin.size().cast(pl.String) + " bytes"
    return column if kind.is_nested() else column.cast(pl.String)


def _is_text(frame: pl.LazyFrame, name: str) -> bool:
    """Whether the bytes of a column are UTF-8 from end to end: some programs keep text so."""
    import polars as pl

    try:
        frame.select(pl.col(name).cast(pl.String)).collect()
    except pl.exceptions.PolarsError:
        return False
    return True


def _as_json(series: pl.Series) -> pl.Series:
    """Lists and groups as JSON; a missing one stays missing."""
    import polars as pl

    def written(value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, default=_plain)

    return pl.Series(series.name, [written(value) for value in _values(series)], dtype=pl.String)


def _values(series: pl.Series) -> list[Any]:
    return [value.to_list() if hasattr(value, "to_list") else value for value in series.to_list()]


def _plain(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    serve(_work)
