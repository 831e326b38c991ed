"""The tokens of a text, drawn one beside the other so that their borders are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.stylesheet import font_sizes
from workbench.gui.token_chips import Chip, Word, hidden, reads_rtl, sentence_of, words_of

_PAD = 3
_SPOKEN = 60  # tokens that a screen reader is told of in one go
_MARK = "?"


class TokenStrip(QWidget):
    """Draws a TokenView. `current_changed(place)` comes with the token that the arrow keys or a click chose."""

    current_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tokenStrip")
        self.view: Any = None
        self.current = -1
        self._words: list[Word] = []
        self._places: dict[int, QRectF] = {}
        self._chips: list[Chip] = []
        self._captions: list[tuple[QRectF, str]] = []
        self._more = 0
        self._with_ids = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.notifier.changed.connect(self.update)
        self.retranslate()

    def show_view(self, view: Any) -> None:
        """Show the tokens of `view`; None shows nothing."""
        self.view = view
        self.current = -1
        self.retranslate()

    def show_ids(self, wanted: bool) -> None:
        """Whether the number of each token stands below it."""
        self._with_ids = wanted
        self._lay_out()

    def retranslate(self) -> None:
        """Speak the language in force."""
        self._words = words_of(self.view) if self.view is not None else []
        self._chips = [chip for word in self._words for chip in word.chips]
        self._more = hidden(self.view, self._words) if self.view is not None else 0
        self.setAccessibleName(tr("Tokens of the text"))
        self.setAccessibleDescription(" ".join(chip.text for chip in self._chips[:_SPOKEN]))
        self._lay_out()

    def place_of(self, place: int) -> QRectF | None:
        """Where the token number `place` is drawn; None if it is not."""
        return self._places.get(place)

    # Layout.

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font_sizes(font.pointSizeF())["small"])
        return font

    def _line(self) -> float:
        ids = QFontMetricsF(self._small()).height() if self._with_ids else 0
        return QFontMetricsF(self.font()).height() + 2 * _PAD + ids

    def _width(self, chip: Chip, metrics: QFontMetricsF, small: QFontMetricsF) -> float:
        own = small if chip.kind == "special" else metrics
        width = own.horizontalAdvance(chip.text) + 2 * _PAD
        if chip.kind == "special":
            width += 2 * _PAD
        if chip.unknown:
            width += small.horizontalAdvance(_MARK) + _PAD
        return max(width, small.horizontalAdvance(chip.id) + 2 * _PAD) if self._with_ids else width

    def _lay_out(self) -> None:
        self._flow(float(max(self.width(), 60)), keep=True)
        self.updateGeometry()
        self.update()

    def _flow(self, width: float, *, keep: bool) -> float:
        """Put the words into lines of `width`; how high all of it is."""
        metrics, small = QFontMetricsF(self.font()), QFontMetricsF(self._small())
        places: dict[int, QRectF] = {}
        captions: list[tuple[QRectF, str]] = []
        y, line, used = 0.0, [], 0.0
        rtl = bool(self.view) and reads_rtl(self.view.texts[0])
        gap, height = metrics.horizontalAdvance(" "), self._line()

        def end_line() -> None:
            nonlocal y, line, used
            if line:
                _place(line, places, width, y, height, rtl)
                y += height + _PAD
            line, used = [], 0.0

        for word, chips in self._runs(width, metrics, small):
            if word.new_line or word.caption:
                end_line()
            if word.caption:
                captions.append((QRectF(0, y, width, small.height() + _PAD), word.caption))
                y += small.height() + 2 * _PAD
            wide = sum(size for _chip, size in chips)
            space = gap if line and not word.glued else 0.0
            if line and used + space + wide > width:
                end_line()
                space = 0.0
            used += wide + space
            line.append((word, chips, space))
        end_line()
        if self._more:
            text = trn("and {number} more token", "and {number} more tokens", self._more)
            captions.append((QRectF(0, y, width, small.height() + _PAD), text))
            y += small.height() + 2 * _PAD
        if keep:
            self._places, self._captions = places, captions
        return y

    def _runs(
        self, width: float, metrics: QFontMetricsF, small: QFontMetricsF
    ) -> Iterator[tuple[Word, list[tuple[Chip, float]]]]:
        """Each word with its chips and their widths; one that is wider than a line comes in pieces."""
        for word in self._words:
            run: list[tuple[Chip, float]] = []
            first, wide = word, 0.0
            for chip in word.chips:
                size = min(self._width(chip, metrics, small), width)
                if run and wide + size > width:
                    yield first, run
                    run, wide, first = [], 0.0, Word(word.rtl)
                run.append((chip, size))
                wide += size
            yield first, run

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return int(self._flow(float(max(width, 60)), keep=False)) + 2

    def sizeHint(self) -> QSize:
        return QSize(280, self.heightForWidth(max(self.width(), 280)))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, int(self._line()))

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._flow(float(max(self.width(), 60)), keep=True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._lay_out()

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen, small = QRectF(event.rect()), self._small()
        for chip in self._chips:
            box = self._places.get(chip.place)
            if box is not None and box.intersects(seen):
                self._draw(painter, chip, box, small)
        colours = theme.tokens()
        painter.setFont(small)
        for box, text in self._captions:
            self._draw_caption(painter, box, text)
        if self.hasFocus() and (box := self._places.get(self.current)) is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)

    def _draw(self, painter: QPainter, chip: Chip, box: QRectF, small: QFont) -> None:
        colours = theme.tokens()
        font = QFont(small if chip.kind == "special" else self.font())
        font.setStrikeOut(chip.kind == "cut")
        if chip.kind == "text":
            painter.fillRect(box.adjusted(0, 0, -1, 0), QColor(colours.selection if chip.odd else colours.raised))
        else:
            edge = QPen(QColor(colours.border), 1, Qt.PenStyle.DotLine if chip.kind == "cut" else Qt.PenStyle.SolidLine)
            painter.setPen(edge)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            around = 4 if chip.kind == "special" else 0
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -1.5, -0.5), around, around)
        if chip.kind == "text":  # a thin line where the next token begins
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(box.right() - 0.5, box.top()), QPointF(box.right() - 0.5, box.bottom()))
        room = QRectF(box)
        ids = QFontMetricsF(small)
        if self._with_ids:
            room.setBottom(box.bottom() - ids.height())
        if chip.unknown:
            room.setRight(room.right() - ids.horizontalAdvance(_MARK) - _PAD)
        painter.setFont(font)
        painter.setPen(QColor(colours.text if chip.kind == "text" else colours.muted))
        text = QFontMetricsF(font).elidedText(chip.text, Qt.TextElideMode.ElideRight, room.width() - _PAD)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, text)
        if chip.unknown:
            self._mark_unknown(painter, box, room, small)
        if self._with_ids:
            painter.setFont(small)
            painter.setPen(QColor(colours.muted))
            painter.drawText(QRectF(box).adjusted(0, room.height(), 0, 0), Qt.AlignmentFlag.AlignCenter, chip.id)

    def _mark_unknown(self, painter: QPainter, box: QRectF, room: QRectF, small: QFont) -> None:
        colours = theme.tokens()
        painter.setPen(QPen(QColor(colours.warning), 2, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(box.left() + 1, room.bottom() - 1), QPointF(box.right() - 2, room.bottom() - 1))
        bold = QFont(small)
        bold.setBold(True)
        painter.setFont(bold)
        mark = QRectF(room.right(), room.top(), box.right() - room.right() - _PAD, room.height())
        painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, _MARK)

    def _draw_caption(self, painter: QPainter, box: QRectF, text: str) -> None:
        colours, metrics = theme.tokens(), QFontMetricsF(painter.font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, text)
        side = (box.width() - metrics.horizontalAdvance(text)) / 2 - theme.GAP
        middle = box.center().y()
        painter.setPen(QPen(QColor(colours.danger), 1, Qt.PenStyle.DashLine))
        if side > 0:
            painter.drawLine(QPointF(0, middle), QPointF(side, middle))
            painter.drawLine(QPointF(box.width() - side, middle), QPointF(box.width(), middle))

    # Choosing a token.

    def _choose(self, number: int) -> None:
        if not self._chips:
            return
        self.current = self._chips[min(max(number, 0), len(self._chips) - 1)].place
        self.update()
        self.current_changed.emit(self.current)

    def _number(self) -> int:
        return next((number for number, chip in enumerate(self._chips) if chip.place == self.current), -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if self.view is not None and reads_rtl(self.view.texts[0]):
            steps = {Qt.Key.Key_Left: 1, Qt.Key.Key_Right: -1}
        if event.key() in steps:
            self._choose(self._number() + steps[event.key()])
        elif event.key() == Qt.Key.Key_Home:
            self._choose(0)
        elif event.key() == Qt.Key.Key_End:
            self._choose(len(self._chips) - 1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: Any) -> None:
        super().focusInEvent(event)
        if self.current < 0 and self._chips:
            self._choose(0)
        self.update()

    def focusOutEvent(self, event: Any) -> None:
        super().focusOutEvent(event)
        self.update()

    def _at(self, point: QPointF) -> int:
        return next((place for place, box in self._places.items() if box.contains(point)), -1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position())
        if place >= 0:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.current = place
            self.update()
            self.current_changed.emit(place)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            place = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), sentence_of(self.view, place) if place >= 0 else "", self)
            return True
        return super().event(event)


def _place(
    line: list[tuple[Word, list[tuple[Chip, float]], float]],
    places: dict[int, QRectF],
    width: float,
    y: float,
    height: float,
    rtl: bool,
) -> None:
    """Put the words of one line beside each other, from the side on which the text begins."""
    x = 0.0
    for word, chips, space in line:
        x += space
        wide = sum(size for _chip, size in chips)
        left = width - x - wide if rtl else x
        for chip, size in reversed(chips) if word.rtl else chips:
            places[chip.place] = QRectF(left, y, size, height)
            left += size
        x += wide
