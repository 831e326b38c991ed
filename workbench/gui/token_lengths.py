"""How long the rows are in tokens of the chosen model, what the longest-text setting cuts, and which languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QHideEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.gui import theme
from workbench.gui.background import Lane, Ticket
from workbench.gui.charts import HistogramBars
from workbench.gui.known import dataset_key
from workbench.gui.panels.card import text_label
from workbench.gui.session import Session
from workbench.gui.wording import count_text

_PATIENCE = 150  # milliseconds without an edit before rows are counted
_BEAT = 200  # milliseconds between two words on how far it is
_CUT_AT_MOST = 0.01  # a share of the rows above which another setting is offered
_UNKNOWN_AT_MOST = 0.005
_LANGUAGES = 4


class TokenBars(HistogramBars):
    """The histogram with a line where texts are cut."""

    def __init__(self) -> None:
        super().__init__("tokenHistogram")
        self._ends: tuple[float, ...] = ()
        self._limit = 0

    def show_lengths(self, lengths: Any) -> None:
        """Show a TokenLengths."""
        self._ends, self._limit = tuple(lengths.lengths.edges), lengths.limit
        self.show_histogram(lengths.lengths.edges, lengths.lengths.counts, tr("Tokens of the rows"), tr("tokens"))

    def line_at(self) -> float | None:
        """Where the line stands, from the left edge; None if every row is shorter."""
        ends = self._ends
        if len(ends) < 2 or self._limit >= ends[-1]:
            return None
        bars = len(ends) - 1
        bar = next(place for place in range(bars) if self._limit < ends[place + 1])
        inside = (self._limit - ends[bar]) / max(ends[bar + 1] - ends[bar], 1e-9)
        return (bar + inside) * self.width() / bars

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        x = self.line_at()
        if x is None:
            return
        painter, colours, metrics = QPainter(self), theme.tokens(), QFontMetricsF(self.font())
        foot = self.height() - metrics.height() - 2
        painter.setPen(QPen(QColor(colours.danger), 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, 0), QPointF(x, foot))
        text = tr("cut at {limit}", limit=count_text(self._limit))
        wide = metrics.horizontalAdvance(text) + 2 * theme.SPACE
        left = x + theme.SPACE if x + theme.SPACE + wide <= self.width() else x - theme.SPACE - wide
        box = QRectF(left, 0, wide, metrics.height() + 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(colours.danger))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class LengthsPart(QWidget):
    """Follows the draft while it is seen; rows are counted off the GUI thread, and the newest wish wins."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("tokenLengths")
        self._session = session
        self.lengths: Any = None
        self.languages: Sequence[Any] = ()
        self._error = ""
        self._fraction = 0.0
        self._wanted, self._told_of = b"", b""
        self._counting = False
        self._lane = Lane(self)
        self._patience, self._beat = QTimer(self), QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._count)
        self._beat.setInterval(_BEAT)
        self._beat.timeout.connect(self._show)
        self._build()
        session.draft.changed.connect(lambda _plan: self.follow())
        session.head_changed.connect(lambda _head, _roles: self.follow())
        self.retranslate()

    def _build(self) -> None:
        self._title, self._sentence = text_label("small"), text_label("", "tokenSentence")
        self._more, self._spoken = text_label("muted", "tokenMore"), text_label("muted", "languages")
        self.bars = TokenBars()
        self.button = QPushButton()
        self.button.setObjectName("setLongest")
        self.button.clicked.connect(self._set_longest)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        for part in (self._title, self.bars, self._sentence):
            column.addWidget(part)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        for part in (self._more, self._spoken):
            column.addWidget(part)

    # What is asked.

    def follow(self) -> None:
        """Count anew once the edits pause, if the plan's rows, model or longest text are others now."""
        plan = self._session.draft.plan
        key = _key(plan) if plan is not None and self._session.head is not None else b""
        if not self.isVisible() or key == self._wanted:
            return
        self._wanted = key
        self._lane.cancel()
        if not key:
            self._forget()
            return
        self._counting, self._fraction, self._error = True, 0.0, ""
        self._patience.start()
        self._beat.start()  # what is known is told at the first beat: most counts are over by then

    def _count(self) -> None:
        plan, studio = self._session.draft.plan, self._session.studio
        if plan is None:
            return

        def work(ticket: Ticket) -> Any:
            def progress(fraction: float) -> None:
                ticket.check()
                self._fraction = fraction

            return studio.token_lengths(plan, progress)

        self._lane.submit(work, lambda lengths: self._counted(plan, lengths), self._failed)

    def _counted(self, plan: TrainingPlan, lengths: Any) -> None:
        self._end()
        self.lengths = lengths
        self._show()
        key = dataset_key(plan)
        if key != self._told_of:
            self.languages = ()
            studio = self._session.studio
            self._lane.submit(
                lambda ticket: studio.languages(plan, lambda _share: ticket.check()),
                lambda found: self._tell_languages(key, found),
                lambda _error: None,  # the rows were read a moment ago: what is wrong with them has been said
            )

    def _tell_languages(self, key: bytes, found: Sequence[Any]) -> None:
        self._told_of, self.languages = key, found
        self._show()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, WorkbenchError):
            self._forget()
            raise error
        self._forget(str(error))

    def _forget(self, error: str = "") -> None:
        self._end()
        self.lengths, self.languages, self._told_of, self._error = None, (), b"", error
        self._show()

    def _end(self) -> None:
        self._counting = False
        self._patience.stop()
        self._beat.stop()

    def rest(self) -> None:
        """Give up what is being counted."""
        if self._counting or not self.languages:
            self._wanted = b""
        self._end()
        self._lane.cancel()

    def _set_longest(self) -> None:
        if self.lengths is not None:
            draft = self._session.draft
            draft.end_merge()
            draft.replace(tr("Set the longest text"), max_length=self.lengths.suggested)
            draft.end_merge()

    # What is shown.

    def _show(self) -> None:
        lengths = self.lengths
        for part in (self.bars, self._title):
            part.setVisible(lengths is not None and lengths.rows > 0)
        self.button.setVisible(lengths is not None and not self._counting and _can_be_better(lengths))
        if lengths is not None:
            self.bars.show_lengths(lengths)
            self.button.setText(tr("Set the longest text to {tokens}", tokens=count_text(lengths.suggested)))
            self.button.setToolTip(tr("Reads more of each text; time and memory grow with it. Undo takes it back."))
        if self._error:
            text = self._error
        elif self._counting:
            text = tr("Counting the tokens of the rows, {percent} %", percent=int(100 * self._fraction))
        else:
            text = sentence_of(lengths) if lengths is not None else ""
        self._sentence.setText(text)
        self._sentence.setVisible(bool(text))
        notes = notes_of(lengths) if lengths is not None and not self._counting else []
        self._more.setText("\n".join(notes))
        self._more.setVisible(bool(notes))
        self._spoken.setText(languages_text(self.languages))
        self._spoken.setVisible(bool(self.languages))

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        self._title.setText(tr("Length of the rows in tokens"))
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.rest()


