"""What the model really receives: lengths in tokens, languages, and any row as tokens and ids."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.token_lengths import LengthsPart
from workbench.gui.token_row import RowPart


class TokensView(QWidget):
    """Follows the session's draft while it is seen. `show_text(text, pair)` shows a row of the table."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("tokensView")
        self.lengths = LengthsPart(session)
        self.row = RowPart(session)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addWidget(self.lengths)
        column.addWidget(self.row)

    def show_text(self, text: str, pair: str = "") -> None:
        """Show the tokens of this row; `pair` is its second text, where the plan has one."""
        self.row.show_text(text, pair)

    def rest(self) -> None:
        """Give up all work under way; for the end of the window."""
        self.lengths.rest()
        self.row.rest()
