"""A button that fits where it stands: its text is cut to its width, and told in full on hovering."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from workbench.gui import theme


class ElidedButton(QPushButton):
    """A button whose text is cut to its width; the whole of it is in its tooltip.

    With `wide` it takes what its place gives, else what its text needs, where that is there.
    """

    def __init__(self, text: str = "", *, wide: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        policy = QSizePolicy.Policy.Ignored if wide else QSizePolicy.Policy.Maximum
        self.setSizePolicy(policy, QSizePolicy.Policy.Fixed)
        self.set_words(text)

    @property
    def words(self) -> str:
        """The whole text."""
        return self._text

    def set_words(self, text: str, help: str = "") -> None:
        """Show `text`; `help` is told on hovering, else all of the text where it is cut."""
        self._text = " ".join(text.split())
        self._help = help or text
        self.setToolTip(self._help)
        self.updateGeometry()
        self._fit()

    def _room(self) -> int:
        padding = theme.GAP if self.property("role") == "quiet" else theme.PAD
        return 2 * (padding + 2)  # padding and border of the style sheet, on both sides

    def _fit(self) -> None:
        room = max(self.width() - self._room(), 20)
        cut = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room)
        self.setText(cut.replace("&", "&&"))  # "&" would be taken for a shortcut's mark

    def sizeHint(self) -> QSize:
        wanted = self.fontMetrics().horizontalAdvance(self._text) + self._room() + 2
        return QSize(max(wanted, theme.TARGET), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(3 * theme.TARGET, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        self._fit()
        super().resizeEvent(event)
