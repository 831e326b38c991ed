"""What leaves for the user's own folders, and what comes in by pasting."""

from __future__ import annotations

import csv
import io
import secrets
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.store import safe_io
from workbench.store.disk_errors import explain

FORMULA_STARTS = frozenset("=+-@\t\r\n\0")


@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Turns an OSError inside the block into a WorkbenchError in words."""
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error


def shielded(value: object) -> object:
    """`value`, with a leading ' if a spreadsheet would run it as a formula (OWASP ASVS 1.2.10). Numbers stay numbers.

    Full-width forms such as ＝ count too: spreadsheets fold them.
    """
    if not isinstance(value, str) or not value:
        return value
    first = unicodedata.normalize("NFKC", value[0])[:1]
    return "'" + value if first in FORMULA_STARTS else value


def csv_bytes(rows: list[dict[str, object]]) -> bytes:
    """`rows` as UTF-8 CSV with a header, formula cells shielded. A BOM tells spreadsheets that it is UTF-8."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer.writerow([shielded(name) for name in names])
    writer.writerows([shielded(row.get(name, "")) for name in names] for row in rows)
    return stream.getvalue().encode("utf-8-sig")


def keep_pasted(workspace: Path, text: str) -> Path:
    """Write pasted cells (tabs between them, as spreadsheets give them) to a new file. Raises WorkbenchError."""
    if not text.strip():
        raise WorkbenchError(
            Problem(
                code="D35",
                where=tr("Clipboard"),
                what=tr("There is no text to paste."),
                remedy=tr("Copy the cells of a table first, with its header."),
            )
        )
    folder = workspace / "pasted"
    with disk_errors(folder):
        safe_io.make_folder(folder)
        path = folder / f"pasted-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.tsv"
        safe_io.write_text(path, text)
    return path
