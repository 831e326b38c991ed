"""Showing a folder in the desktop's file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def show_folder(path: str | Path) -> bool:
    """Open the folder in the desktop's file manager. False if it is gone or nothing can open it."""
    return Path(path).is_dir() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
