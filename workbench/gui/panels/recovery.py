"""The card after a crash: one run at a time that broke off, the newest first, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.gui import theme
from workbench.gui.announcing import announce
from workbench.gui.background import submit
from workbench.gui.panels.card import text_label
from workbench.gui.toast import close_button
from workbench.gui.wording import count_text
from workbench.gui.wrapping import WrapRow


class Broken(NamedTuple):
    """A run that broke off: its record, and what is known of going on with it (None: it cannot)."""

    record: Any
    resumable: Any


class RecoveryCard(QWidget):
    """Hidden while there is nothing to recover, or while a run is going.

    `resume_requested(run id)`; `anew_requested(plan)` for a new run with the same settings; `notified(text, undo or
    None)`; `changed()` after a run was kept, deleted or restored; `found()` after a look that found some.
    """

    resume_requested = Signal(str)
    anew_requested = Signal(object)
    notified = Signal(str, object)
    changed = Signal()
    found = Signal()

    def __init__(self, studio: Any) -> None:
        super().__init__()
        self.setObjectName("recovery")
        self._studio = studio
        self._broken: list[Broken] = []
        self._ready = True
        self._busy = False
        self._build()
        self._show()

    # What others call.

    def look(self) -> None:
        """Look for runs that broke off; in the background."""
        studio = self._studio

        def read() -> list[Broken]:
            return [Broken(record, _resumable(studio, record.id)) for record in studio.interrupted()]

        submit(self, read, self._take, lambda _error: None)  # the runs are in the list of runs all the same

    def set_ready(self, ready: bool) -> None:
        """Whether a run can be started now; the card waits until it can."""
        if ready != self._ready:
            self._ready = ready
            self._show()

    def drop(self, run_id: str) -> None:
        """The run was taken care of elsewhere."""
        self._broken = [one for one in self._broken if one.record.id != run_id]
        self._show()

    def lists(self, run_id: str) -> bool:
        """Whether the card is about this run, or will be after others."""
        return any(one.record.id == run_id for one in self._broken)

    @property
    def first(self) -> Broken | None:
        """The run that the card is about."""
        return self._broken[0] if self._broken else None

    # Inside.

    def _build(self) -> None:
        self.frame = QFrame()
        self.frame.setObjectName("recoveryCard")
        self.frame.setProperty("role", "warning")
        self.text, self.more = text_label("", "recoveryText"), text_label("muted", "recoveryMore", wrap=False)
        self.safe, self.data = text_label("muted", "recoverySafe"), text_label("", "recoveryData")
        self.later_button = close_button()
        self.later_button.clicked.connect(self._later)
        self.resume_button, self.new_button = QPushButton(), QPushButton()
        self.keep_button, self.discard_button = QPushButton(), QPushButton()
        theme.set_role(self.resume_button, "accent")
        head, words, row = QHBoxLayout(), QVBoxLayout(), WrapRow()
        words.setSpacing(theme.SPACE)
        for label in (self.text, self.safe, self.data):
            words.addWidget(label)
        head.addLayout(words, 1)
        head.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.later_button, 0, Qt.AlignmentFlag.AlignTop)
        for name, button, press in (
            ("recoveryResume", self.resume_button, self._resume),
            ("recoveryNew", self.new_button, self._anew),
            ("recoveryKeep", self.keep_button, self._keep),
            ("recoveryDiscard", self.discard_button, self._discard),
        ):
            button.setObjectName(name)
            button.clicked.connect(lambda _checked=False, press=press: press())
            row.add(button)
        column = QVBoxLayout(self.frame)
        column.setContentsMargins(theme.PAD, theme.GAP, theme.GAP, theme.PAD)
        column.setSpacing(theme.GAP)
        column.addLayout(head)
        column.addWidget(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.PAD, theme.PAD, theme.PAD, 0)
        outer.addWidget(self.frame)

    def _take(self, broken: list[Broken]) -> None:
        self._broken = broken
        self._show()
        if broken:
            self.found.emit()
        if broken and self._ready:
            announce(self, self.text.text())

    def _show(self) -> None:
        self.retranslate()
        self.setVisible(self._ready and bool(self._broken))

    def retranslate(self) -> None:
        """Speak the language in force."""
        broken = self.first
        self.later_button.setToolTip(tr("Decide later: the run stays under Runs."))
        self.later_button.setAccessibleName(tr("Decide later"))
        self.new_button.setText(tr("Start a new run"))
        self.new_button.setToolTip(tr("Train anew with the same settings, on the file as it is now."))
        self.keep_button.setText(tr("Keep the model"))
        self.keep_button.setToolTip(tr("Do not go on with this run; its best model so far is kept."))
        self.discard_button.setText(tr("Discard"))
        self.discard_button.setToolTip(tr("Move this run to the bin. It can be restored for 30 days."))
        if broken is None:
            return
        changed = broken.resumable.changed_data if broken.resumable is not None else ""
        self.resume_button.setText(tr("Continue with the old copy") if changed else tr("Resume"))
        self.resume_button.setVisible(broken.resumable is not None)
        self.new_button.setVisible(bool(changed) or broken.resumable is None)
        self.keep_button.setVisible(broken.record.best_step > 0)
        self.text.setText(_text(broken))
        self.safe.setText(_safe_text(broken))
        self.safe.setVisible(bool(self.safe.text()))
        self.data.setText(changed)
        self.data.setVisible(bool(changed))
        others = len(self._broken) - 1
        self.more.setText(trn("{number} more", "{number} more", others) if others else "")
        for button in (self.resume_button, self.new_button, self.keep_button, self.discard_button):
            button.setEnabled(not self._busy)

    # What can be done.

    def _later(self) -> None:
        self._broken = []
        self._show()

    def _resume(self) -> None:
        if self.first is not None:
            self.resume_requested.emit(self.first.record.id)

    def _anew(self) -> None:
        if self.first is not None:
            run_id = self.first.record.id
            self._do(lambda: self._studio.plan_of(run_id), self.anew_requested.emit)

    def _keep(self) -> None:
        if self.first is None:
            return
        record = self.first.record

        def done(_nothing: Any) -> None:
            self.drop(record.id)
            self.changed.emit()
            self.notified.emit(tr("The model of “{name}” is kept.", name=record.name), None)

        self._do(lambda: self._studio.keep(record.id), done)

    def _discard(self) -> None:
        if self.first is None:
            return
        broken = self.first

        def undo() -> None:
            self._do(lambda: self._studio.restore(broken.record.id), restored)

        def restored(_nothing: Any) -> None:
            self._broken.insert(0, broken)
            self._show()
            self.changed.emit()

        def done(_nothing: Any) -> None:
            self.drop(broken.record.id)
            self.changed.emit()
            self.notified.emit(tr("“{name}” was discarded.", name=broken.record.name), undo)

        self._do(lambda: self._studio.delete(broken.record.id), done)

    def _do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do `work` off the window; meanwhile nothing else can be pressed."""
        self._set_busy(True)

        def then(answer: Any) -> None:
            self._set_busy(False)
            done(answer)

        def failed(error: Exception) -> None:
            self._set_busy(False)
            self.notified.emit(str(error), None)

        submit(self, work, then, failed)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)


def _resumable(studio: Any, run_id: str) -> Any:
    try:
        return studio.resumable(run_id)
    except WorkbenchError:
        return None


def _text(broken: Broken) -> str:
    record, resumable = broken.record, broken.resumable
    steps = resumable.total_steps if resumable is not None else getattr(record, "total_steps", 0)
    said = {"name": record.name, "step": count_text(record.steps), "steps": count_text(steps)}
    if not record.steps:
        return tr("Run “{name}” stopped before its first step.", **said)
    if not steps:
        return tr("Run “{name}” stopped at step {step}.", **said)
    return tr("Run “{name}” stopped at step {step} of {steps}.", **said)


def _safe_text(broken: Broken) -> str:
    if broken.resumable is None:
        return tr("It cannot be resumed.")
    if broken.resumable.step < broken.record.steps:
        return tr("Nothing before step {step} is lost.", step=count_text(broken.resumable.step))
    return tr("Nothing is lost.")
