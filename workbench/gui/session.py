"""Session: the window's memory. What is known of the data, what stands in the way of training, and the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal

from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.gui.background import submit
from workbench.gui.data_session import DataSession
from workbench.gui.draft import changed_plan, with_choice
from workbench.gui.known import Known, head_key, look, stamp_of
from workbench.gui.training_session import Begun, State, TrainingSession
from workbench.studio import Studio


class Session(DataSession):
    """The data session with its training: `train` makes a run of the draft, `training` is the run's life.

    `state_changed(state)`, `run_begun(run, past or None)`, `run_events(list)` and `run_ended(RunFinished)` are the
    training's. `about_to_train()` asks for what is still being typed; `refusal_changed()` comes with another `refusal`;
    `prepared()` when the engine has been imported.
    """

    refusal_changed = Signal()
    about_to_train = Signal()
    prepared = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.refusal = ""
        self.training = TrainingSession(studio, self)
        self.training.refused.connect(self.refused)
        self.state_changed = self.training.state_changed
        self.run_begun, self.run_events = self.training.begun, self.training.events
        self.run_ended = self.training.ended
        self.bridge = self.training.bridge

    @property
    def state(self) -> State:
        """What the training is doing."""
        return self.training.state

    # Settings.

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

    # What stands in the way.

    @property
    def obstacle(self) -> str:
        """Why Train cannot be pressed now, in one sentence; "" if it can."""
        if self.training.errand:
            return self.training.errand
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

    def set_refusal(self, sentence: str) -> None:
        """Why what stands in a field of the settings cannot be used; "" if all can."""
        if sentence != self.refusal:
            self.refusal = sentence
            self.refusal_changed.emit()

    # Training.

    def train(self) -> bool:
        """Start a run of the draft; a file that changed is read first. False if something stands in the way."""
        self.about_to_train.emit()
        plan, studio = self.draft.plan, self.studio
        if not self.training.ready or plan is None or self.obstacle:
            return False
        known = self._known.get(head_key(plan))
        stamp = known.stamp if known is not None else None
        self._then = None

        def make() -> Any:
            if stamp is not None and stamp_of(plan) != stamp:
                return look(studio, plan)
            return Begun(studio.start(plan))

        def take(answer: Any) -> Begun | None:
            if isinstance(answer, Begun):
                return answer
            self._read_first(plan, answer)
            return None

        return self.training.start(make, take)

    def _read_first(self, plan: TrainingPlan, known: Known) -> None:
        if self._take_changed(plan, known) and not self.training.wish:
            self.told.emit(tr("The file has changed. It is read again, then the training begins."))
            self.when_known(self.train)
        else:
            self.told.emit(tr("The file has changed and was read again. Look at its columns before you train."))

    def train_anew(self, plan: TrainingPlan, changes: Mapping[str, Scalar] | None = None) -> None:
        """Put `plan` with `changes` into the draft, from where it can be undone, and start a run of it."""
        draft, changes = self.draft, dict(changes or {})
        now = draft.plan
        name = now.name if now is not None and now.dataset.path == plan.dataset.path else ""
        wanted = changed_plan(msgspec.structs.replace(plan, name=name), changes)
        if now != wanted:
            touched = draft.touched | changes.keys() if now is not None and now.dataset == plan.dataset else changes
            draft.open(wanted, tr("Try again"), touched=touched)
        self.when_known(self.train)

    def pause(self) -> None:
        """See TrainingSession."""
        self.training.pause()

    def stop(self) -> None:
        """See TrainingSession."""
        self.training.stop()

    def prepare(self) -> None:
        """Import the engine in the background, so that the first run starts sooner."""
        work: Callable[[], None] = self.studio.prepare
        submit(self, work, lambda _nothing: self.prepared.emit(), partial(self.refused.emit, "engine"))
