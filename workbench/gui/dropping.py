"""The whole window takes files: what is over it is judged before it is let go, and the answer is visible."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QMainWindow, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from workbench.core.language import mark, tr
from workbench.gui import theme

_SUFFIXES = frozenset(
    {
        "",
        ".csv",
        ".tsv",
        ".txt",
        ".tab",
        ".psv",
        ".dat",
        ".data",
        ".json",
        ".jsonl",
        ".ndjson",
        ".conll",
        ".conllu",
        ".bio",
    }
)
_TABLES = frozenset(
    {*_SUFFIXES, ".parquet", ".arrow", ".feather", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
    - {"", ".txt", ".dat", ".data"}
)
_PACKED = (b"PAR1", b"ARROW1\0\0", b"FEA1", b"\xff\xff\xff\xff", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04")
_LARGEST = 2**30
_HEAD = 4096
_MOST_LOOKED_AT = 1000
_FORGET = 8000  # milliseconds after which a forgotten cover goes, should the desktop not say that the drag has left

_KINDS = {
    ".exe": mark("This is a program, not a table."),
    ".msi": mark("This is a program, not a table."),
    ".dll": mark("This is a program, not a table."),
    ".sh": mark("This is a program, not a table."),
    ".zip": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".gz": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".7z": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".pdf": mark("This is a document, not a table."),
    ".docx": mark("This is a document, not a table."),
    ".doc": mark("This is a document, not a table."),
    ".pptx": mark("This is a document, not a table."),
    ".ppt": mark("This is a document, not a table."),
    ".png": mark("This is a picture, not a table."),
    ".jpg": mark("This is a picture, not a table."),
    ".jpeg": mark("This is a picture, not a table."),
}


class Verdict(NamedTuple):
    """What a drop would do: open `path` as "data" or as a "model" folder, or be refused for `reason`."""

    kind: str
    path: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the drop is taken."""
        return self.kind != "refused"


def judge(urls: list[QUrl]) -> Verdict:
    """What becomes of dropped `urls`: a table, texts by class or a model is taken, others are refused with a reason."""
    if len(urls) > 1:
        return Verdict("refused", reason=tr("One file at a time, please: these are {number}.", number=len(urls)))
    if not urls or not urls[0].isLocalFile():
        return Verdict("refused", reason=tr("This is a link, not a file on this computer. Save the file first."))
    path = Path(urls[0].toLocalFile())
    if path.is_dir():
        return _judge_folder(path)
    reason = _refusal(path)
    return Verdict("refused", reason=reason) if reason else Verdict("data", str(path))


def _judge_folder(path: Path) -> Verdict:
    """A model's folder, a folder of folders (texts by class, it is hoped; the reader will say), or neither."""
    if (path / "config.json").is_file():
        return Verdict("model", str(path))
    tables = []
    try:
        with os.scandir(path) as entries:
            for entry in itertools.islice(entries, _MOST_LOOKED_AT):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    return Verdict("data", str(path))
                if Path(entry.name).suffix.lower() in _TABLES:
                    tables.append(entry.name)
    except OSError:
        return Verdict("refused", reason=tr("You are not allowed to read this folder."))
    if len(tables) == 1:
        return Verdict("refused", reason=tr("This is a folder with one table. Drop {file} in it.", file=tables[0]))
    reason = tr("This folder holds no model and no texts by class. Drop one table, or another folder.")
    return Verdict("refused", reason=reason)


def _refusal(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in _KINDS:
        return tr(_KINDS[suffix])
    try:
        if not path.is_file():
            return tr("This is not a file that can be read.")
        size = path.stat().st_size
        if size > _LARGEST:
            return tr("This file is larger than 1 GB. Drop a part of it.")
        if size == 0:
            return tr("This file is empty.")
        with open(path, "rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return tr("You are not allowed to read this file.")
    if head.startswith(_PACKED) and (suffix in _TABLES or not suffix):
        return ""
    text = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head
    if not text:
        return tr("This file does not hold text. Drop a CSV file.")
    if head.strip() in (b"{}", b"[]"):
        return tr("This file does not look like a table. Drop a CSV file.")
    return "" if suffix in _SUFFIXES else _by_content(head)


def _by_content(head: bytes) -> str:
    line = head.splitlines()[0] if head.strip() else b""
    table = line.lstrip()[:1] in (b"{", b"[") or any(mark_ in line for mark_ in (b",", b";", b"\t", b"|"))
    return "" if table else tr("This file does not look like a table. Drop a CSV file.")


class Cover(QFrame):
    """Lies over the window while something is dragged over it, and says what a drop would do."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("dropCover")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.title, self.text = QLabel(), QLabel()
        self.title.setProperty("role", "title")
        column = QVBoxLayout(self)
        column.addStretch()
        for label in (self.title, self.text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FORGET)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def show_verdict(self, verdict: Verdict) -> None:
        """Cover the window with the answer."""
        if verdict.kind == "data":
            self.title.setText(tr("Drop to use this data"))
            self.text.setText(Path(verdict.path).name)
        elif verdict.kind == "model":
            self.title.setText(tr("Drop to use this model"))
            self.text.setText(Path(verdict.path).name)
        else:
            self.title.setText(tr("This cannot be used here"))
            self.text.setText(verdict.reason)
        theme.set_role(self, "drop" if verdict.accepted else "refuse")
        self.setAccessibleName(f"{self.title.text()} {self.text.text()}")
        window = self.parentWidget()
        page = window.centralWidget() if isinstance(window, QMainWindow) else window
        self.setGeometry(page.geometry().adjusted(*[theme.SPACE] * 2, *[-theme.SPACE] * 2))
        self.show()
        self.raise_()
        self._timer.start()

    def hideEvent(self, event) -> None:
        self._timer.stop()
        super().hideEvent(event)


class DropTarget(QObject):
    """Makes `window` and every text box in it take files. `dropped(Verdict)` comes for what was accepted."""

    dropped = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.cover = Cover(window)
        self._verdict = Verdict("refused")
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        for kind in (QLineEdit, QPlainTextEdit, QTextEdit):
            for box in window.findChildren(kind):
                (box if isinstance(box, QLineEdit) else box.viewport()).installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.DragEnter and isinstance(event, QDragEnterEvent) and _has_files(event.mimeData()):
            self._verdict = judge(event.mimeData().urls())
            self.cover.show_verdict(self._verdict)
            _answer(event, self._verdict)
            return True
        if kind == QEvent.Type.DragMove and isinstance(event, QDragMoveEvent) and _has_files(event.mimeData()):
            _answer(event, self._verdict)
            return True
        if kind == QEvent.Type.DragLeave:
            self.cover.hide()
            return False
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent) and _has_files(event.mimeData()):
            self.cover.hide()
            verdict = judge(event.mimeData().urls())
            _answer(event, verdict)
            self.dropped.emit(verdict)
            return True
        return False


def _has_files(data: QMimeData) -> bool:
    return data.hasUrls()


def _answer(event: QDropEvent, verdict: Verdict) -> None:
    if verdict.accepted:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    else:
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.ignore()
