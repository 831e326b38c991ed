"""One row as the model receives it: the text of a chosen row, or one that is typed, as tokens and ids."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.background import Lane
from workbench.gui.editors import TextEditor
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session
from workbench.gui.token_chips import sentence_of
from workbench.gui.token_strip import TokenStrip
from workbench.gui.wording import count_text

_PATIENCE = 120  # milliseconds without a key before a text is cut into tokens
_TALLEST = 280


class RowPart(QWidget):
    """Shows the tokens of `show_text(...)`, or of what is typed; at first those of the file's first row."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("tokenRow")
        self._session = session
        self.view: Any = None
        self._texts: tuple[str, ...] = ("", "")
        self._own = self._filling = self._asking = False
        self._error = ""
        self._wanted = b""
        self._lane = Lane(self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._ask)
        self._build()
        session.draft.changed.connect(lambda _plan: self.follow())
        session.head_changed.connect(lambda head, _roles: self._take_head(head))
        self.retranslate()

    def _build(self) -> None:
        self._title = text_label("small")
        self.text_box, self.pair_box = TextEditor("tokenText"), TextEditor("tokenPair")
        for box in (self.text_box, self.pair_box):
            box.setFixedHeight(3 * box.fontMetrics().lineSpacing() + 16)
            box.edited.connect(lambda _text: self._typed())
        self.strip = TokenStrip()
        self.strip.current_changed.connect(self._tell)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("tokenScroll")
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.strip)
        self._counts, self._detail = text_label("", "tokenCounts"), text_label("muted", "tokenDetail")
        self.ids_box, self.copy_button = QCheckBox(), QPushButton()
        self.ids_box.setObjectName("tokenIds")
        self.ids_box.toggled.connect(self._toggle_ids)
        self.copy_button.setObjectName("copyTokens")
        self.copy_button.setProperty("role", "quiet")
        self.copy_button.clicked.connect(self.copy)
        row = QHBoxLayout()
        row.addWidget(self.ids_box)
        row.addStretch()
        row.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        for part in (self._title, self.text_box, self.pair_box, self._counts, self._scroll, self._detail):
            column.addWidget(part)
        column.addLayout(row)

    # What is asked.

    def show_text(self, text: str, pair: str = "") -> None:
        """Show the tokens of this row."""
        self._own = True
        self._fill(text, pair)

    def _fill(self, text: str, pair: str) -> None:
        self._texts, self._filling = (text, pair), True
        self.text_box.setPlainText(text)
        self.pair_box.setPlainText(pair)
        self._filling = False
        self.follow()

    def _typed(self) -> None:
        if not self._filling:
            self._own = True
            self._texts = (self.text_box.value(), self.pair_box.value())
            self.follow()

    def _take_head(self, head: Any) -> None:
        if head is None:  # another file is being opened
            self._own = False
        self.follow()

    def follow(self) -> None:
        """Cut anew once the edits pause, if the texts, the model, the mends or the longest text are others now."""
        plan = self._session.draft.plan
        self.pair_box.setVisible(plan is not None and bool(plan.dataset.columns.get("text_pair")))
        if not self.isVisible():
            return
        if plan is not None and not self._own and (first := _first_row(plan, self._session.head)) != self._texts:
            self._fill(*first)
            return
        key = b"" if plan is None else msgspec.json.encode([self._asked(plan), _deciding(plan)])
        if key != self._wanted:
            self._wanted = key
            self._lane.cancel()
            self._patience.start()

    def _asked(self, plan: TrainingPlan) -> tuple[str, ...]:
        return self._texts if plan.dataset.columns.get("text_pair") else self._texts[:1]

    def _ask(self) -> None:
        plan, studio = self._session.draft.plan, self._session.studio
        if plan is None or not any(self._texts):
            self._show(None)
            return
        texts = self._asked(plan)
        self._asking = True
        self._lane.submit(lambda _ticket: studio.tokens_of(plan, [texts])[0], self._show, self._failed)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, WorkbenchError):
            self._show(None)
            raise error
        self._show(None, str(error))

    def rest(self) -> None:
        """Give up what is being cut."""
        if self._patience.isActive() or self._asking:
            self._wanted = b""
        self._patience.stop()
        self._lane.cancel()

    # What is shown.

    def _show(self, view: Any, error: str = "") -> None:
        self.view, self._error, self._asking = view, error, False
        self.strip.show_view(view)
        self._scroll.setVisible(view is not None)
        self.copy_button.setEnabled(view is not None)
        self._detail.hide()
        self._fit()
        self._say()

    def _say(self) -> None:
        plan, view = self._session.draft.plan, self.view
        text = self._error
        if view is not None:
            text = counts_text(view)
            if plan is not None and tuple(view.texts) != self._asked(plan):
                text += "\n" + tr("The mends of the plan changed the text before it was cut into tokens.")
        self._counts.setText(text)
        self._counts.setVisible(bool(text))

    def _fit(self) -> None:
        needed = self.strip.heightForWidth(max(self._scroll.viewport().width(), 60))
        self._scroll.setFixedHeight(min(needed + 2, _TALLEST))

    def _tell(self, place: int) -> None:
        text = sentence_of(self.view, place)
        self._detail.setText(text)
        self._detail.show()
        announce(self.strip, text)
        box = self.strip.place_of(place)
        if box is not None:
            middle = box.center()
            self._scroll.ensureVisible(int(middle.x()), int(middle.y()), 0, int(box.height()))

    def _toggle_ids(self, wanted: bool) -> None:
        self.strip.show_ids(wanted)
        self._fit()

    def copy(self) -> None:
        """Put the tokens on the clipboard as JSON."""
        if self.view is not None:
            QGuiApplication.clipboard().setText(json_of(self.view))
            self._session.told.emit(tr("The tokens were copied as JSON."))

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self._title.setText(tr("What the model receives"))
        self.text_box.setAccessibleName(tr("Text to cut into tokens"))
        self.text_box.setPlaceholderText(tr("Choose a row above, or type a text here."))
        self.pair_box.setAccessibleName(tr("Second text to cut into tokens"))
        self.pair_box.setPlaceholderText(tr("Second text"))
        self.ids_box.setText(tr("Show ids"))
        self.ids_box.setToolTip(tr("The number of each token in the vocabulary: this is what the model gets."))
        self.copy_button.setText(tr("Copy as JSON"))
        self.strip.retranslate()
        self._detail.hide()
        self._say()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.rest()


