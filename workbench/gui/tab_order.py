"""Tab goes in reading order, also after parts of a column were made anew."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QWidget


def focusable(part: QWidget | QLayout) -> Iterator[QWidget]:
    """What in `part` can have the focus by Tab, in the order in which it is laid out."""
    if isinstance(part, QScrollArea):
        part = part.widget()
    layout = part if isinstance(part, QLayout) else part.layout()
    if isinstance(part, QWidget) and part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield part
        return
    for place in range(layout.count() if layout is not None else 0):
        item = layout.itemAt(place)
        inner = item.widget() or item.layout()
        if inner is not None:
            yield from focusable(inner)


def order_tabs(part: QWidget) -> None:
    """Make Tab go through `part` in reading order."""
    for one, following in pairwise(focusable(part)):
        QWidget.setTabOrder(one, following)
