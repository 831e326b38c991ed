"""Workbooks: what calamine (through fastexcel) finds in one, in a process of its own (see `apart`).

Of an XLSX file calamine is handed a small archive made anew: the parts that it needs, unpacked here up to a limit. So
no packed file can unfold without end, the beginning of a long sheet is quick, and three things are kept that calamine
would drop: the names of errors, numbers nearly zero, and which cells are merged.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree

from workbench.data.apart import Facts, Message, RefusedError, serve, text_blocks
from workbench.data.archives import (
    LINKS,
    LONG_PART,
    MOST_UNPACKED,
    links_to,
    main_part,
    packed,
    part,
    place_of,
    unpacked,
)
from workbench.data.sheet_xml import SheetXml

if TYPE_CHECKING:
    import fastexcel
    import polars as pl

HEAD_ROWS = 2000
"""So many rows are read where the beginning is enough."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROBED_ROWS = 200
_PROBED_BYTES = 2**18
_CLOCK = re.compile(rb'office:value-type="time"(?:\s+office:time-value="[^"]*")?')
_MOMENT = re.compile(rb'(office:date-value="\d{4}-\d\d-\d\d)T(\d\d:\d\d)')
_MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_NO_DAY = r"^(?:1899-12-3[01]|1904-01-01) (\d\d:\d\d:\d\d(?:\.\d+)?)$"
_LONG_DURATION = re.compile(r"^1900-01-(\d\d) (\d\d)(:\d\d:\d\d(?:\.\d+)?)$")


class _Book(Protocol):
    sheets: dict[str, bool]
    """{name: whether it is shown}"""

    def holds_table(self, sheet: str) -> bool | None:
        """Whether rows with several cells are in `sheet`; None if it is empty."""

    def load(self, sheet: str, most: int | None) -> tuple[pl.DataFrame, Facts]:
        """The cells of `sheet` as text, from its first row on, `most` rows of a long one; and what else was seen."""


def _work(order: dict[str, Any]) -> Iterator[Message]:
    import polars as pl

    book = _opened(order["path"])
    sheet = _chosen(book, order["sheet"])
    frame, facts = book.load(sheet, order["most"])
    facts.sheets, facts.sheet = list(book.sheets), sheet
    yield facts
    text = pl.all().cast(pl.String).fill_null("")
    text = text.str.replace(_MIDNIGHT, "$1").str.replace(_NO_DAY, "$1")
    yield from text_blocks(pl.DataFrame(list(map(_with_hours, frame.select(text)))) if frame.width else frame)


def _with_hours(column: pl.Series) -> pl.Series:
    """`column` with durations over a day in hours; calamine counts them from the end of 1899 on."""
    import polars as pl

    if not column.str.contains(_LONG_DURATION.pattern).any():
        return column
    return pl.Series(column.name, [_LONG_DURATION.sub(_hours, cell) for cell in column.to_list()], dtype=pl.String)


def _hours(match: re.Match[str]) -> str:
    days, hours, rest = match.groups()
    return f"{24 * int(days) + int(hours)}{rest}"


def _opened(path: str) -> _Book:
    with open(path, "rb") as stream:
        head = stream.read(8)
        if head != _OLE:
            return _from_archive(path)
        data = head + stream.read(MOST_UNPACKED)
    if len(data) > MOST_UNPACKED:
        raise RefusedError("large")
    try:
        return _Calamine(data)
    except RefusedError:
        raise
    except BaseException as error:
        if "EncryptedPackage".encode("utf-16-le") in data or "password" in str(error).lower():
            raise RefusedError("encrypted") from error
        if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
            raise RefusedError("foreign") from error
        raise


def _from_archive(path: str) -> _Book:
    archive = zipfile.ZipFile(path)
    names = {info.filename for info in archive.infolist()}
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise RefusedError("encrypted" if {"xl/workbook.xml", "content.xml"} & names else "foreign")
    book = main_part(archive)
    if book.endswith(".xml") and book in names:
        return _Xlsx(archive, book)
    if book.endswith(".bin") and book in names:
        parts = [name for name in names if name.endswith((".bin", ".rels", ".xml")) and "/media/" not in name]
        return _Calamine(packed({LINKS: links_to(book), **unpacked(archive, parts)}))
    if "content.xml" in names and b"spreadsheet" in part(archive, "mimetype", 200):
        if b"encryption-data" in part(archive, "META-INF/manifest.xml", LONG_PART):
            raise RefusedError("encrypted")
        parts = [name for name in ("mimetype", "content.xml", "META-INF/manifest.xml", "styles.xml") if name in names]
        content = unpacked(archive, parts)
        content["content.xml"] = _CLOCK.sub(b'office:value-type="string"', content["content.xml"])
        content["content.xml"] = _MOMENT.sub(rb"\1 \2", content["content.xml"])
        return _Calamine(packed(content))
    raise RefusedError("foreign")


