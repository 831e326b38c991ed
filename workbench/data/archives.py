"""Archives: the parts of a workbook that is packed as ZIP, unpacked up to a limit and packed anew."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from workbench.data.apart import RefusedError

MOST_UNPACKED = 512 * 2**20
"""The most bytes that the parts of a workbook may have together when they are unpacked."""

LONG_PART = 64 * 2**20
"""A part beyond this number of bytes is not looked through where the beginning is enough."""

LINKS = "_rels/.rels"
"""The part that says where the list of sheets is."""


def part(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The part called `name`, b"" if there is none. Raises RefusedError if it has more than `most` bytes."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        return b""
    if info.file_size > most:
        raise RefusedError("large")
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise RefusedError("large")
    return data


def unpacked(archive: zipfile.ZipFile, names: Iterable[str], most: int = MOST_UNPACKED) -> dict[str, bytes]:
    parts = {}
    for name in names:
        parts[name] = part(archive, name, most)
        most -= len(parts[name])
    return parts


def packed(parts: dict[str, bytes]) -> bytes:
    """An archive of `parts` that nothing has to be unpacked from."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return content.getvalue()


def place_of(folder: str, target: str) -> str:
    """The part that a link in `folder` leads to."""
    return posixpath.normpath(posixpath.join("/", folder, target)).removeprefix("/")


def main_part(archive: zipfile.ZipFile) -> str:
    """The part with the list of sheets, where the file says; else where it usually is."""
    links = part(archive, LINKS, LONG_PART)
    for link in ElementTree.fromstring(links) if links else ():
        if link.get("Type", "").endswith("/officeDocument"):
            return place_of("", link.get("Target", ""))
    return next((name for name in archive.namelist() if name in ("xl/workbook.xml", "xl/workbook.bin")), "")


def links_to(book: str) -> bytes:
    package, office = "package/2006/relationships", "officeDocument/2006/relationships/officeDocument"
    schemas = "http://schemas.openxmlformats.org"
    link = f'<Relationship Id="rId1" Type="{schemas}/{office}" Target={quoteattr(book)}/>'
    return f'<Relationships xmlns="{schemas}/{package}">{link}</Relationships>'.encode()
