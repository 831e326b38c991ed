"""DataSession: the data side of the window's memory: which file is open, and what is known of it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from workbench.core.errors import Problem
from workbench.core.language import tr
from workbench.core.plan import ModelSpec, Reading, TrainingPlan
from workbench.gui.background import Lane, Ticket, submit
from workbench.gui.draft import Draft
from workbench.gui.known import Known, dataset_key, head_key, look
from workbench.gui.survey import Survey, Wait
from workbench.studio import Studio

_HEADS = 8


class DataSession(QObject):
    """Opens files and keeps the draft's data known. It asks the studio off the GUI thread.

    `head_changed(preview or None, role guess or None)`; `profiled(profile or None)`; `busy_changed(sentence or "")`;
    `refused(key, error)` for what the user should hear; `told(sentence)` is for a toast.
    """

    head_changed = Signal(object, object)
    profiled = Signal(object)
    busy_changed = Signal(str)
    refused = Signal(str, object)
    opened = Signal(str)
    told = Signal(str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.draft = Draft(self._find_problems, self)
        self.survey = Survey(studio, self)
        self.busy = ""
        self.head: Any = None
        self.roles: Any = None
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._busy_since = 0.0
        self._heads, self._rereads = Lane(self), Lane(self)
        self._opening: Ticket | None = None
        self._profiled_for: bytes = b""
        self._then: tuple[str, Callable[[], object]] | None = None  # (file, what is done once it is known)
        self.draft.changed.connect(self._follow)
        self.survey.changed.connect(self.profiled)
        self.survey.changed.connect(lambda _profile: self._call_if_known())
        self.head_changed.connect(lambda _head, _roles: self._call_if_known())
        self.survey.refused.connect(partial(self.refused.emit, "profile"))

    # Data.

    def open_file(
        self, path: str, *, action: str = "", reading: Reading | None = None, keep_values: bool = True
    ) -> None:
        """Make a draft for the file at `path`; the user's own file is only read.

        A model that the user chose stays, and with `keep_values` what the user set for its training.
        """
        if self._opening is not None:
            self._opening.cancel()
        studio, chosen = self.studio, self._chosen_model()

        def work() -> tuple[TrainingPlan, Known]:
            plan = studio.draft(path, model=chosen, reading=reading)
            return plan, look(studio, plan)

        def done(answer: tuple[TrainingPlan, Known]) -> None:
            plan, known = answer
            self._set_busy("")
            self._keep(plan, known)
            if chosen is not None and keep_values:
                self.draft.take_file(plan, action or tr("Open data"))
            else:
                self.draft.open(plan, action or tr("Open data"), touched={"model"} if chosen is not None else ())
            self.opened.emit(plan.dataset.path)

        def failed(error: Exception) -> None:
            self._set_busy("")
            self.refused.emit("open", error)

        self._set_busy(tr("Reading the file"))
        self._opening = submit(self, work, done, failed)  # not in a lane: a file that hangs must not keep others out

    def _chosen_model(self) -> ModelSpec | None:
        plan = self.draft.plan
        if plan is None or not any(name == "model" or name.startswith("model.") for name in self.draft.touched):
            return None
        card = self.studio.card(plan.model)
        usable = card.available and not any(problem.field == "model" for problem in self._errors())
        return plan.model if usable else None

    def reload(self) -> None:
        """Read the file of the draft again, because it may be another one now."""
        plan, studio = self.draft.plan, self.studio
        if plan is None or self.busy:
            return

        def done(known: Known) -> None:
            self._set_busy("")
            self._take_changed(plan, known)
            self.told.emit(tr("The file was read again."))

        def failed(error: Exception) -> None:
            self._set_busy("")
            self.refused.emit("open", error)

        self._set_busy(tr("Reading the file"))
        self._opening = submit(self, lambda: look(studio, plan), done, failed)

    def _take_changed(self, plan: TrainingPlan, known: Known) -> bool:
        """Take the new head of the file of `plan`; whether every role still has its column."""
        now = self.draft.plan
        if now is None or head_key(now) != head_key(plan):
            return False
        columns = {key: column for key, column in now.dataset.columns.items() if column in known.head.columns}
        whole = columns == now.dataset.columns
        for key, column in known.roles.columns.items():
            if not whole and key not in columns and column not in columns.values():
                columns[key] = column
        dataset = msgspec.structs.replace(now.dataset, columns=columns)
        changed = msgspec.structs.replace(now, dataset=dataset)
        self._known.clear()
        self._keep(changed, known)
        self._profiled_for = b""
        if whole:
            self._follow(now)
            self.draft.check()
        else:
            self.draft.open(changed, tr("Read the file again"), keep_touched=True)
        return whole

    @property
    def profile(self) -> Any:
        """What the look at all rows told; None if there was none, or not yet."""
        return self.survey.profile

    @property
    def unknowable(self) -> bool:
        """Whether no profile is to be expected: the rows cannot be looked at, or the user stopped the look."""
        return self.survey.state in ("unknowable", "stopped")

    @property
    def wait(self) -> Wait | None:
        """The look at data that is under way; None if there is none."""
        if self.busy:
            return Wait(self.busy, None, time.monotonic() - self._busy_since)
        return self.survey.wait

    def give_up(self) -> None:
        """Stop the look at data that is under way. What was open stays open, and no file is changed."""
        self._then = None
        if self.busy and self._opening is not None:
            self._opening.cancel()
            self._set_busy("")
        else:
            self.survey.stop()

    def rest(self) -> None:
        """Stop every look at data; for the end of the window."""
        self._then = None
        for work in (self._opening, self._rereads, self._heads):
            if work is not None:
                work.cancel()
        self.survey.stop()

    def set_reading(self, **changes: Any) -> None:
        """Read the file another way: `encoding`, `delimiter` or `header`."""
        plan = self.draft.plan
        if plan is None:
            return
        resolved = msgspec.structs.replace(plan.dataset.reading, **changes)
        self._reread(plan, resolved)

    def _reread(self, plan: TrainingPlan, reading: Reading) -> None:
        wanted = msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, reading=reading))

        def done(known: Known) -> None:
            now = self.draft.plan
            if now is None or now.dataset.path != plan.dataset.path:
                return
            columns = now.dataset.columns
            if any(column not in known.head.columns for column in columns.values()):
                columns = known.roles.columns
            dataset = msgspec.structs.replace(now.dataset, reading=reading, columns=columns)
            changed = msgspec.structs.replace(now, dataset=dataset)
            self._keep(changed, known)
            self.draft.open(changed, tr("Change reading"), keep_touched=True)

        studio = self.studio
        failed = partial(self.refused.emit, "open")
        self._rereads.submit(lambda _ticket: look(studio, wanted), done, failed)

    def set_column(self, field: str, column: str) -> None:
        """Let `column` play the role `field`; "" for none. A column plays one role."""
        plan = self.draft.plan
        if plan is None:
            return
        columns = {key: value for key, value in plan.dataset.columns.items() if value != column or not column}
        columns[field] = column
        columns = {key: value for key, value in columns.items() if value}
        dataset = msgspec.structs.replace(plan.dataset, columns=columns)
        self.draft.open(msgspec.structs.replace(plan, dataset=dataset), tr("Choose column"), keep_touched=True)

    def set_task(self, task: str) -> None:
        """Another task for the same file; its columns are guessed anew."""
        plan = self.draft.plan
        if plan is None or plan.task.name == task:
            return
        submit(
            self,
            lambda: self.studio.with_task(plan, task),
            lambda changed: self.draft.open(changed, tr("Choose task"), keep_touched=True),
            partial(self.refused.emit, "open"),
        )

    def relearn(self) -> None:
        """Look at the data again, e.g. because reasons and findings are to be spoken in another language."""
        self._known.clear()
        self._profiled_for = b""
        if self.draft.plan is not None:
            self._follow(self.draft.plan)
            self.draft.check()

    def _follow(self, plan: TrainingPlan) -> None:
        known = self._known.get(head_key(plan))
        if known is not None:
            self._show(known)
        else:
            self._fetch(plan)
        wanted = dataset_key(plan)
        if wanted != self._profiled_for:
            self._profiled_for = wanted
            self.survey.look(plan)

    def _fetch(self, plan: TrainingPlan) -> None:
        if self.head is not None and self.head.path != plan.dataset.path:
            self.head_changed.emit(None, None)
        self.head = self.roles = None
        studio = self.studio

        def done(known: Known) -> None:
            self._keep(plan, known)
            if self.draft.plan is not None and head_key(self.draft.plan) == head_key(plan):
                self._show(known)
                self.draft.check()

        self._heads.submit(lambda _ticket: look(studio, plan), done, partial(self.refused.emit, "open"))

    def _keep(self, plan: TrainingPlan, known: Known) -> None:
        self._known[head_key(plan)] = known
        while len(self._known) > _HEADS:
            self._known.popitem(last=False)

    def _show(self, known: Known) -> None:
        if known.head is not self.head:
            self.head, self.roles = known.head, known.roles
            self.head_changed.emit(known.head, known.roles)

    def _find_problems(self, plan: TrainingPlan) -> list[Problem]:
        known = self._known.get(head_key(plan))
        return self.studio.problems(plan, known.head) if known is not None else []

    def _set_busy(self, sentence: str) -> None:
        self.busy, self._busy_since = sentence, time.monotonic()
        self.busy_changed.emit(sentence)

    def when_known(self, call: Callable[[], object]) -> None:
        """Call `call` once head and rows of the draft's file were looked at; not if that is given up."""
        if self.draft.plan is not None:
            self._then = (self.draft.plan.dataset.path, call)
            self._call_if_known()

    def _call_if_known(self) -> None:
        plan, then = self.draft.plan, self._then
        if then is None or plan is None or self.head is None or self.busy or self.survey.state == "looking":
            return
        self._then = None
        if plan.dataset.path == then[0]:
            then[1]()

    def _errors(self) -> list[Problem]:
        return [problem for problem in self.draft.current_problems if problem.severity == "error"]
