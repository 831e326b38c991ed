"""The classes of the data as a list of bars: how many rows each has. One can be chosen, to see its rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QSizePolicy, QStyledItemDelegate, QStyleOptionViewItem

from workbench.core.language import tr
from workbench.gui import theme

Index = QModelIndex | QPersistentModelIndex

_SHOWN = 12  # lines, the rest is scrolled to
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_MEASURED = 200  # names that decide how much room names get
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class _Classes(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.classes: tuple[tuple[str, int], ...] = ()
        self.chosen = ""

    def show_classes(self, classes: tuple[tuple[str, int], ...]) -> None:
        self.beginResetModel()
        self.classes = classes
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.classes)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        label, rows = self.classes[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return label
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            words = tr("{label}: {rows} rows", label=label, rows=f"{rows:,}")
            click = len(self.classes) > 1 and role == Qt.ItemDataRole.ToolTipRole
            return "\n".join((words, tr("Click to see the rows of this class alone"))) if click else words
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and label == self.chosen:
            return tr("Only the rows of this class are shown")
        return None


class _Bars(QStyledItemDelegate):
    """Paints a line: the name, a bar as long as the class has rows, and their number."""

    def __init__(self, view: ClassBars) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, self._view.line)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, colours, room = self._view, theme.tokens(), QRectF(option.rect).adjusted(theme.SPACE, 0, -theme.SPACE, 0)
        label, rows = view.content.classes[index.row()]
        chosen = label == view.chosen
        under = bool(option.state & option.state.State_MouseOver) if view.choosable else False
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or under:
            painter.fillRect(option.rect, QColor(colours.selection if chosen else colours.raised))
        if view.hasFocus() and index == view.currentIndex():
            _ring(painter, option.rect, colours.focus)
        font = view.font()
        font.setBold(chosen)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        names, numbers = view.names(room.width()), view.numbers
        painter.setPen(QColor(colours.text))
        name = metrics.elidedText(" ".join(label.split()), Qt.TextElideMode.ElideRight, names)
        painter.drawText(QRectF(room.x(), room.y(), names, room.height()), _LEFT, name)
        length = max((room.width() - names - numbers - 2 * theme.GAP) * rows / view.largest, 2)
        left = room.x() + names + theme.GAP
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.series[0]))
        painter.drawRoundedRect(QRectF(left, room.y() + room.height() * 0.28, length, room.height() * 0.44), 2, 2)
        painter.setPen(QColor(colours.text if chosen else colours.muted))
        where = QRectF(left + length + theme.GAP, room.y(), numbers + theme.SPACE, room.height())
        painter.drawText(where, _LEFT, f"{rows:,}")
        painter.restore()


def _ring(painter: QPainter, room: QRect, colour: str) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = painter.pen()
    pen.setColor(QColor(colour))
    pen.setWidth(2)
    painter.setPen(pen)
    painter.drawRect(room.adjusted(1, 1, -1, -1))


class ClassBars(QListView):
    """How many rows each class has. `chosen_changed(label)` when the user chooses a class, "" for none any more."""

    chosen_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("classBars")
        self.content = _Classes()
        self.largest, self.numbers, self._widest, self.choosable = 1, 0.0, 0.0, False
        self.setModel(self.content)
        self.setItemDelegate(_Bars(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._press)
        theme.notifier.changed.connect(self.viewport().update)

    @property
    def chosen(self) -> str:
        """The class that is chosen; "" for none."""
        return self.content.chosen

    def show_classes(self, classes: Sequence[tuple[str, int]]) -> None:
        """Show (label, rows) pairs, the commonest first."""
        shown = tuple(classes)
        if shown != self.content.classes:
            row = self.currentIndex().row()
            self.content.show_classes(shown)
            self.setCurrentIndex(self.content.index(min(max(row, 0), len(shown) - 1)))
        self.choosable = len(shown) > 1
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if self.choosable else Qt.CursorShape.ArrowCursor)
        self._measure()
        self._describe()

    def point_at(self, label: str) -> None:
        """Show `label` as the chosen class; "" for none."""
        self.content.chosen = label
        self.viewport().update()

    def _measure(self) -> None:
        metrics, classes = QFontMetricsF(self.font()), self.content.classes
        bold = self.font()
        bold.setBold(True)
        self.largest = max((rows for _label, rows in classes), default=1) or 1
        self.numbers = max((metrics.horizontalAdvance(f"{rows:,}") for _label, rows in classes[:_SHOWN]), default=0.0)
        names = (QFontMetricsF(bold).horizontalAdvance(label[:60]) for label, _rows in classes[:_MEASURED])
        self._widest = max(names, default=0.0) + 1
        self.updateGeometry()
        self.viewport().update()

    def names(self, width: float) -> float:
        """The room for names in a line that is `width` wide, in pixels."""
        return min(self._widest, width * 0.4)

    @property
    def line(self) -> int:
        """The height of a line, in pixels."""
        return max(theme.TARGET, self.fontMetrics().height() + theme.SPACE)

    def sizeHint(self) -> QSize:
        return QSize(200, self.line * min(len(self.content.classes), _SHOWN) + 2 * self.frameWidth() + 2)

    minimumSizeHint = sizeHint

    def _describe(self) -> None:
        classes = self.content.classes[:_SHOWN]
        parts = [tr("{label}: {rows} rows", label=label, rows=f"{rows:,}") for label, rows in classes]
        self.setAccessibleName(tr("Rows of each class"))
        self.setAccessibleDescription("; ".join(parts))

    def _press(self, index: Index) -> None:
        if not self.choosable or not index.isValid():
            return
        label = self.content.classes[index.row()][0]
        self.point_at("" if label == self.chosen else label)
        self.chosen_changed.emit(self.chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() in _PLAIN:
            self._press(self.currentIndex())
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus() and len(self.content.classes) > _SHOWN:
            super().wheelEvent(event)
        else:
            event.ignore()  # the column it stands in scrolls

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
            self.viewport().update()
        elif event.type() == QEvent.Type.FontChange:
            self._measure()
