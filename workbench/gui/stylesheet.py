"""The one style sheet, filled from the theme's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.resources import resource

if TYPE_CHECKING:
    from workbench.gui.theme import Tokens

_SHEET = """

QToolTip { color: @text; background: @raised; border: 1px solid @border; padding: 4px 8px; }
QLabel, QCheckBox, QRadioButton { background: transparent; }
QLabel[role="title"] { font-size: @titlept; font-weight: 600; }
QLabel[role="heading"] { font-size: @headingpt; font-weight: 600; }
QLabel[role="muted"] { color: @muted; font-size: @smallpt; }
QLabel[role="small"] { font-size: @smallpt; }
QLabel[role="danger"] { color: @danger; font-size: @smallpt; }
QLabel[role="warning"] { color: @warning; font-size: @smallpt; }
QLabel[role="success"] { color: @success; font-size: @smallpt; }
QLabel[role="badge"] { color: @text; background: @raised; border-radius: 4px; padding: 0 8px; font-size: @smallpt; }
QLabel[role="number"] { color: @accent_text; background: @accent; border-radius: 10px; font-weight: 600;
  min-width: 20px; max-width: 20px; min-height: 20px; max-height: 20px; }
QLabel:disabled, QCheckBox:disabled { color: @disabled; }

QFrame[role="card"] { background: @surface; border: 1px solid @line; border-radius: 8px; }
QFrame[role="inset"] { background: @window; border: none; border-radius: 4px; }
QFrame[role="foot"] { background: @surface; border: none; border-top: 1px solid @line; }
QFrame[role="danger"] { background: @danger_surface; border: 1px solid @danger; border-radius: 8px; }
QFrame[role="warning"] { background: @warning_surface; border: 1px solid @warning; border-radius: 8px; }
QFrame[role="success"] { background: @success_surface; border: 1px solid @success; border-radius: 8px; }
QFrame[role="info"] { background: @selection; border: 1px solid @accent; border-radius: 8px; }
QFrame[role="toast"] { background: @text; border: none; border-radius: 8px; }
QFrame[role="toast"] QLabel { color: @window; }
QFrame[role="toast"] QPushButton, QFrame[role="toast"] QToolButton { color: @window; background: transparent;
  border: 1px solid @window; }
QFrame[role="toast"] QPushButton:focus, QFrame[role="toast"] QToolButton:focus { border: 2px solid @window; }
QLabel[role="danger"], QLabel[role="warning"], QLabel[role="success"] { background: transparent; border: none; }
QFrame[role="drop"] { background: @surface; border: 3px dashed @accent; border-radius: 8px; }
QFrame[role="refuse"] { background: @surface; border: 3px dashed @danger; border-radius: 8px; }

QPushButton, QToolButton { color: @text; background: @raised; border: 1px solid @border; border-radius: 4px;
  padding: 4px 12px; min-height: 20px; }
QToolButton { padding: 4px; min-width: 20px; }
QPushButton:hover, QToolButton:hover { background: @selection; }
QPushButton:pressed, QToolButton:pressed { background: @line; }
QPushButton:focus, QToolButton:focus { border: 2px solid @focus; padding: 3px 11px; }
QToolButton:focus { padding: 3px; }
QPushButton:disabled, QToolButton:disabled { color: @disabled; background: @window; border-color: @line; }
QPushButton:checked, QToolButton:checked { background: @selection; border-color: @accent; }
QPushButton[role="primary"] { color: @accent_text; background: @accent; border: 1px solid @accent; font-weight: 600;
  padding: 8px 16px; }
QPushButton[role="primary"]:hover { background: @accent_hover; }
QPushButton[role="primary"]:focus { border: 6px double @accent_text; padding: 3px 11px; }
QPushButton[role="primary"]:disabled { color: @disabled; background: @raised; border-color: @line; }
QPushButton[role="large"] { padding: 8px 16px; font-weight: 600; }
QPushButton[role="large"]:focus { padding: 7px 15px; }
QPushButton[role="accent"] { color: @accent_text; background: @accent; border: 1px solid @accent; font-weight: 600; }
QPushButton[role="accent"]:hover { background: @accent_hover; }
QPushButton[role="accent"]:focus { border: 4px double @accent_text; padding: 1px 9px; }
QPushButton[role="accent"]:disabled { color: @disabled; background: @raised; border-color: @line; }
QPushButton[role="danger"] { color: @danger; background: @surface; border: 1px solid @danger; font-weight: 600;
  padding: 8px 16px; }
QPushButton[role="danger"]:focus { border: 2px solid @danger; padding: 7px 15px; }
QPushButton[role="danger"]:disabled { color: @disabled; border-color: @line; }
QPushButton[role="quiet"], QToolButton[role="quiet"] { color: @accent; background: transparent;
  border: 1px solid transparent; padding: 4px 8px; }
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: @raised; }
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border: 2px solid @focus; padding: 3px 7px; }
QPushButton[role="quiet"]:disabled, QToolButton[role="quiet"]:disabled { color: @disabled; }
QPushButton[role="choice"] { background: transparent; text-align: left; padding: 0; }
QPushButton[role="choice"]:hover { background: @selection; }
QPushButton[role="choice"]:focus { border: 2px solid @focus; padding: 0; }
QToolButton[role="icon"] { background: transparent; border: 1px solid transparent; padding: 4px; }
QToolButton[role="icon"]:hover { background: @raised; }
QToolButton[role="icon"]:focus { border: 2px solid @focus; padding: 3px; }
QToolButton[role="fold"] { color: @text; background: transparent; border: 1px solid transparent; padding: 4px 0;
  text-align: left; font-weight: 600; }
