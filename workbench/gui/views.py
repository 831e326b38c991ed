"""Prediction kind -> the widget that shows it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core.language import tr
from workbench.core.predictions import Prediction, Scores, Value
from workbench.gui import theme
from workbench.gui.tables import SORT, Cell, DataTable, copy_table, table_text
from workbench.gui.value_view import ValueView

UNSURE = 0.1  # two probabilities nearer than this are not told apart
_PROBABILITY, _BAR = 2, 3  # columns
_COPIED_FOR = 1500  # ms for which the button says "Copied"


class _BarPainter(QStyledItemDelegate):
    """Paints a probability, 0 to 1, as a bar from the left."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        option.widget.style().drawControl(option.widget.style().ControlElement.CE_ItemViewItem, option, painter)
        colours = theme.tokens()
        room = QRectF(option.rect).adjusted(8, 8, -8, -8)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(room, 4, 4)
        share = float(index.sibling(index.row(), _PROBABILITY).data(SORT) or 0.0)
        filled = QRectF(room)
        filled.setWidth(max(room.width() * share, 2.0))
        painter.setBrush(QColor(colours.accent if index.row() == 0 else colours.border))
        painter.drawRoundedRect(filled, 4, 4)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(160, theme.TARGET)


class ScoresView(QWidget):
    """The verdict in words, and every label with its logit and probability, the most probable first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores: Scores | None = None
        self.verdict, self.comment, self.copy_button = QLabel(), QLabel(), QPushButton()
        self.verdict.setObjectName("verdict")
        self.comment.setObjectName("verdictComment")
        self.copy_button.setObjectName("copyScores")
        for label, role in ((self.verdict, "title"), (self.comment, "small")):
            theme.set_role(label, role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.table = DataTable("scoresTable")
        self.table.setItemDelegateForColumn(_BAR, _BarPainter(self.table))
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_FOR)
        self._copied.timeout.connect(self.retranslate)
        self.copy_button.clicked.connect(self._copy)
        theme.notifier.changed.connect(self.table.viewport().update)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE)
        words.addWidget(self.verdict)
        words.addWidget(self.comment)
        top = QHBoxLayout()
        top.addLayout(words, 1)
        top.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        self.retranslate()

    def show_prediction(self, scores: Scores) -> None:
        """Show `scores`."""
        self._scores = scores
        self.retranslate()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.copy_button.setText(tr("Copied") if self._copied.isActive() else tr("Copy table"))
        self.copy_button.setToolTip(tr("Copy all labels with their numbers, to paste into a spreadsheet."))
        self.table.setAccessibleName(tr("Labels with logits and probabilities"))
        if self._scores is None:
            return
        self.verdict.setText(self._scores.label)
        self.comment.setText(comment_text(self._scores))
        self.verdict.setAccessibleName(tr("The answer: {label}", label=self._scores.label))
        self.table.setAccessibleDescription(self.comment.text())
        titles = [tr("Label"), tr("Logit"), tr("Probability"), tr("Bar")]
        self.table.show_rows(titles, [_score_row(*row, first=not n) for n, row in enumerate(self._scores.ranked())])
        header = self.table.horizontalHeader()
        for column, mode in ((0, "Interactive"), (1, "Fixed"), (2, "Fixed"), (_BAR, "Stretch")):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode[mode])
        for column in (1, 2):
            self.table.setColumnWidth(column, max(self.table.sizeHintForColumn(column), header.sectionSizeHint(column)))
        self.table.setColumnWidth(0, min(max(self.table.sizeHintForColumn(0) + 16, 80), max(120, self.width() // 2)))

    def text(self) -> str:
        """The table as tab-separated lines, without the bars."""
        self.table.setColumnHidden(_BAR, True)
        try:
            return table_text(self.table)
        finally:
            self.table.setColumnHidden(_BAR, False)

    def _copy(self) -> None:
        self.table.clearSelection()
        copy_table(self.table)
        self._copied.start()
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _score_row(label: str, logit: float, probability: float, *, first: bool) -> list[Cell]:
    return [
        Cell(label, strong=first),
        Cell(f"{logit:.4f}", logit, copied=repr(logit)),
        Cell(probability_text(probability), probability, copied=repr(probability), strong=first),
        Cell("", copied=""),
    ]


def probability_text(probability: float) -> str:
    """A probability in per cent; never "0 %" or "100 %" for what is not quite so."""
    percent = 100 * probability
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.99 < percent < 100:
        return "> 99.99 %"
    return f"{percent:.2f} %"


def comment_text(scores: Scores) -> str:
    """How sure the model is, in words: more than a winner alone."""
    (first, _, high), *rest = scores.ranked()
    if not rest:
        return tr("There is one label only.")
    second, _, low = rest[0]
    if high - low < UNSURE:
        return tr("Unsure between “{first}” and “{second}”.", first=first, second=second)
    values = {"label": first, "percent": f"{100 * high:.0f}", "second": second}
    if high < 0.5:
        return tr("“{label}” leads with {percent} %, before “{second}”. That is less than half.", **values)
    if high > 0.995:
        return tr("Almost all of the probability is on “{label}”. That is no guarantee.", **values)
    return tr("“{label}” has {percent} %; next comes “{second}”.", **values)


_VIEWS: dict[type, type[ScoresView] | type[ValueView]] = {Scores: ScoresView, Value: ValueView}


class PredictionView(QStackedWidget):
    """Shows any prediction with the view of its kind, made when it is first needed; before, a word of what comes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made: dict[type, ScoresView | ValueView] = {}
        self.hint = QLabel()
        self.hint.setObjectName("answerHint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        theme.set_role(self.hint, "muted")
        self.addWidget(self.hint)
        self.retranslate()

    @property
    def answered(self) -> bool:
        """Whether a prediction is shown."""
        return self.currentWidget() is not self.hint

    def clear(self) -> None:
        """Show no prediction."""
        self.setCurrentWidget(self.hint)

    def retranslate(self) -> None:
        """Speak the language in force."""
        self.hint.setText(tr("The answer appears here, with every number behind it."))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)

    def show_prediction(self, prediction: Prediction) -> None:
        """Show `prediction`."""
        kind = type(prediction)
        if kind not in self._made:
            self._made[kind] = _VIEWS[kind]()
            self.addWidget(self._made[kind])
        self._made[kind].show_prediction(prediction)
        self.setCurrentWidget(self._made[kind])