def counts_text(view: Any) -> str:
    """How many tokens there are, and how many of them are read."""
    total, cut = view.total, view.cut
    unknown = sum(token.unknown for token in view.tokens)
    if cut:
        text = tr(
            "{total} tokens; {read} are read, {cut} are cut off.",
            total=count_text(total),
            read=count_text(total - cut),
            cut=count_text(cut),
        )
    else:
        text = trn("{number} token, which is read.", "{number} tokens, all of them are read.", total)
    if unknown:
        text += "\n" + trn("{number} is unknown to the model.", "{number} are unknown to the model.", unknown)
    return text


def json_of(view: Any) -> str:
    """The view as JSON: the texts, the ids that the model receives, and every token. Positions count characters."""
    tokens = [
        {
            "token": token.text,
            "id": token.id,
            "start": token.start,
            "end": token.end,
            "text": None if token.special else token.part,
            "special": token.special,
            "read": token.kept,
            "unknown": token.unknown,
        }
        for token in view.tokens
    ]
    whole = {
        "texts": list(view.texts),
        "limit": view.limit,
        "total": view.total,
        "input_ids": list(view.ids),
        "tokens": tokens,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _deciding(plan: TrainingPlan) -> list[Any]:
    """What of the plan decides the tokens of a text; for a new model the file does too."""
    data = [plan.dataset.path, plan.dataset.columns, plan.dataset.reading] if plan.model.source == "scratch" else []
    return [plan.model, plan.max_length, plan.dataset.mends, *data]


def _first_row(plan: TrainingPlan, head: Any) -> tuple[str, str]:
    """The texts of the first row of the file's head; empty ones where there is none."""
    if head is None or not head.rows:
        return "", ""
    row, columns = head.rows[0], plan.dataset.columns

    def cell(field: str) -> str:
        column = columns.get(field, "")
        place = head.columns.index(column) if column in head.columns else len(row)
        return row[place] if place < len(row) else ""

    return cell("text"), cell("text_pair")
