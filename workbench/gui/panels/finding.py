"""One finding about the data: how grave, what, why it matters, in which rows, and what one click does about it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from workbench.core.language import mark, tr, trn
from workbench.gui import theme
from workbench.gui.eliding import ElidedButton
from workbench.gui.folding import Fold
from workbench.gui.panels.card import text_label

_SEVERITIES = {"error": mark("Problem"), "warning": mark("Warning"), "info": mark("Note")}
_ROLES = {"error": "danger", "warning": "warning"}
_MASKED = "personal-data"
_LISTED = 3  # row numbers on the button


class FindingRow(QFrame):
    """Shows `finding`. `fix_requested(fix)` and `rows_requested()` when one of its buttons is pressed.
    `look_requested()`: before texts are masked, the user wants to see what that does to them.

    `name` tells its buttons from those of other findings.
    """

    fix_requested = Signal(object)
    rows_requested = Signal()
    look_requested = Signal()

    def __init__(self, finding: Any, name: str) -> None:
        super().__init__()
        self.finding = finding
        self.setObjectName(f"finding-{name}")
        self.setProperty("role", _ROLES.get(finding.severity, "inset"))
        self._name = name
        self._severity = text_label("badge", wrap=False)
        self._severity.setMinimumSize(0, theme.TARGET - theme.SPACE)  # never narrower than its word
        self._severity.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.rows_button = ElidedButton()
        self.rows_button.setObjectName(f"rows-{name}")
        self.rows_button.setProperty("role", "quiet")
        self.rows_button.clicked.connect(self.rows_requested)
        self.fix_buttons = [self._fix_button(place, fix) for place, fix in enumerate(finding.fixes)]
        self.look_button = ElidedButton()
        self.look_button.setObjectName(f"look-{name}")
        self.look_button.setProperty("role", "quiet")
        self.look_button.setVisible(finding.code == _MASKED)
        self.look_button.clicked.connect(self.look_requested)
        self._done = text_label("small", f"done-{name}")
        self._place()
        self.retranslate()

    def _place(self) -> None:
        finding = self.finding
        head = QHBoxLayout()
        head.setSpacing(theme.GAP)
        head.addWidget(self._severity, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addStretch()
        head.addWidget(self.rows_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.PAD, theme.GAP, theme.PAD, theme.GAP)
        column.setSpacing(theme.SPACE)
        column.addLayout(head)
        column.addWidget(_sentence(finding.message, "small", f"message-{self._name}"))
        if finding.why:
            column.addWidget(_sentence(finding.why, "muted", f"why-{self._name}"))
        self._buttons = QWidget(self)
        fixes = QVBoxLayout(self._buttons)
        fixes.setContentsMargins(0, theme.SPACE, 0, theme.SPACE)
        fixes.setSpacing(theme.SPACE)
        for button in (*self.fix_buttons, self.look_button):
            fixes.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._buttons)
        self._buttons.setVisible(bool(self.fix_buttons))
        column.addWidget(self._done)
        self._done.hide()

    def _fix_button(self, place: int, fix: Any) -> QPushButton:
        button = ElidedButton(fix.title)
        button.setObjectName(f"fix-{self._name}-{place}")
        button.setProperty("role", "" if place == 0 else "quiet")  # the first is the one to recommend
        button.clicked.connect(lambda: self.fix_requested.emit(fix))
        return button

    def show_done(self, done: str | None) -> None:
        """Show that `done` was done about it: then there is nothing left to press. None: nothing was done yet."""
        self._buttons.setVisible(bool(self.fix_buttons) and done is None)
        self._done.setVisible(done is not None)
        self._done.setText(f"✓ {done}")

    def first_button(self) -> QPushButton | None:
        """The first button that can be pressed; None if there is none."""
        buttons = [self.rows_button, *self.fix_buttons]
        return next((button for button in buttons if button.isVisibleTo(self)), None)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()

    def retranslate(self) -> None:
        """Set every text of its own in the language spoken now; the finding brings its own sentences."""
        finding = self.finding
        self._severity.setText(tr(_SEVERITIES[finding.severity]))
        self.rows_button.setVisible(bool(finding.rows))
        if finding.rows:
            caption = rows_caption(finding)
            self.rows_button.set_words(caption, tr("Show these rows: {rows}", rows=caption))
            self.rows_button.setAccessibleName(tr("Show these rows: {rows}", rows=caption))
        self.look_button.set_words(
            tr("See what is masked…"), tr("Show texts before and after, and choose what is masked.")
        )
        for button in self.fix_buttons:
            button.setAccessibleName(button.words)
            button.setAccessibleDescription(finding.message)


class NotesFold(Fold):
    """What is only worth knowing, folded under its number, so that what matters stands out."""

    def __init__(self, body: QWidget) -> None:
        self._count = 0
        super().__init__("", "notesFold", body)
        self.hide()

    def show_count(self, count: int, *, alone: bool) -> None:
        """Show that there are `count` notes. They are unfolded if they stand `alone`."""
        if count and alone and not self._count:
            self.unfold()
        self._count = count
        self.setVisible(count > 0)
        self.retranslate()

    def retranslate(self) -> None:
        """Set every text in the language spoken now."""
        text = trn("{number} note", "{number} notes", self._count)
        self.button.setText(text)
        self.button.setAccessibleName(text)


def rows_caption(finding: Any) -> str:
    """Which rows a finding is about, e.g. "Rows 3, 8, 12 … (1,204)"."""
    count = max(finding.count, len(finding.rows))
    if count == 1:
        return tr("Row {row}", row=f"{finding.rows[0]:,}")
    listed = ", ".join(str(row) for row in finding.rows[:_LISTED])
    if count <= _LISTED:
        return tr("Rows {rows}", rows=listed)
    return tr("Rows {rows} … ({count})", rows=listed, count=f"{count:,}")


def done_about(finding: Any, plan: Any, studio: Any, *, settled: bool, fresh: bool) -> str | None:
    """What `plan` does about `finding` already, in words; None for nothing. `settled` says that a setting does.

    A `fresh` finding was made of rows that the plan's mends have been through: a mend may have to be made once more.
    """
    for fix in finding.fixes:
        if studio.with_fix(plan, fix) == plan or (not fresh and fix.mend in plan.dataset.mends):
            return str(fix.title)
    return tr("The settings take care of it.") if settled else None


def _sentence(text: str, role: str, name: str) -> QLabel:
    label = text_label(role, name)
    label.setText(text)
    return label
