"""The XML of one sheet of an XLSX file: what has to be known, or kept, before calamine takes it to pieces.

Calamine drops the names of errors and the digits of numbers nearly zero, does not say which cells are merged, and holds
a sheet as a full grid, however far apart its cells are. The XML is looked through by patterns, which is as quick as
unpacking it.
"""

from __future__ import annotations

import re
from functools import cache

from workbench.data.apart import RefusedError

MOST_CELLS = 30_000_000
"""The largest sheet, rows times columns: two far cells make a large sheet of a small file."""

_EXPONENT = re.compile(rb"[eE]-\d+<")
_WIDEST_CELL = 2000
_TINIEST = 1e-6


class SheetXml:
    """`xml` is the sheet's; some programs write every tag with a prefix before its name, most write none."""

    def __init__(self, xml: bytes) -> None:
        start = re.search(rb"<(\w+:)?worksheet\b", xml[:4096])
        self.xml = xml
        self._prefix = (start.group(1) if start else None) or b""

    def _pattern(self, text: bytes) -> re.Pattern[bytes]:
        return _compiled(text, self._prefix)

    @property
    def rows(self) -> int:
        """How many rows are there, with content or without."""
        return self.xml.count(b"<" + self._prefix + b"row ")

    def holds_table(self) -> bool | None:
        """Whether several rows have several cells; None if no cell has content."""
        rows = self._pattern(rb"<@row\b").split(self.xml)[1:]
        filled = [len(self._pattern(rb"<@(?:v|is)>").findall(row)) for row in rows]
        return sum(1 for count in filled if count > 1) > 1 if any(filled) else None

    def merged(self) -> list[tuple[int, int]]:
        """The first and the last row of each group of merged cells."""
        found = self._pattern(rb'<@mergeCell [^>]*?ref="[A-Z]+(\d+):[A-Z]+(\d+)"').findall(self.xml)
        return [(int(first), int(last)) for first, last in found]

    def uncalculated(self) -> int:
        """How many formulas have no value."""
        if not self._pattern(rb"<@f\b").search(self.xml):
            return 0
        empty = rb"<@f\b[^>]*(?:/>|>[^<]*</@f>)(?:<@v\s*/>|<@v></@v>)?</@c>"
        return len(self._pattern(empty).findall(self.xml))

    def beginning(self, most: int) -> SheetXml:
        """The sheet up to the end of its row number `most`, and closed again."""
        rows = self._pattern(rb"</@row>").finditer(self.xml)
        ends = [match.end() for match, _ in zip(rows, range(most), strict=False)]
        if not ends:
            return self
        tail = b"</@sheetData></@worksheet>".replace(b"@", self._prefix)
        return SheetXml(self.xml[: ends[-1]] + tail)

    def require_fitting(self) -> None:
        """Raise RefusedError where the cells with content span more than can be held."""
        columns = _last(self._pattern(rb'<@c [^>]*?\br="([A-Z]+)').findall(self.xml))
        rows = max(map(int, self._pattern(rb'<@row [^>]*?\br="(\d+)"').findall(self.xml)), default=0)
        if rows * columns > MOST_CELLS:  # perhaps of empty cells that only look like something
            cells = self._pattern(rb'<@c [^>/]*?\br="([A-Z]+)(\d+)"[^>/]*>').findall(self.xml)
            columns = _last([letters for letters, _ in cells])
            rows = max((int(row) for _, row in cells), default=0)
        if rows * columns > MOST_CELLS:
            raise RefusedError("large")

    def kept(self) -> bytes:
        """The XML with errors and numbers nearly zero as texts."""
        xml = self.xml
        if b't="e"' in xml:
            xml = self._pattern(rb'(<@c [^>]*?)\bt="e"').sub(rb'\1t="str"', xml)
        pieces, done = [], 0
        for exponent in _EXPONENT.finditer(xml):
            start = xml.rfind(b"<" + self._prefix + b"c ", max(done, exponent.start() - _WIDEST_CELL), exponent.start())
            cell = self._tiny().match(xml, start) if start >= 0 else None
            if cell and cell.end() == exponent.end() and (text := _as_text(cell)):
                pieces += [xml[done:start], text]
                done = cell.end()
        return b"".join((*pieces, xml[done:])) if pieces else xml

    def _tiny(self) -> re.Pattern[bytes]:
        formula = rb"(?:<@f\b[^>]*(?:/>|>[^<]*</@f>))?"
        return self._pattern(rb"(<@c )([^>]*)(>" + formula + rb"<@v>)(-?[\d.]+[eE]-\d+)<")


@cache
def _compiled(text: bytes, prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(text.replace(b"@", prefix))


def _as_text(cell: re.Match[bytes]) -> bytes:
    """A cell with a number nearly zero as one with a text; b"" if its number is not so small, or no number."""
    tag, attributes, between, digits = cell.groups()
    attributes = re.sub(rb'\bt="n"', b"", attributes)
    if re.search(rb"\bt=", attributes) or abs(float(digits)) >= _TINIEST:
        return b""
    return b'%s%s t="str"%s%s<' % (tag, attributes, between, repr(float(digits)).encode())


def _last(names: list[bytes]) -> int:
    return max(map(column_number, set(names)), default=0)


def column_number(letters: bytes) -> int:
    """The number of the column called `letters`, counted from 1."""
    number = 0
    for letter in letters[:8]:
        number = number * 26 + letter - 64
    return number
