"""The table inside one large JSON object: a list of records, columns beside each other, or what pandas writes."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple

import msgspec

from workbench.core.language import tr
from workbench.data.decoding import MARK_ERRORS
from workbench.data.json_stream import JsonStream
from workbench.data.json_values import LOOSE, STRICT, whole

_DEEPEST = 4
_PROBED = 5
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class NoTableError(Exception):
    """The object holds no table, or not one alone: `code`, `what` is wrong and its `remedy`."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.code, self.what, self.remedy = code, what, remedy


class Inside(NamedTuple):
    """Where the table is: `kind` says how it is written, `parts` are its pieces of JSON by name.

    "rows": one piece, a list of objects or lists; `names` are its columns where they stand elsewhere. "columns": a list
    for each column. "keyed": an object {row: cell} for each column. "records": an object for each row.
    """

    kind: Literal["rows", "columns", "keyed", "records"]
    parts: Mapping[str, msgspec.Raw]
    names: tuple[str, ...] = ()


def table_in(data: bytes | bytearray) -> tuple[Inside, bytes | bytearray, bool]:
    """The table inside the object that `data` is, the bytes that its pieces are cut from, and if some were replaced.

    `data` is in UTF-8. Bytes that are not stay where rows are read one by one, so that each can be left out. Raises
    NoTableError, and JSON_ERRORS or RecursionError where `data` is no JSON.
    """
    try:
        found = _inside(data)
        if found.kind == "rows" or _is_utf_8(data):
            return found, data, False
    except UnicodeError:
        pass
    except (msgspec.MsgspecError, RecursionError):  # NaN and the like: some memory, once, for what others have written
        text = data.decode("utf-8", "replace").strip("\ufeff \t\r\n")
        data = msgspec.json.encode(whole(LOOSE.decode(text)))
        return _inside(data), data, "\ufffd" in text
    data = data.decode("utf-8", "replace").encode()
    return _inside(data), data, True


def _inside(data: bytes | bytearray) -> Inside:
    members = _MEMBERS.decode(data)
    found = _find(members, 0)
    if found is None:
        found = Inside("records", {"": msgspec.Raw(data)}) if members else Inside("rows", {})
    return found


