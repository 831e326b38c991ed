"""The look: two sets of colours (tokens), the palette and the style sheet made of them. No colour stands elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from workbench.core.resources import resource
from workbench.gui.stylesheet import style_sheet

Mode = Literal["system", "light", "dark"]

SPACE = 4
GAP = 2 * SPACE
PAD = 3 * SPACE
MARGIN = 4 * SPACE
TARGET = 6 * SPACE  # the least height of anything that can be clicked (WCAG 2.5.8)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Every colour, as "#rrggbb". Text on window, surface and raised has 4.5:1, UI parts and series 3:1.

    `border` outlines controls (3:1), `line` only decorates. `series` are distinct for the colour-blind.
    """

    dark: bool
    window: str
    surface: str
    raised: str
    border: str
    line: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    danger: str
    warning: str
    success: str
    danger_surface: str
    warning_surface: str
    success_surface: str
    focus: str
    selection: str
    series: tuple[str, ...]


LIGHT = Tokens(
    dark=False,
    window="#f3f4f7",
    surface="#ffffff",
    raised="#eaecf1",
    border="#7f8793",
    line="#dcdfe5",
    text="#1a1d23",
    muted="#565e6a",
    disabled="#7c8490",
    accent="#0b5fc0",
    accent_hover="#094f9f",
    accent_text="#ffffff",
    danger="#b3261e",
    warning="#7a5200",
    success="#1b6b38",
    danger_surface="#fdecea",
    warning_surface="#fdf3dc",
    success_surface="#e4f4e9",
    focus="#0b5fc0",
    selection="#d6e6fa",
    series=("#0b5fc0", "#cc0066", "#979715", "#590c26", "#665500", "#000066"),
)

DARK = Tokens(
    dark=True,
    window="#15181d",
    surface="#1c2026",
    raised="#2a2f38",
    border="#7b8492",
    line="#333943",
    text="#e8eaee",
    muted="#a9b1bd",
    disabled="#8a929e",
    accent="#6cb2ff",
    accent_hover="#94c7ff",
    accent_text="#0a1420",
    danger="#ff8a80",
    warning="#f0c060",
    success="#7bd595",
    danger_surface="#3a2022",
    warning_surface="#35291a",
    success_surface="#1a3022",
    focus="#6cb2ff",
    selection="#244569",
    series=("#6cb2ff", "#ce3b6c", "#a0b72d", "#fefead", "#705bd6", "#eebdc5"),
)


class _Notifier(QObject):
    """`changed` is emitted after new tokens are in force: redraw what is painted by hand."""

    changed = Signal()


notifier = _Notifier()
_mode: Mode = "system"
_tokens: Tokens = LIGHT
_watched: QApplication | None = None


def tokens() -> Tokens:
    """The colours in force."""
    return _tokens


def mode() -> Mode:
    """What was asked for: "system", "light" or "dark"."""
    return _mode


def apply(app: QApplication, wanted: Mode) -> None:
    """Put `wanted` in force for all windows; "system" follows the desktop, also when it changes later."""
    global _mode, _tokens, _watched
    _mode = wanted
    if _watched is not app:
        _watched = app
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(_follow)
    dark = wanted == "dark" or (wanted == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Dark)
    _tokens = DARK if dark else LIGHT
    app.setPalette(palette(_tokens))
    sheet = style_sheet(_tokens, app.font().pointSizeF())
    if app.styleSheet() != sheet:  # setting it costs a quarter of a second with a window open
        app.setStyleSheet(sheet)
    notifier.changed.emit()


def _follow() -> None:
    if _mode == "system" and _watched is not None:
        apply(_watched, "system")


def palette(colours: Tokens) -> QPalette:
    """Every role of the palette, so that no colour of the desktop's own theme shines through."""
    result = QPalette()
    role = QPalette.ColorRole
    for roles, colour in (
        ((role.Window,), colours.window),
        ((role.Base,), colours.surface),
        ((role.AlternateBase, role.Button, role.Midlight), colours.raised),
        ((role.ToolTipBase,), colours.raised),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText), colours.text),
        ((role.PlaceholderText,), colours.muted),
        ((role.Highlight,), colours.selection),
        ((role.HighlightedText,), colours.text),
        ((role.Accent, role.Link, role.LinkVisited), colours.accent),
        ((role.Light,), colours.surface),
        ((role.Mid, role.Dark), colours.border),
        ((role.Shadow,), colours.line),
    ):
        for one in roles:
            result.setColor(one, QColor(colour))
    for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, one, QColor(colours.disabled))
    return result


def set_role(widget: QWidget, role: str) -> None:
    """Give `widget` the look `role` (see the style sheet), also when it is already on screen."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def icon(name: str, colour: str = "") -> QIcon:
    """The icon `resources/icons/NAME.svg` in `colour` (the text's, if not given). Make it anew on `changed`."""
    source = (resource("icons") / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for size in (16, 32, 48):
        for state, paint in ((QIcon.Mode.Normal, colour or _tokens.text), (QIcon.Mode.Disabled, _tokens.disabled)):
            pixmap = QPixmap(QSize(size, size))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            QSvgRenderer(QByteArray(source.replace("currentColor", paint).encode())).render(painter)
            painter.end()
            result.addPixmap(pixmap, state)
    return result
