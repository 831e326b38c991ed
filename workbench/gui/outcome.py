"""How a run ended, in words, and what can be done now."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.events import RunFinished
from workbench.core.language import tr
from workbench.core.wording import outcome_text
from workbench.gui import theme

_TEXT = 280  # pixels that the text needs beside the buttons


class OutcomeCard(QFrame):
    """How the run ended, in words, and what can be done with it now."""

    try_requested = Signal()
    folder_requested = Signal()
    proposal_taken = Signal(object)  # {field of the plan: value}

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outcomeCard")
        self._event: RunFinished | None = None
        self._proposal = ""
        self._copied = False
        self.text, self.details = QLabel(), QPlainTextEdit()
        self.text.setObjectName("outcomeText")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.details.setObjectName("outcomeDetails")
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self.try_button, self.folder_button, self.details_button, self.copy_button = (QPushButton() for _ in range(4))
        self.again_button = QPushButton()
        theme.set_role(self.again_button, "accent")
        self._row, self._buttons = QHBoxLayout(), QHBoxLayout()
        self._row.setSpacing(theme.GAP)
        self._buttons.setSpacing(theme.GAP)
        self._row.addWidget(self.text, 1)
        self._row.addLayout(self._buttons)
        for button, name in (
            (self.again_button, "outcomeAgain"),
            (self.try_button, "outcomeTry"),
            (self.folder_button, "outcomeFolder"),
            (self.details_button, "outcomeDetailsButton"),
            (self.copy_button, "outcomeCopy"),
        ):
            button.setObjectName(name)
            self._buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PAD, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(self._row)
        layout.addWidget(self.details)
        self.details_button.setCheckable(True)
        self.details_button.toggled.connect(self._show_details)
        self.copy_button.clicked.connect(self._copy)
        self.again_button.clicked.connect(self._take_proposal)
        self.try_button.clicked.connect(self.try_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.clear()

    def clear(self) -> None:
        """The run is not over: hide."""
        self._event = None
        self.setVisible(False)

    def show_end(self, event: RunFinished, proposal: str = "") -> None:
        """The run is over. `proposal` names what is proposed to change, in words; "" for nothing."""
        self._event, self._copied, self._proposal = event, False, proposal
        self.details_button.setChecked(False)
        self.details.setPlainText("\n".join(filter(None, [event.message, event.details])))
        self._show_details(False)
        role = "danger" if event.outcome == "failed" else "success" if event.best_step else "warning"
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setVisible(True)
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.again_button.setText(tr("Try again with {changes}", changes=self._proposal))
        self.again_button.setToolTip(tr("Change the setting and train anew. The change can be undone."))
        self.again_button.setVisible(bool(self._proposal))
        self.try_button.setText(tr("Try it"))
        self.try_button.setToolTip(tr("Open the Inference tab with this model."))
        self.folder_button.setText(tr("Show folder"))
        self.folder_button.setToolTip(tr("Open the folder of this run in the file manager."))
        self.details_button.setText(tr("Details"))
        self.copy_button.setText(tr("Copied") if self._copied else tr("Copy details"))
        self.details.setAccessibleName(tr("Details of the problem"))
        event = self._event
        if event is None:
            return
        self.text.setText(outcome_text(event))
        self.try_button.setVisible(bool(event.best_step))
        self.details_button.setVisible(bool(self._hidden_details()))
        self._fit()

    def _fit(self) -> None:
        """Where text and buttons do not fit beside each other, the buttons stand below."""
        narrow = self.width() < self._buttons.sizeHint().width() + _TEXT
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._row.direction() != direction:
            self._row.setDirection(direction)
            self._row.setAlignment(self._buttons, Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag(0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _take_proposal(self) -> None:
        if self._event is not None:
            self.proposal_taken.emit(dict(self._event.proposal))

    def _hidden_details(self) -> str:
        event = self._event
        return event.details if event is not None and not event.mendable else ""

    def _show_details(self, on: bool) -> None:
        self.details.setVisible(on)
        self.copy_button.setVisible(on)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self._copied = True
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