def _chosen(book: _Book, wanted: str | None) -> str:
    """The sheet that is `wanted`, or the first shown one with a table, or the first with anything."""
    if wanted is not None:
        if wanted not in book.sheets:
            raise RefusedError("sheet", names=list(book.sheets))
        return wanted
    shown = [name for name, visible in book.sheets.items() if visible] or list(book.sheets)
    first = None
    for name in shown:
        found = book.holds_table(name)
        if found:
            return name
        if found is not None and first is None:
            first = name
    if first is None:
        raise RefusedError("empty")
    return first


# XLSX and XLSM.


class _Xlsx:
    def __init__(self, archive: zipfile.ZipFile, book: str) -> None:
        self._archive = archive
        folder, name = posixpath.split(book)
        links = posixpath.join(folder, "_rels", f"{name}.rels")
        root = ElementTree.fromstring(part(archive, book, LONG_PART))
        if not root.tag.endswith("}workbook"):
            raise RefusedError("foreign")
        targets: dict[str | None, str] = {}
        self._base = [LINKS, "[Content_Types].xml", book, links]
        for link in ElementTree.fromstring(part(archive, links, LONG_PART)):
            kind, place = link.get("Type", "").rpartition("/")[2], place_of(folder, link.get("Target", ""))
            if kind == "worksheet":
                targets[link.get("Id")] = place
            elif kind in ("sharedStrings", "styles"):
                self._base.append(place)
        self._book = book
        self.sheets: dict[str, bool] = {}
        self._places: dict[str, str] = {}
        for sheet in root.iter():
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
            if sheet.tag.endswith("}sheet") and key in targets:
                name = sheet.get("name", "")
                self.sheets[name] = sheet.get("state", "visible") == "visible"
                self._places[name] = targets[key]

    def holds_table(self, sheet: str) -> bool | None:
        if self._places[sheet] not in self._archive.namelist():
            return None
        with self._archive.open(self._places[sheet]) as stream:
            return SheetXml(stream.read(_PROBED_BYTES)).holds_table()

    def load(self, sheet: str, most: int | None) -> tuple[pl.DataFrame, Facts]:
        whole, place, facts = self._archive, self._places[sheet], Facts()
        parts = unpacked(whole, [name for name in self._base if name in whole.namelist()])
        parts.setdefault(LINKS, links_to(self._book))
        size = whole.getinfo(place).file_size
        room = MOST_UNPACKED - sum(map(len, parts.values()))
        if size > room:
            raise RefusedError("large")  # even where the beginning is wanted: better to hear so at once
        if most is not None and size > LONG_PART:
            with whole.open(place) as stream:
                xml = SheetXml(stream.read(LONG_PART)).beginning(most)
            facts.rows = round(most * size / max(1, len(xml.xml)))
        else:
            xml = SheetXml(part(whole, place, room))
            facts.merged = xml.merged()
            if most is not None and xml.rows > most:
                facts.rows, xml = xml.rows, xml.beginning(most)
        facts.uncalculated = xml.uncalculated()
        xml.require_fitting()
        reader = _Calamine(packed({**parts, place: xml.kept()}), quick=True)
        return reader.load(sheet, None)[0], facts


# XLS, XLSB and ODS; and what was made of an XLSX.


class _Calamine:
    def __init__(self, data: bytes, *, quick: bool = False) -> None:
        import fastexcel

        self._reader = fastexcel.read_excel(data)
        self.sheets = dict.fromkeys(self._reader.sheet_names, True)
        self._loaded: dict[str, fastexcel.ExcelSheet] = {}
        if not quick:
            self.sheets = {name: self._sheet(name).visible == "visible" for name in self.sheets}

    def _sheet(self, name: str) -> fastexcel.ExcelSheet:
        if name not in self._loaded:
            self._loaded[name] = self._reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        return self._loaded[name]

    def holds_table(self, sheet: str) -> bool | None:
        frame, _ = self.load(sheet, _PROBED_ROWS)
        filled = [sum(1 for cell in row if cell) for row in frame.head(_PROBED_ROWS).iter_rows()]
        return sum(1 for count in filled if count > 1) > 1 if any(filled) else None

    def load(self, sheet: str, most: int | None) -> tuple[pl.DataFrame, Facts]:
        loaded = self._sheet(sheet)
        return loaded.to_polars(), Facts()


if __name__ == "__main__":
    serve(_work)
