"""What a long look at the data shows: how far it is, a way out of it, and a way back in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QGridLayout, QProgressBar, QPushButton, QWidget

from workbench.core.language import tr
from workbench.gui import theme
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session

PATIENCE = 2.0  # seconds before a look is worth a bar
_BEAT = 100  # milliseconds between two looks at how far it is
_TICKS = 1000  # of the bar


class WaitRow(QWidget):
    """Follows the session's looks at data. Hidden while they are short."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("dataWait")
        self._session = session
        self._sentence = text_label("muted", "dataWaiting")
        self.bar = QProgressBar()
        self.bar.setObjectName("dataProgress")
        self.bar.setTextVisible(False)
        self.cancel_button, self.again_button = QPushButton(), QPushButton()
        self.cancel_button.setObjectName("dataCancel")
        self.cancel_button.clicked.connect(session.give_up)
        self.again_button.setObjectName("dataAgain")
        self.again_button.clicked.connect(session.survey.again)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GAP)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self._sentence, 0, 0, 1, 2)
        grid.addWidget(self.bar, 1, 0)
        grid.addWidget(self.cancel_button, 1, 1)
        grid.addWidget(self.again_button, 1, 1)
        self._beat = QTimer(self)
        self._beat.setInterval(_BEAT)
        self._beat.timeout.connect(self._show)
        session.busy_changed.connect(lambda _sentence: self._follow())
        session.profiled.connect(lambda _profile: self._follow())
        self.retranslate()

    def _follow(self) -> None:
        if self._session.wait is None:
            self._beat.stop()
        elif not self._beat.isActive():
            self._beat.start()
        self._show()

    def _show(self) -> None:
        wait, stopped = self._session.wait, self._session.survey.state == "stopped"
        long = wait is not None and wait.seconds >= PATIENCE
        for part in (self.bar, self.cancel_button):
            part.setVisible(long)
        self.again_button.setVisible(wait is None and stopped)
        self.setVisible(long or (wait is None and stopped))
        if wait is None:
            self._sentence.setText(tr("You stopped the look at all rows. A model can be trained all the same."))
            return
        self._sentence.setText(wait.sentence)
        self.bar.setMaximum(0 if wait.fraction is None else _TICKS)
        self.bar.setValue(0 if wait.fraction is None else int(_TICKS * wait.fraction))

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self.bar.setAccessibleName(tr("Progress of the look at the data"))
        self.cancel_button.setText(tr("Cancel"))
        self.cancel_button.setAccessibleName(tr("Cancel the look at the data"))
        self.again_button.setText(tr("Look at all rows"))
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