def _is_utf_8(data: bytes | bytearray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(memoryview(data)[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _find(members: Mapping[str, msgspec.Raw], depth: int) -> Inside | None:
    lists = {name: raw for name, raw in members.items() if _first(raw) == b"["}
    if _first(lists.get("columns")) and _inner(lists.get("data")) == b"[":
        return Inside("rows", {"data": lists["data"]}, tuple(map(str, STRICT.decode(lists["columns"]))))
    records = {name: raw for name, raw in lists.items() if _inner(raw) == b"{"}
    if records:
        _require_one(records)
        name, raw = next(iter(records.items()))
        _require_plain(name, raw)
        return Inside("rows", records)
    if len(lists) == 1 and _inner(next(iter(lists.values()))) == b"[":
        return Inside("rows", lists)
    if lists:
        return Inside("columns", lists)
    objects = {name: _MEMBERS.decode(raw) for name, raw in members.items() if _first(raw) == b"{"}
    if objects and len(objects) == len(members):
        keyed = _keyed(members, objects)
        if keyed:
            return keyed
    return _deeper(objects, depth)


def _deeper(objects: Mapping[str, Mapping[str, msgspec.Raw]], depth: int) -> Inside | None:
    if depth >= _DEEPEST:
        return None
    found = {name: inside for name, inner in objects.items() if (inside := _find(inner, depth + 1)) is not None}
    _require_one(found)
    return next(iter(found.values()), None)


def _keyed(members: Mapping[str, msgspec.Raw], objects: Mapping[str, Mapping[str, msgspec.Raw]]) -> Inside | None:
    """What pandas makes of a table: {column: {row: cell}}, or {row: {column: cell}}."""
    if any(_first(raw) == b"[" for inner in objects.values() for raw in inner.values()):
        return None
    names = [set(inner) for inner in islice(objects.values(), _PROBED)]
    if names[0] and all(name.isdigit() for name in names[0]):
        return Inside("keyed", members)
    alike = len(names) > 1 and all(len(names[0] & other) * 2 >= len(names[0] | other) > 0 for other in names)
    return Inside("records", members) if alike else None


def _require_one(found: Mapping[str, object]) -> None:
    if len(found) > 1:
        names = ", ".join(name[:40] for name in list(found)[:5]) + (", …" if len(found) > 5 else "")
        what = tr("This JSON holds several tables: {names}.", names=names)
        raise NoTableError("D63", what, tr("Save the one that you need as a file of its own."))


def _require_plain(name: str, raw: msgspec.Raw) -> None:
    """Refuse records that hold lists of records which hold lists of records, such as questions about paragraphs."""
    for found in islice(JsonStream(Pieces(memoryview(raw)[: 1 << 20]), cut=True), 5):
        for outer, middle in _lists_of_records(found.value):
            for inner, _ in _lists_of_records(middle):
                path = f"{name}[].{outer}[].{inner}[]"
                what = tr("Its rows are nested in each other ({path}), which is no single table.", path=path[:120])
                raise NoTableError("D64", what, tr("Save one row for each innermost entry, as JSON Lines or CSV."))


def _lists_of_records(record: Any) -> Iterator[tuple[str, Any]]:
    for name, value in record.items() if isinstance(record, dict) else ():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield name, value[0]


def _first(raw: msgspec.Raw | None) -> bytes:
    return bytes(memoryview(raw)[:1]) if raw is not None else b""


def _inner(raw: msgspec.Raw | None) -> bytes:
    """The first character inside a list."""
    return bytes(memoryview(raw)[1:1000]).lstrip()[:1] if raw is not None else b""


class Pieces:
    """Gives the text of `data`, in UTF-8, piece by piece, as a file's `read` does; `tell` hears the share given."""

    def __init__(self, data: memoryview, tell: Callable[[float], None] = lambda share: None) -> None:
        self._data, self._tell = data, tell
        self._decoder = codecs.getincrementaldecoder("utf-8")(MARK_ERRORS)
        self._bytes = self._characters = 0

    def __call__(self, size: int) -> str:
        self._tell(self._bytes / max(1, len(self._data)))
        piece = self._data[self._bytes : self._bytes + size]
        self._bytes += len(piece)
        text = self._decoder.decode(piece, final=not piece)
        self._characters += len(text)
        return text

    def estimate(self, rows: int, consumed: int) -> int:
        """About how many rows there are in all of it, if `rows` were in the `consumed` characters."""
        return round(rows * self._characters / max(1, consumed) * len(self._data) / max(1, self._bytes))


def columns_of(inside: Inside) -> dict[str, list[Any]]:
    """The columns of a table of the kinds "columns" and "keyed". Raises NoTableError where they differ in length."""
    if inside.kind == "keyed":
        cells: dict[str, dict[str, Any]] = {name: STRICT.decode(raw) for name, raw in inside.parts.items()}
        rows = dict.fromkeys(row for column in cells.values() for row in column)
        return {name: [column.get(row) for row in rows] for name, column in cells.items()}
    columns: dict[str, list[Any]] = {name: STRICT.decode(raw) for name, raw in inside.parts.items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name[:40]} ({length:,})" for name, length in list(lengths.items())[:5])
        what = tr("The columns of this JSON differ in length: {columns}.", columns=shown)
        raise NoTableError("D65", what, tr("Give every column a value for each row."))
    return columns


def records_of(inside: Inside) -> Iterator[Any]:
    """The rows of a table of the kind "records"; a row's name is a cell of it, unless it is only its number."""
    named = not all(name.isdigit() or not name for name in inside.parts)
    for name, raw in inside.parts.items():
        row = STRICT.decode(raw)
        yield {"key": name, **row} if named and isinstance(row, dict) else row