def _key(plan: TrainingPlan) -> bytes:
    return dataset_key(plan) + msgspec.json.encode([plan.model, plan.max_length])


def _can_be_better(lengths: Any) -> bool:
    return lengths.cut_share > _CUT_AT_MOST and lengths.suggested > lengths.limit


def sentence_of(lengths: Any) -> str:
    """How many rows are cut, in words."""
    limit = count_text(lengths.limit)
    if not lengths.rows:
        return tr("There are no rows to count.")
    if not lengths.cut:
        longest = count_text(lengths.longest)
        return tr(
            "Nothing is cut: the longest row has {longest} tokens, and {limit} are read.", longest=longest, limit=limit
        )
    share = percent_text(lengths.cut_share)
    return tr("{share} % of the rows are longer than {limit} tokens and are cut.", share=share, limit=limit)


def notes_of(lengths: Any) -> list[str]:
    """What else is to be known of the counts."""
    notes = []
    if _can_be_better(lengths):
        share, tokens = percent_text(lengths.suggested_cut_share), count_text(lengths.suggested)
        notes.append(tr("With {tokens} tokens, {share} % would be cut.", share=share, tokens=tokens))
    elif lengths.cut_share > _CUT_AT_MOST:
        notes.append(tr("More than {limit} tokens this model cannot read.", limit=count_text(lengths.limit)))
    if lengths.unknown_share > _UNKNOWN_AT_MOST:
        share = percent_text(lengths.unknown_share)
        notes.append(tr("{share} % of the tokens are unknown to this model: it may not suit the texts.", share=share))
    if lengths.rows < lengths.total:
        rows, total = count_text(lengths.rows), count_text(lengths.total)
        notes.append(tr("Counted on {rows} rows, evenly taken out of {total}.", rows=rows, total=total))
    if lengths.preview:
        notes.append(
            tr("A preview: a new model makes its own vocabulary from the training rows when it starts to learn.")
        )
    return notes


def languages_text(languages: Sequence[Any]) -> str:
    """The commonest languages with their shares."""
    if not languages:
        return ""
    parts = (
        tr("{language} {share} %", language=one.name, share=percent_text(one.share)) for one in languages[:_LANGUAGES]
    )
    shown = tr(", ").join(parts)
    rest = len(languages) - _LANGUAGES
    if rest > 0:
        shown = tr("{shown} and {number} more", shown=shown, number=rest)
    return tr("Languages of the rows: {languages}", languages=shown)


def percent_text(share: float) -> str:
    """A share as percent: never rounded to nothing, nor to all."""
    percent = 100 * share
    if 0 < percent < 0.1:
        return "< 0.1"
    if 99.9 < percent < 100:
        return "> 99.9"
    return f"{percent:.1f}".removesuffix(".0")
