"""What the coach says of the curves: one quiet line above the plots, with one change to try."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.panels.card import text_label
from workbench.gui.wrapping import WrapRow
from workbench.studio import Hint, HintChange


class Remedy(NamedTuple):
    """The button of a hint: its words ("" for no button), and whether there is still something to change."""

    caption: str
    possible: bool


class HintBar(QFrame):
    """Shows one hint at a time. `used(hint)` asks for its change, `silenced(hint)` never to show its kind again.

    `remedy_of(hint)` and `silent()`, the codes that are not shown, are set by whoever knows them. The bar never takes
    the focus.
    """

    used = Signal(object)
    silenced = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hintBar")
        self.setProperty("role", "inset")
        self.remedy_of: Callable[[Hint], Remedy] = lambda _hint: Remedy("", False)
        self.hints: list[Hint] = []
        self._put_away: set[str] = set()
        self.silent: Callable[[], Iterable[str]] = lambda: ()
        self._told = ""
        self.title, self.text = text_label("heading", "hintTitle"), text_label("small", "hintText")
        self.use_button, self.more_button, self.silence_button, self.close_button = (QPushButton() for _ in range(4))
        self._build()
        self.retranslate()

    # What others call.

    @property
    def hint(self) -> Hint | None:
        """The hint that is shown."""
        shown = self._shown()
        return shown[0] if shown else None

    def show_hints(self, hints: Iterable[Hint]) -> None:
        """Show these, the first of them first; those that were put away stay away."""
        self.hints = list(hints)
        self.refresh()

    def take(self, changes: Iterable[HintChange]) -> None:
        """Hints that are new, or gone."""
        for change in changes:
            self.hints = [hint for hint in self.hints if hint.code != change.hint.code]
            if not change.gone:
                self.hints.append(change.hint)
        self.refresh()

    def clear(self) -> None:
        """Another run: nothing is known of it, and nothing was put away."""
        self.hints, self._told = [], ""
        self._put_away.clear()
        self.refresh()

    def refresh(self) -> None:
        """Show what is to be shown now."""
        shown = self._shown()
        if not shown:
            self._leave()
            return
        hint = shown[0]
        theme.set_role(self, "warning" if hint.severity == "warning" else "inset")
        self.title.setText(hint.title)
        self.text.setText(tr("{first} {second}", first=hint.evidence, second=hint.advice))
        remedy = self.remedy_of(hint)
        self.use_button.setText(remedy.caption)
        self.use_button.setVisible(bool(remedy.caption))
        self.use_button.setEnabled(remedy.possible)
        more = len(shown) - 1
        self.more_button.setText(trn("{number} more", "{number} more", more))
        self.more_button.setVisible(more > 0)
        self.setAccessibleName(hint.title)
        self.setAccessibleDescription(self.text.text())
        self.setVisible(True)
        if hint.title != self._told:
            self._told = hint.title
            announce(self, f"{hint.title}\n{self.text.text()}")

    def retranslate(self) -> None:
        """Speak the language in force; the hints stay as they were told."""
        self.more_button.setToolTip(tr("Show the next hint."))
        self.silence_button.setText(tr("Do not show this again"))
        self.silence_button.setToolTip(tr("Hints of this kind stay away until you want them back in the preferences."))
        self.close_button.setText(tr("Hide"))
        self.close_button.setAccessibleName(tr("Hide this hint"))
        self.refresh()

    # Inside.

    def _build(self) -> None:
        for button, name in (
            (self.use_button, "hintUse"),
            (self.more_button, "hintMore"),
            (self.silence_button, "hintSilence"),
            (self.close_button, "hintHide"),
        ):
            button.setObjectName(name)
            theme.set_role(button, "" if button is self.use_button else "quiet")
        self.use_button.clicked.connect(lambda: self.used.emit(self.hint))
        self.more_button.clicked.connect(self._show_next)
        self.silence_button.clicked.connect(lambda: self.silenced.emit(self.hint))
        self.close_button.clicked.connect(self._hide_one)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.more_button)
        head.addWidget(self.close_button)
        foot = WrapRow()
        foot.add(self.use_button)
        foot.add(self.silence_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.PAD, theme.SPACE, theme.SPACE, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addLayout(head)
        column.addWidget(self.text)
        column.addWidget(foot)

    def _shown(self) -> list[Hint]:
        hidden = self._put_away.union(self.silent())
        return [hint for hint in self.hints if hint.code not in hidden]

    def _show_next(self) -> None:
        shown = self._shown()
        first = shown[0]
        self.hints = [*[hint for hint in self.hints if hint is not first], first]
        self.refresh()

    def _hide_one(self) -> None:
        if self.hint is not None:
            self._put_away.add(self.hint.code)
        self.refresh()

    def _leave(self) -> None:
        window = self.window()
        focus = window.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        self.setVisible(False)
        if had_focus:
            window.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
