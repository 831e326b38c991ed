"""The menus: every action once, with its key. Texts are set in `retranslate`, what they do is the window's business."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from workbench.core.language import LANGUAGES, mark, tr

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow

Spec = tuple[str, str, tuple[str, ...]]  # name, English title, keys

_MENUS: tuple[tuple[str, str, tuple[Spec | str | None, ...]], ...] = (
    (
        "file",
        mark("&File"),
        (
            ("open", mark("&Open data…"), ("Ctrl+O",)),
            ("openFolder", mark("Open a folder of te&xts…"), ("Ctrl+Shift+O",)),
            "recent",
            "samples",
            None,
            ("workspace", mark("Show &workspace folder"), ()),
            ("preferences", mark("&Preferences…"), ("Ctrl+,",)),
            None,
            ("quit", mark("&Quit"), ("Ctrl+Q",)),
        ),
    ),
    (
        "edit",
        mark("&Edit"),
        (
            ("undo", mark("&Undo"), ("Ctrl+Z",)),
            ("redo", mark("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y")),
            None,
            ("paste", mark("&Paste data"), ("Ctrl+V",)),
            ("suggested", mark("&Back to suggested settings"), ("Ctrl+N",)),
        ),
    ),
    (
        "model",
        mark("&Model"),
        (
            ("pickModel", mark("&Choose model"), ("Ctrl+M",)),
            ("modelFolder", mark("Model from a &folder…"), ()),
            ("download", mark("&Download from the hub…"), ()),
        ),
    ),
    (
        "data",
        mark("&Data"),
        (
            ("reload", mark("Read the file &again"), ("F5", "Ctrl+R")),
            ("preview", mark("&Larger preview"), ()),
            ("find", mark("&Find rows…"), ("Ctrl+F",)),
            ("reading", mark("How the file is &read"), ()),
        ),
    ),
    (
        "run",
        mark("&Run"),
        (
            ("train", mark("&Train"), ("Ctrl+Return", "Ctrl+Enter")),
            ("sweep", mark("Try se&veral settings…"), ("Ctrl+Shift+Return", "Ctrl+Shift+Enter")),
            None,
            ("pause", mark("&Pause"), ("Ctrl+P",)),
            ("resume", mark("&Resume"), ("Ctrl+Shift+P",)),
            ("stop", mark("&Stop and keep the model"), ("Ctrl+.",)),
            ("discard", mark("&Discard this run"), ("Ctrl+Shift+D",)),
        ),
    ),
    (
        "view",
        mark("&View"),
        (
            ("tab0", mark("&Training"), ("Ctrl+1",)),
            ("tab1", mark("&Inference"), ("Ctrl+2",)),
            ("tab2", mark("&Runs"), ("Ctrl+3",)),
            None,
            "theme",
            "language",
            None,
            ("messages", mark("&Messages so far"), ()),
            ("dismiss", mark("&Close message"), ("Esc",)),
        ),
    ),
    (
        "help",
        mark("&Help"),
        (
            ("keys", mark("&Keyboard shortcuts"), ("F1",)),
            ("about", mark("&About Model Workbench"), ()),
        ),
    ),
)
_SUBMENUS = {
    "recent": mark("Open &recent"),
    "samples": mark("&Samples"),
    "theme": mark("T&heme"),
    "language": mark("&Language"),
}
THEMES = {"system": mark("As the system"), "light": mark("Light"), "dark": mark("Dark")}


class Actions:
    """Builds the window's menu bar. `by_name["train"]` is the action of that name; connect its `triggered`."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.by_name: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        self._titles: list[tuple[QMenu | QAction, str]] = []
        for name, title, entries in _MENUS:
            menu = self._menu(name, title)
            window.menuBar().addMenu(menu)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                elif isinstance(entry, str):
                    menu.addMenu(self._menu(entry, _SUBMENUS[entry]))
                else:
                    menu.addAction(self._action(*entry))
        self.themes = self._choices("theme", THEMES)
        self.languages = self._choices("language", {"": THEMES["system"], **LANGUAGES})
        self.retranslate()

    def _menu(self, name: str, title: str) -> QMenu:
        menu = QMenu(self._window)
        menu.setObjectName(f"menu-{name}")
        self.menus[name] = menu
        self._titles.append((menu, title))
        return menu

    def _action(self, name: str, title: str, keys: tuple[str, ...]) -> QAction:
        action = QAction(self._window)
        action.setObjectName(f"action-{name}")
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setMenuRole(QAction.MenuRole.NoRole)
        if name == "quit":
            action.setMenuRole(QAction.MenuRole.QuitRole)
        elif name == "preferences":
            action.setMenuRole(QAction.MenuRole.PreferencesRole)
        elif name == "about":
            action.setMenuRole(QAction.MenuRole.AboutRole)
        self.by_name[name] = action
        self._titles.append((action, title))
        return action

    def _choices(self, menu: str, titles: dict[str, str]) -> QActionGroup:
        group = QActionGroup(self._window)
        for value, title in titles.items():
            action = QAction(self._window)
            action.setObjectName(f"action-{menu}-{value or 'system'}")
            action.setCheckable(True)
            action.setData(value)
            group.addAction(action)
            self.menus[menu].addAction(action)
            self._titles.append((action, title))
        return group

    def check(self, group: QActionGroup, value: str) -> None:
        """Mark the choice `value`."""
        for action in group.actions():
            action.setChecked(action.data() == value)

    def fill(self, menu: str, entries: list[tuple[str, str, Callable[[], None]]], empty: str) -> None:
        """Fill a submenu with (object name, title, call); `empty` is shown, disabled, if there are none."""
        target = self.menus[menu]
        target.clear()
        for name, title, call in entries:
            action = target.addAction(title)
            action.setObjectName(name)
            action.triggered.connect(lambda _checked=False, call=call: call())
        if not entries:
            target.addAction(empty).setEnabled(False)

    def show_recent(self, paths: tuple[str, ...], call: Callable[[str], None]) -> None:
        """Fill the list of recent files; missing ones are shown but cannot be chosen."""
        entries = [
            (f"recent-{place}", Path(path).name, lambda path=path: call(path)) for place, path in enumerate(paths)
        ]
        self.fill("recent", entries, tr("No files yet"))
        for action, path in zip(self.menus["recent"].actions(), paths, strict=False):
            action.setToolTip(path)
        self.menus["recent"].setToolTipsVisible(True)

    def show_history(self, undo: str, redo: str) -> None:
        """Name what undo and redo would do."""
        for name, bare, named, what in (
            ("undo", tr("&Undo"), mark("&Undo: {action}"), undo),
            ("redo", tr("&Redo"), mark("&Redo: {action}"), redo),
        ):
            self.by_name[name].setEnabled(bool(what))
            self.by_name[name].setText(tr(named, action=what) if what else bare)

    def sheet(self) -> list[tuple[str, str]]:
        """(what, keys) of every action that has a key, for the keyboard sheet."""
        rows = []
        for action in self.by_name.values():
            keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()[:2]]
            if keys:
                rows.append((action.text().replace("&", ""), ", ".join(keys)))
        return rows

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        for part, title in self._titles:
            if isinstance(part, QMenu):
                part.setTitle(tr(title))
            else:
                part.setText(tr(title) if title not in LANGUAGES.values() else title)
