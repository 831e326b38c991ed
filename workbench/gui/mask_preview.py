"""Before and after masking: which personal data the first rows hold, and what the model would see instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QTextEdit, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.core.plan import Choice, TrainingPlan
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.background import Lane
from workbench.gui.forms import Combo
from workbench.gui.panels.card import text_label
from workbench.gui.wrapping import WrapRow
from workbench.studio.masking import KINDS, MaskedText, Span, mask_mend, mask_of, mask_preview, with_mask

_STYLES = (("tags", mark("Tags, such as [EMAIL]")), ("pseudonyms", mark("Pseudonyms, such as <email-3f2a91>")))
_LEAD, _SHOWN = 100, 600  # characters before the first mark, and at most of one text
_BREAK = " ↵ "


def open_mask_preview(parent: QWidget, session: Any) -> QDialog | None:
    """Show what masking would do to the first rows of the session's file; None where no file is open."""
    if session.draft.plan is None or session.head is None:
        return None
    dialog = MaskPreview(session, parent)
    dialog.open()
    return dialog


class MaskPreview(QDialog):
    """Asks how personal data is to be masked, and shows it. Apply puts the mend into the draft as one step."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("maskPreview")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._session, self._lane = session, Lane(self)
        self._plan: TrainingPlan = session.draft.plan
        self._columns, self._texts, self._numbers = first_texts(session)
        self.shown: Sequence[MaskedText] | None = None
        self._explanation, self.state = text_label("muted"), text_label("", "maskState")
        self._style_title, self.style_combo = QLabel(), Combo()
        self._kinds_title, self._kinds, self.boxes = QLabel(), WrapRow(), dict[str, QCheckBox]()
        self.view = QTextEdit()
        self.cancel_button, self.apply_button = QPushButton(), QPushButton()
        self._build()
        self._take(mask_of(self._plan))
        self.style_combo.activated.connect(lambda _row: self._look())
        for box in self.boxes.values():
            box.toggled.connect(lambda _on: self._look())
        theme.notifier.changed.connect(self._draw)
        self.retranslate()
        self._look()

    def _build(self) -> None:
        self.style_combo.setObjectName("maskStyle")
        self.style_combo.setMinimumContentsLength(28)
        self._style_title.setBuddy(self.style_combo)
        for value, title in _STYLES:
            self.style_combo.addItem(title, value)
        for name in KINDS:
            box = QCheckBox()
            box.setObjectName(f"maskKind-{name}")
            self.boxes[name] = box
            self._kinds.add(box)
        self.view.setObjectName("maskTexts")
        self.view.setReadOnly(True)
        self.view.setTabChangesFocus(True)
        flags = Qt.TextInteractionFlag.TextSelectableByKeyboard | Qt.TextInteractionFlag.TextSelectableByMouse
        self.view.setTextInteractionFlags(flags)
        self.apply_button.setObjectName("maskApply")
        self.apply_button.setProperty("role", "primary")
        self.apply_button.setDefault(True)
        self.apply_button.clicked.connect(self._apply)
        self.cancel_button.setObjectName("maskCancel")
        self.cancel_button.clicked.connect(self.reject)
        self._place()
        self.resize(760, 620)

    def _place(self) -> None:
        style = QHBoxLayout()
        style.setSpacing(theme.GAP)
        style.addWidget(self._style_title)
        style.addWidget(self.style_combo)
        style.addStretch()
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addStretch()
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.apply_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.MARGIN + theme.GAP] * 4)
        column.setSpacing(theme.PAD)
        column.addWidget(self._explanation)
        column.addLayout(style)
        column.addWidget(self._kinds_title)
        column.addWidget(self._kinds)
        column.addWidget(self.state)
        column.addWidget(self.view, 1)
        column.addLayout(buttons)

    def _take(self, mend: Choice | None) -> None:
        """Begin with what the plan does already."""
        options = mend.options if mend else {}
        self.style_combo.setCurrentIndex(max(0, self.style_combo.findData(options.get("style", "tags"))))
        for name, box in self.boxes.items():
            box.setChecked(bool(options.get(KINDS[name].option, True)))

    # What is chosen.

    @property
    def mend(self) -> Choice:
        """The mend as it is chosen here."""
        kinds = [name for name, box in self.boxes.items() if box.isChecked()]
        return mask_mend(self._plan, str(self.style_combo.currentData()), kinds)

    def _apply(self) -> None:
        draft = self._session.draft
        if draft.plan is not None:
            draft.open(with_mask(draft.plan, self.mend), tr("Mask personal data"), keep_touched=True)
        self.accept()

    # What it does.

    def _look(self) -> None:
        plan, texts, mend = self._plan, self._texts, self.mend
        some = any(box.isChecked() for box in self.boxes.values())
        self.apply_button.setEnabled(some)
        self._lane.submit(lambda _ticket: mask_preview(plan, texts, mend), self._show)

    def _show(self, shown: Sequence[MaskedText]) -> None:
        self.shown = shown
        self._say()
        self._draw()
        announce(self, self.state.text())

    def _say(self) -> None:
        rows = len(self._numbers)
        if self.shown is None:
            self.state.setText(tr("Looking at the first rows…"))
        elif self.shown:
            self.state.setText(
                trn(
                    "Of the first {rows} rows, here is the one that would change.",
                    "Of the first {rows} rows, here are the first {number} texts that would change.",
                    len(self.shown),
                    rows=f"{rows:,}",
                )
            )
        else:
            self.state.setText(tr("None of the first {rows} rows would change.", rows=f"{rows:,}"))

    def _draw(self) -> None:
        self.view.clear()
        cursor = QTextCursor(self.view.document())
        for number, text in enumerate(self.shown or ()):
            row, column = divmod(text.place, max(1, len(self._columns)))
            heading = tr("Row {row}", row=f"{self._numbers[row]:,}")
            if len(self._columns) > 1:
                heading = tr("Row {row}, “{column}”", row=f"{self._numbers[row]:,}", column=self._columns[column][:40])
            _write_heading(cursor, heading, first=number == 0)
            _write_text(cursor, tr("Before:"), text.before, text.found, after=False)
            _write_text(cursor, tr("After:"), text.after, text.masks, after=True)
        self.view.moveCursor(QTextCursor.MoveOperation.Start)

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.setWindowTitle(tr("Mask personal data"))
        self._explanation.setText(
            tr(
                "The model sees the texts as they stand after masking; so does a trained model that you try. Your file "
                "is not changed. Names of people are not looked for."
            )
        )
        self._style_title.setText(tr("Put in their place"))
        self.style_combo.setAccessibleName(tr("Put in their place"))
        for row, (_value, title) in enumerate(_STYLES):
            self.style_combo.setItemText(row, tr(title))
        self._kinds_title.setText(tr("What is masked"))
        for name, box in self.boxes.items():
            box.setText(tr(KINDS[name].title))
        self.view.setAccessibleName(tr("Texts before and after masking"))
        self.cancel_button.setText(tr("Cancel"))
        self.apply_button.setText(tr("Apply"))
        self._say()
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def first_texts(session: Any) -> tuple[list[str], list[str], list[int]]:
    """The columns that the model sees, their first cells row by row, and the numbers of these rows in the file."""
    plan, sample = session.draft.plan, session.head.sample
    fields = session.studio.tasks()[plan.task.name].fields
    columns = [plan.dataset.columns.get(name, "") for name, field in fields.items() if not field.target]
    columns = [column for column in columns if column in sample.cells]
    texts = [cell for row in zip(*(sample.cells[column] for column in columns), strict=True) for cell in row]
    return columns, texts, list(sample.numbers)


def _write_heading(cursor: QTextCursor, text: str, *, first: bool) -> None:
    block = QTextBlockFormat()
    block.setTopMargin(0 if first else theme.MARGIN)
    look = QTextCharFormat()
    look.setFontWeight(QFont.Weight.DemiBold)
    if first:
        cursor.setBlockFormat(block)
    else:
        cursor.insertBlock(block)
    cursor.insertText(text, look)


def _write_text(cursor: QTextCursor, title: str, text: str, spans: Sequence[Span], *, after: bool) -> None:
    """One text with its spans marked by a colour, a line under them and, before masking, the name of their kind."""
    colours = theme.tokens()
    plain, quiet, marked = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
    quiet.setForeground(QColor(colours.muted))
    marked.setBackground(QColor(colours.success_surface if after else colours.warning_surface))
    marked.setForeground(QColor(colours.success if after else colours.warning))
    marked.setFontUnderline(True)
    marked.setFontWeight(QFont.Weight.DemiBold)
    block = QTextBlockFormat()
    block.setTopMargin(theme.SPACE)
    cursor.insertBlock(block)
    cursor.insertText(f"{title} ", quiet)
    begin = max(0, spans[0].start - _LEAD)
    end = min(len(text), begin + _SHOWN)
    if begin:
        cursor.insertText("…", quiet)
    reached = begin
    for span in (span for span in spans if span.end <= end):
        cursor.insertText(_one_line(text[reached : span.start]), plain)
        cursor.insertText(_one_line(text[span.start : span.end]), marked)
        if not after:
            cursor.insertText(" " + tr("({kind})", kind=tr(KINDS[span.kind].title)), quiet)
        reached = span.end
    cursor.insertText(_one_line(text[reached:end]), plain)
    if end < len(text):
        cursor.insertText("…", quiet)


def _one_line(text: str) -> str:
    return _BREAK.join(text.splitlines()) if "\n" in text or "\r" in text else text
