"""Paste: a path, a copied file, or the cells of a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QUrl

from workbench.gui.dropping import Verdict, judge

_LONGEST_PATH = 4096


class Pasted(NamedTuple):
    """What the clipboard holds: a `verdict` about a file, or `cells` of a table; neither if there is nothing to use."""

    verdict: Verdict | None = None
    cells: str = ""


def pasted(data: QMimeData) -> Pasted:
    """Find out what `data` is."""
    if data.hasUrls():
        return Pasted(verdict=judge(data.urls()))
    text = data.text() if data.hasText() else ""
    path = path_in(text)
    if path is not None:
        return Pasted(verdict=judge([QUrl.fromLocalFile(str(path))]))
    lines = [line for line in text.splitlines() if line.strip()]
    table = len(lines) >= 2 and any(mark in lines[0] for mark in "\t,;|")
    return Pasted(cells=text) if table else Pasted()


def path_in(text: str) -> Path | None:
    """The existing file or folder that `text` names, bare, quoted or as a file address; None if it names none."""
    name = text.strip().strip("\"'")
    if not name or "\n" in name or len(name) > _LONGEST_PATH:
        return None
    if name.startswith("file:"):
        name = QUrl(name).toLocalFile()
    path = Path(name).expanduser() if name else None
    try:
        return path if path is not None and path.is_absolute() and path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None
