"""The whole window takes files: what is over it is judged before it is let go, and the answer is visible."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QMainWindow, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from workbench.core.language import mark, tr
from workbench.gui import theme

_SUFFIXES = frozenset({"", ".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".data"})
_LARGEST = 2**30
_HEAD = 4096
_FORGET = 8000  # milliseconds after which a forgotten cover goes, should the desktop not say that the drag has left

_KINDS = {
    ".exe": mark("This is a program, not a table."),
    ".msi": mark("This is a program, not a table."),
    ".dll": mark("This is a program, not a table."),
    ".sh": mark("This is a program, not a table."),
    ".xlsx": mark("This is a workbook. Save it as CSV first."),
    ".xls": mark("This is a workbook. Save it as CSV first."),
    ".ods": mark("This is a workbook. Save it as CSV first."),
    ".zip": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".gz": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".7z": mark("This is a packed archive. Unpack it and drop the table inside."),
    ".pdf": mark("This is a document, not a table."),
    ".docx": mark("This is a document, not a table."),
    ".png": mark("This is a picture, not a table."),
    ".jpg": mark("This is a picture, not a table."),
    ".jpeg": mark("This is a picture, not a table."),
    ".json": mark("JSON cannot be read yet. Save the table as CSV first."),
    ".jsonl": mark("JSON cannot be read yet. Save the table as CSV first."),
    ".parquet": mark("Parquet cannot be read yet. Save the table as CSV first."),
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
    """What becomes of dropped `urls`: one table or one model folder is taken, everything else refused with a reason."""
    if len(urls) > 1:
        return Verdict("refused", reason=tr("One file at a time, please: these are {number}.", number=len(urls)))
    if not urls or not urls[0].isLocalFile():
        return Verdict("refused", reason=tr("This is a link, not a file on this computer. Save the file first."))
    path = Path(urls[0].toLocalFile())
    if path.is_dir():
        if (path / "config.json").is_file():
            return Verdict("model", str(path))
        return Verdict("refused", reason=tr("This folder holds no model. Drop one CSV file, or a model's folder."))
    reason = _refusal(path)
    return Verdict("refused", reason=reason) if reason else Verdict("data", str(path))


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
    text = head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head
    if not text:
        return tr("This file does not hold text. Drop a CSV file.")
    return "" if suffix in _SUFFIXES else _by_content(head)


def _by_content(head: bytes) -> str:
    line = head.splitlines()[0] if head.strip() else b""
    table = any(mark_ in line for mark_ in (b",", b";", b"\t", b"|"))
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