QToolButton[role="fold"]:checked { background: transparent; border-color: transparent; }
QToolButton[role="fold"]:hover { background: @raised; }
QToolButton[role="fold"]:focus { border: 2px solid @focus; padding: 3px 0; }

QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit { color: @text; background: @surface;
  border: 1px solid @border; border-radius: 4px; padding: 3px 7px; min-height: 20px;
  selection-background-color: @accent; selection-color: @accent_text; }
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
  border: 2px solid @focus; padding: 2px 6px; }
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"], QComboBox[wrong="true"] { border: 2px solid @danger;
  padding: 2px 6px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: @disabled; background: @window;
  border-color: @line; }
QLineEdit:read-only { background: @window; }
QAbstractSpinBox { padding-right: 20px; }
QAbstractSpinBox:focus, QAbstractSpinBox[wrong="true"] { padding-right: 19px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 20px; border: none;
  background: transparent; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-arrow { image: url("@icons/chevron-up.svg"); width: 10px; height: 10px; }
QAbstractSpinBox::down-arrow { image: url("@icons/chevron-down.svg"); width: 10px; height: 10px; }
QComboBox { padding-right: 24px; }
QComboBox:focus, QComboBox[wrong="true"] { padding-right: 23px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 24px; border: none; }
QComboBox::down-arrow { image: url("@icons/chevron-down.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { color: @text; background: @surface; border: 1px solid @border; outline: none;
  selection-background-color: @selection; selection-color: @text; }
QComboBox QAbstractItemView::item { min-height: 24px; padding: 0 8px; }

QCheckBox { spacing: 8px; min-height: 24px; border: 2px solid transparent; border-radius: 4px; }
QCheckBox:focus { border: 2px solid @focus; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid @border; border-radius: 4px;
  background: @surface; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url("@icons/check-@tone.svg"); }
QCheckBox::indicator:disabled { border-color: @line; background: @raised; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollArea:focus { border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @border; border: none; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar::handle:hover { background: @muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:horizontal { width: 8px; }
QSplitter::handle:vertical { height: 8px; }
QSplitter::handle:hover { background: @line; }

QTabWidget::pane { border: 1px solid @line; border-radius: 8px; background: @surface; top: -1px; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { color: @muted; background: transparent; border: 2px solid transparent; border-radius: 4px;
  padding: 6px 16px; margin: 0 4px 4px 0; min-height: 20px; }
QTabBar::tab:selected { color: @text; background: @surface; border-bottom: 2px solid @accent; font-weight: 600; }
QTabBar::tab:hover { color: @text; background: @raised; }
QTabBar::tab:selected:focus { border: 2px solid @focus; }

QTableView, QTreeView, QListView { color: @text; background: @surface; alternate-background-color: @window;
  gridline-color: @line; border: 1px solid @line; border-radius: 4px; selection-background-color: @selection;
  selection-color: @text; outline: none; }
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid @focus; }
QTableView::item, QTreeView::item, QListView::item { padding: 2px 8px; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected { background: @selection; color: @text; }
QHeaderView { background: @raised; border: none; }
QHeaderView::section { color: @text; background: @raised; border: none; border-right: 1px solid @line;
  border-bottom: 1px solid @line; padding: 4px 8px 4px 11px; font-weight: 600; font-size: @smallpt; }
QTableCornerButton::section { background: @raised; border: none; }

QProgressBar { color: @text; background: @raised; border: none; border-radius: 4px; min-height: 8px;
  text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: 4px; }
QProgressBar[role="success"]::chunk { background: @success; }
QProgressBar[role="warning"]::chunk { background: @warning; }
QProgressBar[role="rest"]::chunk { background: @muted; }
QProgressBar[role="danger"]::chunk { background: @danger; }
QSlider:focus { border: 2px solid @focus; border-radius: 4px; }

QMenuBar { background: @window; color: @text; padding: 0 4px; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: @selection; }
QMenu { background: @surface; color: @text; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 4px 32px 4px 24px; border-radius: 4px; min-height: 20px; }
QMenu::item:selected { background: @selection; }
QMenu::item:disabled { color: @disabled; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }
QStatusBar { background: @window; color: @muted; }
QStatusBar QLabel { color: @muted; font-size: @smallpt; padding: 0 8px; }
QStatusBar::item { border: none; }
QSizeGrip { width: 12px; height: 12px; }
QDialog { background: @window; }
"""


def font_sizes(base: float) -> dict[str, float]:
    """The four sizes, in points: small, base, heading, title."""
    return {"small": max(base - 1, 7), "base": base, "heading": base + 1, "title": base + 4}


def style_sheet(colours: Tokens, base: float) -> str:
    """The sheet for `colours` and a base size in points."""
    names = {name: str(getattr(colours, name)) for name in colours.__dataclass_fields__}
    names |= {f"{name}pt": f"{size:g}pt" for name, size in font_sizes(base if base > 0 else 10).items()}
    names |= {"icons": resource("icons").as_posix(), "tone": "dark" if colours.dark else "light"}
    sheet = _SHEET
    for name in sorted(names, key=len, reverse=True):
        sheet = sheet.replace(f"@{name}", names[name])
    return sheet
