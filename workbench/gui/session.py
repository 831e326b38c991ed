"""Session: the window's memory. It asks the studio off the GUI thread and tells the panels what is known."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from workbench.core.errors import Problem
from workbench.core.events import RunFinished
from workbench.core.language import tr
from workbench.core.plan import ModelSpec, Reading, TrainingPlan
from workbench.gui.background import Lane, Ticket, submit
from workbench.gui.bridge import RunBridge
from workbench.gui.draft import Draft, with_choice
from workbench.gui.known import Known, dataset_key, head_key, look, stamp_of
from workbench.gui.survey import Survey, Wait
from workbench.studio import Studio

State = Literal["idle", "starting", "running", "stopping"]

_HEADS = 8


class Session(QObject):
    """Opens files, keeps the draft's data known, and starts and stops runs.

    `head_changed(preview or None, role guess or None)`; `profiled(profile or None)`; `busy_changed(sentence or "")`;
    `refused(key, error)` for what the user should hear; `state_changed(state)`; `run_begun(run)`; `run_events(list)`;
    `run_ended(RunFinished)`. `told(sentence)` is for a toast; `about_to_train()` asks for what is still being typed.
    """

    head_changed = Signal(object, object)
    profiled = Signal(object)
    busy_changed = Signal(str)
    refused = Signal(str, object)
    opened = Signal(str)
    told = Signal(str)
    refusal_changed = Signal()
    about_to_train = Signal()
    state_changed = Signal(str)
    run_begun = Signal(object)
    run_events = Signal(list)
    run_ended = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.draft = Draft(self._find_problems, self)
        self.bridge = RunBridge(self)
        self.survey = Survey(studio, self)
        self.state: State = "idle"
        self.busy = self.refusal = ""
        self.head: Any = None
        self.roles: Any = None
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._busy_since = 0.0
        self._heads, self._rereads = Lane(self), Lane(self)
        self._opening: Ticket | None = None
        self._profiled_for: bytes = b""
        self._stop_wanted = False
        self._train_when_known = ""  # the file that changed, and is looked at before the run begins
        self.draft.changed.connect(self._follow)
        self.survey.changed.connect(self.profiled)
        self.survey.changed.connect(lambda _profile: self._train_changed())
        self.survey.refused.connect(partial(self.refused.emit, "profile"))
        self.bridge.events.connect(self.run_events)
        self.bridge.finished.connect(self._end)
        self.bridge.broke.connect(partial(self.refused.emit, "late"))

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
        self._train_when_known = ""
        if self.busy and self._opening is not None:
            self._opening.cancel()
            self._set_busy("")
        else:
            self.survey.stop()

    def rest(self) -> None:
        """Stop every look at data; for the end of the window."""
        self._train_when_known = ""
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

    def set_model(self, spec: ModelSpec) -> None:
        """Another model, with the values that suit it for whatever the user did not touch."""
        plan = self.draft.plan
        if plan is not None and spec != plan.model:
            self.draft.take_defaults(self.studio.with_model(plan, spec), tr("Choose model"), "model")

    def set_family(self, group: str, name: str) -> None:
        """Another loss, optimizer or schedule, its knobs at their defaults."""
        plan = self.draft.plan
        if plan is not None and getattr(plan, group).name != name:
            self.draft.open(with_choice(plan, group, name), tr("Change setting"), keep_touched=True)

    def suggested(self, group: str, name: str) -> Any:
        """The suggested value of a knob that depends on the model; None if the option's own default holds."""
        plan = self.draft.plan
        if plan is None or group != "plan" or name not in ("learning_rate", "epochs"):
            return None
        if name == "epochs":
            sample = next((one for one in self.studio.samples() if one.path == plan.dataset.path), None)
            if sample:
                return max(sample.epochs, self.studio.card(plan.model).epochs)
        return getattr(self.studio.card(plan.model), name)

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

    # Runs.

    @property
    def obstacle(self) -> str:
        """Why Train cannot be pressed now, in one sentence; "" if it can."""
        if self.busy:
            return self.busy
        if self.draft.plan is None:
            return tr("Choose data first: open a file, drop one here, or take a sample.")
        if self.head is None:
            return tr("Reading the file")
        errors = self._errors()
        if errors or self.refusal:
            return str(errors[0]) if errors else self.refusal
        return self._lack

    @property
    def _lack(self) -> str:
        """What the rows lack for training; "" if nothing, or if they are not known."""
        profile = self.profile
        if profile is None:
            return ""
        findings = (finding.message for finding in profile.findings if finding.severity == "error")
        too_few = tr("At least two rows that can be used are needed.") if profile.read < 2 else ""
        return next(findings, too_few)

    def _errors(self) -> list[Problem]:
        return [problem for problem in self.draft.current_problems if problem.severity == "error"]

    def set_refusal(self, sentence: str) -> None:
        """Why what stands in a field of the settings cannot be used; "" if all can."""
        if sentence != self.refusal:
            self.refusal = sentence
            self.refusal_changed.emit()

    def train(self) -> bool:
        """Start a run of the draft; a file that changed is read first. False if something stands in the way."""
        self.about_to_train.emit()
        plan, studio = self.draft.plan, self.studio
        if self.state != "idle" or plan is None or self.obstacle:
            return False
        known = self._known.get(head_key(plan))
        stamp = known.stamp if known is not None else None
        self._stop_wanted, self._train_when_known = False, ""
        self._set_state("starting")

        def work() -> Any:
            if stamp is not None and stamp_of(plan) != stamp:
                return look(studio, plan)
            return studio.start(plan)

        def done(answer: Any) -> None:
            if isinstance(answer, Known):
                self._read_first(plan, answer)
            else:
                self._begin(answer)

        submit(self, work, done, self._not_started)
        return True

    def _read_first(self, plan: TrainingPlan, known: Known) -> None:
        self._set_state("idle")
        if self._take_changed(plan, known) and not self._stop_wanted:
            self._train_when_known = plan.dataset.path
            self.told.emit(tr("The file has changed. It is read again, then the training begins."))
        else:
            self.told.emit(tr("The file has changed and was read again. Look at its columns before you train."))

    def _train_changed(self) -> None:
        plan, wanted = self.draft.plan, self._train_when_known
        if wanted and self.survey.state != "looking":
            self._train_when_known = ""
            if plan is not None and plan.dataset.path == wanted:
                self.train()

    def _begin(self, run: Any) -> None:
        self._set_state("stopping" if self._stop_wanted else "running")
        self.run_begun.emit(run)
        self.bridge.start(run)
        if self._stop_wanted:
            self.bridge.stop()

    def _not_started(self, error: Exception) -> None:
        self._set_state("idle")
        self.refused.emit("train", error)

    def stop(self) -> None:
        """End the run after its step; what was learned is kept."""
        if self.state in ("starting", "running"):
            self._stop_wanted = True
            if self.state == "running":
                self._set_state("stopping")
            self.bridge.stop()

    def _end(self, last: RunFinished) -> None:
        self._set_state("idle")
        self.run_ended.emit(last)

    def _set_state(self, state: State) -> None:
        self.state = state
        self.state_changed.emit(state)

    def prepare(self) -> None:
        """Import the engine in the background, so that the first run starts sooner."""
        work: Callable[[], None] = self.studio.prepare
        submit(self, work, lambda _nothing: None, partial(self.refused.emit, "engine"))
