"""Workbooks made by hand, byte for byte what spreadsheet programs write, as small as they can be."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

Rows = Sequence[Sequence[object]]

DATE, TIME, MOMENT, DURATION = 1, 2, 3, 4
"""Styles: a day, a time of day, both, and hours beyond a day."""

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_TYPE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
_STYLES = (
    f"<styleSheet {_MAIN}><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='21'/><xf numFmtId='22'/>"
    "<xf numFmtId='46'/></cellXfs></styleSheet>"
)


class Cell:
    """A cell as raw XML: its attributes and what is inside."""

    def __init__(self, inside: str, attributes: str = "") -> None:
        self.inside, self.attributes = inside, attributes


def letters(column: int) -> str:
    """The name of a column, counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Cell):
        return f'<c r="{place}" {value.attributes}>{value.inside}</c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def sheet_xml(rows: Rows, *, merged: Sequence[str] = ()) -> bytes:
    """The XML of one sheet. None is an empty cell."""
    lines = [
        f'<row r="{row}">'
        + "".join(_cell(f"{letters(place)}{row}", value) for place, value in enumerate(cells))
        + "</row>"
        for row, cells in enumerate(rows, start=1)
    ]
    cells = "".join(f"<mergeCell ref={quoteattr(ref)}/>" for ref in merged)
    tail = f"<mergeCells>{cells}</mergeCells>" if merged else ""
    return f"<worksheet {_MAIN}><sheetData>{''.join(lines)}</sheetData>{tail}</worksheet>".encode()


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """An archive of `parts`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return content.getvalue()


def xlsx(sheets: Mapping[str, Rows | bytes], *, hidden: Sequence[str] = (), merged: Sequence[str] = ()) -> bytes:
    """A workbook with `sheets`, each rows of cells or its XML."""
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="rId{place}"{_state(name in hidden)}/>'
        for place, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{place}" Type="{_TYPE}" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="styles" Type="{_TYPE.replace("worksheet", "styles")}" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "xl/workbook.xml": f"<workbook {_MAIN} {_LINKS}><sheets>{entries}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        "xl/styles.xml": _STYLES,
    }
    for place, rows in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{place}.xml"] = rows if isinstance(rows, bytes) else sheet_xml(rows, merged=merged)
    return zipped(parts)


def _state(hidden: bool) -> str:
    return ' state="hidden"' if hidden else ""


def ods(sheets: Mapping[str, Rows], *, manifest: str = "<manifest/>") -> bytes:
    """An OpenDocument workbook with `sheets`."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": mimetype, "content.xml": content, "META-INF/manifest.xml": manifest})


def _ods_row(cells: Sequence[object]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>"


def ods_cell(kind: str, value: str, shown: str) -> Cell:
    """A cell of a kind that Python has no value for."""
    name = {"date": "date-value", "time": "time-value"}.get(kind, "value")
    given = f'office:{name}="{value}"' if value else ""
    return Cell(f"<text:p>{shown}</text:p>", f'office:value-type="{kind}" {given}')


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, Cell):
        return f"<table:table-cell {value.attributes}>{value.inside}</table:table-cell>"
    if isinstance(value, bool):
        kind = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value!r}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def xlsb(name: str, rows: Rows) -> bytes:
    """A binary workbook with one sheet of texts and numbers."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(name)
    book = _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132)
    width = max(map(len, rows), default=1)
    sheet = _record(129) + _record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + _record(145)
    for row, cells in enumerate(rows):
        sheet += _record(0, struct.pack("<IIHBBI", row, 0, 300, 0, 0, 0))
        for column, value in enumerate(cells):
            place = struct.pack("<II", column, 0)
            if isinstance(value, str):
                sheet += _record(6, place + _wide(value))
            elif isinstance(value, int | float):
                sheet += _record(5, place + struct.pack("<d", value))
    sheet += _record(146) + _record(130)
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    link = f'<Relationship Id="rId1" Type="{_TYPE}" Target="worksheets/sheet1.bin"/>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{package}">{link}</Relationships>',
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(number: int, data: bytes = b"") -> bytes:
    kind = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, length = b"", len(data)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return kind + size + data


def unpacked(text: str) -> bytes:
    """The bytes that were packed into `text`."""
    return zlib.decompress(base64.b85decode(text.replace("\n", "")))
