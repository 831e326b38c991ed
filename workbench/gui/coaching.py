"""The coach in the window: what it says of a run goes into the hint bar, and what it advises into the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from workbench.core.events import RunFinished
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import TrainingPlan
from workbench.gui.background import Ticket, submit
from workbench.gui.briefing import NEW_RUN
from workbench.gui.changes import in_sentence, knobs, value_text
from workbench.gui.forms import FAMILY_TITLES
from workbench.gui.hints import HintBar, Remedy
from workbench.gui.past import Past
from workbench.studio import FAMILIES, Hint

if TYPE_CHECKING:
    from workbench.gui.main_window import MainWindow


def wanted_text(studio: Any, plan: TrainingPlan, changes: dict[str, Scalar]) -> str:
    """ "learning rate 3e-5, schedule Linear"; "" for what `plan` has no setting for."""
    known = knobs(studio, plan)
    parts = []
    for path, value in changes.items():
        if path in FAMILIES and value in FAMILIES[path].entries:
            setting, text = FAMILY_TITLES[path], tr(FAMILIES[path].entries[str(value)].title)
        elif path in known:
            setting, text = known[path].title, value_text(known[path], value)
        else:
            return ""
        parts.append(tr("{setting} {value}", setting=in_sentence(tr(setting)), value=text))
    return tr(", ").join(parts)


class Coaching(QObject):
    """Connects the coach with the hint bar, the settings and the draft."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._studio, self._draft = window, window.studio, window.session.draft
        self.bar: HintBar = window.training.hints
        self._ticket: Ticket | None = None
        self._past = ""
        self.bar.remedy_of = self.remedy
        self.bar.silent = lambda: self._studio.settings.quiet_hints
        self.bar.used.connect(self.use)
        self.bar.silenced.connect(self.silence)
        self._draft.changed.connect(lambda _plan: self.bar.refresh())
        training = window.session.training
        training.begun.connect(self._begin)
        training.hinted.connect(self._hear)
        training.ended.connect(self._end)
        window.training.shown.connect(self._look_back)

    def remedy(self, hint: Hint) -> Remedy:
        """What the button of `hint` reads, given the settings as they are now."""
        plan = self._draft.plan
        text = wanted_text(self._studio, plan, hint.changes) if plan is not None and hint.changes else ""
        if not text or plan is None:
            return Remedy("", False)
        if self._studio.changed(plan, hint.changes) == plan:
            return Remedy(tr("It is in the settings now"), False)
        return Remedy(tr("Use {changes} next time", changes=text), True)

    def use(self, hint: Hint) -> None:
        """Put the change of `hint` into the settings, for the next run."""
        plan = self._draft.plan
        if plan is None:
            return
        words = wanted_text(self._studio, plan, hint.changes)
        wanted = self._studio.changed(plan, hint.changes)
        self._draft.open(wanted, tr("Change setting"), touched=self._draft.touched | hint.changes.keys())
        self._window.messages.notify(tr("The settings now say: {changes}.", changes=words), self._take_back(wanted))

    def _take_back(self, wanted: TrainingPlan) -> Callable[[], None]:
        def undo() -> None:
            if self._draft.plan == wanted:
                self._draft.undo()

        return undo

    def silence(self, hint: Hint) -> None:
        """Never show this kind of hint again."""
        before = self._studio.settings.quiet_hints
        self._keep(tuple(dict.fromkeys((*before, hint.code))))
        text = tr("Hints like “{title}” are not shown any more.", title=hint.title)
        self._window.messages.notify(text, lambda: self._keep(before))

    def _keep(self, codes: tuple[str, ...]) -> None:
        self._window.commands.keep_settings(quiet_hints=codes)
        self.bar.refresh()

    # Runs.

    def _begin(self, _run: Any, _past: Past | None) -> None:
        self._forget()

    def _hear(self, words: list[Any]) -> None:
        for word in words:
            if word == NEW_RUN:
                self._forget()
            else:
                self.bar.take([word])

    def _end(self, last: RunFinished) -> None:
        """The coach has heard everything, but a run that was resumed twice it may know only in part: read it whole."""
        if last.proposal:  # the card that tells of the end offers the same change
            self._forget()
        elif last.outcome not in ("paused", "failed"):
            self._read(self._window.training.run_id)

    def _look_back(self, past: Past) -> None:
        if self._window.session.training.ready and past.record.id != self._past:
            self._forget()
            self._read(past.record.id)

    def _read(self, run_id: str) -> None:
        self._past, studio = run_id, self._studio
        if self._ticket is not None:
            self._ticket.cancel()

        def show(hints: list[Hint]) -> None:
            if self._window.training.run_id == run_id:
                self.bar.show_hints(hints)

        self._ticket = submit(self, lambda: studio.hints(run_id), show, lambda _error: None)

    def _forget(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
        self._past = ""
        self.bar.clear()

    def speak_again(self) -> None:
        """Another language: the hints on a run of the past are told anew."""
        if self._past:
            self._read(self._past)
