"""Choosing: what there is to choose from, the user's data, and plans made of both."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.forecasts import Forecast
from workbench.core.language import language, tr
from workbench.core.plan import ModelSpec, Reading, TrainingPlan
from workbench.core.registry import Entry
from workbench.data.preview import Preview, preview
from workbench.data.profile import Profile, profile
from workbench.data.readers import read_table
from workbench.data.roles import RoleGuess, guess_roles, guess_task
from workbench.data.script import mostly_wide
from workbench.data.table import Table
from workbench.engine.token_view import TokenView
from workbench.store import safe_io
from workbench.store.settings import Settings
from workbench.studio import catalog, declarations, drafting, exports, splitting
from workbench.studio.catalog import ModelCard, Sample
from workbench.studio.declarations import OptionGroup, TaskInfo
from workbench.studio.forecasting import Forecaster
from workbench.studio.mending import Mending
from workbench.studio.splitting import SplitPreview
from workbench.studio.tokens import LanguageShare, Tokenizing, TokenLengths


class Choosing(Mending):
    """Everything before a run. Methods that read files say so: call them off the window."""

    # What there is to choose from: costs nothing.

    def tasks(self) -> Mapping[str, TaskInfo]:
        """{id: declaration} of every task."""
        return declarations.task_infos()

    def losses(self) -> Mapping[str, Entry[Any]]:
        """Every loss; `TaskInfo.losses` names those that fit a task."""
        return declarations.entries("loss")

    def optimizers(self) -> Mapping[str, Entry[Any]]:
        """Every optimizer."""
        return declarations.entries("optimizer")

    def schedules(self) -> Mapping[str, Entry[Any]]:
        """Every schedule of the learning rate."""
        return declarations.entries("schedule")

    def tunings(self) -> Mapping[str, Entry[Any]]:
        """Every choice of which weights learn."""
        return declarations.entries("tuning")

    def plan_options(self, plan: TrainingPlan) -> tuple[OptionGroup, ...]:
        """Every knob that `plan` has, in groups."""
        return declarations.option_groups(plan)

    def splits(self) -> Mapping[str, Entry[Any]]:
        """Every way of keeping rows aside for validation."""
        return splitting.splits()

    def samples(self) -> tuple[Sample, ...]:
        """The data sets that come with the workbench."""
        return catalog.samples()

    def first_sample(self) -> Sample:
        """The sample for someone who has chosen nothing yet: in the language spoken now."""
        spoken = "zh" if language() == "zh_CN" else "en"
        return next(sample for sample in self.samples() if sample.language == spoken)

    def catalog(self) -> tuple[ModelCard, ...]:
        """The models of the picker, with what is missing for each."""
        return tuple(self._available(card) for card in catalog.model_cards())

    def card(self, spec: ModelSpec) -> ModelCard:
        """The card of `spec`; a plain one for a folder or hub id that the catalogue does not know."""
        for card in self.catalog():
            same_source = card.spec.source == spec.source and card.spec.location == spec.location
            if same_source and (spec.source != "scratch" or card.spec.options == spec.options):
                return card
        if spec.source == "scratch":
            base = next(card for card in self.catalog() if card.spec.source == "scratch")
            return msgspec.structs.replace(base, spec=spec)
        title = Path(spec.location).name if spec.source == "folder" else spec.location
        card = ModelCard(id=spec.location, spec=spec, title=title, tasks=tuple(self.tasks()), learning_rate=5e-5)
        return self._available(card)

    # Data: reads the user's file, never writes to it.

    def preview(self, path: str | Path, reading: Reading | None = None, *, rows: int = 20) -> Preview:
        """The head of the file and how it was read. Raises WorkbenchError."""
        return preview(Path(path).absolute(), reading or Reading(), rows=rows)

    def guess_task(self, preview: Preview) -> str:
        """The id of the task that the file looks made for."""
        return guess_task(preview)

    def guess_roles(self, preview: Preview, task: str) -> RoleGuess:
        """Which column plays which role in `task`, how sure, and why."""
        return guess_roles(preview, self.tasks()[task].fields)

    def profile(self, plan: TrainingPlan, progress: Callable[[float], None] | None = None) -> Profile:
        """Counts, classes, lengths and findings over the whole file. `progress` hears 0 to 1, and may raise to cancel.

        Raises WorkbenchError.
        """
        return profile(
            plan.dataset,
            self.tasks()[plan.task.name].fields,
            progress=progress,
            seed=plan.seed,
            max_length=plan.max_length,
        )

    def split_preview(self, plan: TrainingPlan, progress: Callable[[float], None] | None = None) -> SplitPreview:
        """Rows and classes of each part that a run of `plan` would have. Reads every file whole. Raises WorkbenchError.

        `progress` hears 0 to 1, and may raise to cancel.
        """
        return splitting.split_preview(plan, progress)

    def read_table(
        self, path: str | Path, reading: Reading | None = None, progress: Callable[[float], None] | None = None
    ) -> Table:
        """The whole file as columns. `progress` hears 0 to 1, and may raise to cancel. Raises WorkbenchError."""
        return read_table(Path(path).absolute(), reading or Reading(), progress=progress)

    def keep_pasted(self, text: str) -> Path:
        """Cells pasted from a spreadsheet, as a file in the workspace."""
        return exports.keep_pasted(self.workspace, text)

    # Plans.

    def draft(
        self, path: str | Path, *, task: str = "", model: ModelSpec | None = None, reading: Reading | None = None
    ) -> TrainingPlan:
        """A plan for the file at `path` with everything guessed. Reads its head. Raises WorkbenchError."""
        absolute = str(Path(path).absolute())
        sample = next((sample for sample in self.samples() if sample.path == absolute), None)
        if sample and reading is None and task in ("", sample.task):
            return drafting.plan_for_sample(sample, self.card(model or self.default_model(sample.model)))
        head = self.preview(absolute, reading)
        task = task or guess_task(head)
        columns = guess_roles(head, self.tasks()[task].fields).columns
        spec = model or self.default_model(wide=mostly_wide(head, columns.get("text", "")))
        return drafting.plan_for_file(absolute, reading or Reading(), task, columns, self.card(spec))

    def default_model(self, wanted: ModelSpec | None = None, *, wide: bool = False) -> ModelSpec:
        """`wanted` if it is on this computer, else the first there that reads the script, else one from scratch.

        `wide` texts are mostly Chinese, Japanese or Korean.
        """
        if wanted is not None and self.card(wanted).available:
            return wanted
        for card in self.catalog():
            if card.available and (not wide or drafting.reads_wide(card)):
                return card.spec
        return ModelSpec(source="scratch")

    def with_task(self, plan: TrainingPlan, task: str) -> TrainingPlan:
        """`plan` for another task, its columns guessed anew. Reads the file's head."""
        roles = self.guess_roles(self.preview(plan.dataset.path, plan.dataset.reading), task)
        return drafting.with_task(plan, task, roles.columns)

    def with_model(self, plan: TrainingPlan, spec: ModelSpec) -> TrainingPlan:
        """`plan` with another model, and the learning rate and epochs that suit it."""
        return drafting.with_model(plan, self.card(spec))

    def problems(self, plan: TrainingPlan, head: Preview | None = None) -> list[Problem]:
        """Everything that keeps `plan` from starting, all at once. With `head`, the file is not read again."""
        found = declarations.plan_problems(plan)
        found += drafting.model_problems(plan.model, self.card(plan.model))
        if plan.task.name in self.tasks():
            try:
                head = head or self.preview(plan.dataset.path, plan.dataset.reading)
                found += drafting.column_problems(plan, head, self.tasks()[plan.task.name].fields)
                if mostly_wide(head, plan.dataset.columns.get("text", "")):
                    found += drafting.script_problems(self.card(plan.model))
            except WorkbenchError as error:
                found += error.problems
        return found

    # Models.

    @property
    def hub_endpoint(self) -> str:
        """Where downloads come from: the address in the settings or, where that was left alone, in HF_ENDPOINT."""
        chosen = self.settings.hub_endpoint
        return os.environ.get("HF_ENDPOINT", "").strip() or chosen if chosen == Settings().hub_endpoint else chosen

    def download(
        self,
        hub_id: str,
        *,
        endpoint: str = "",
        progress: Callable[[int, int | None], None] = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> ModelSpec:
        """Fetch a model from the hub: the one thing here that uses the network. Raises WorkbenchError.

        `endpoint` is the address of the hub for this call; "" takes `hub_endpoint`.
        """
        from workbench.engine.hub import download

        with exports.disk_errors(self._workspace.models):
            download(
                hub_id,
                self._workspace.models,
                staged=safe_io.staged_folder,
                endpoint=endpoint or self.hub_endpoint,
                progress=progress,
                cancelled=cancelled,
            )
        return ModelSpec(source="hub", location=hub_id)

    def inspect_model(self, spec: ModelSpec) -> ModelCard:
        """The card of `spec` with what its files say. Reads the model's folder. Raises WorkbenchError."""
        from workbench.engine.pretrained import inspect

        facts = inspect(spec, self._workspace.models)
        return msgspec.structs.replace(self.card(spec), parameters=facts.parameters, bytes_on_disk=facts.bytes_on_disk)

    def _available(self, card: ModelCard) -> ModelCard:
        from workbench.engine.hub import downloaded_folder
        from workbench.engine.pretrained import offline_model_folder

        if card.spec.source == "offline":
            try:
                offline_model_folder()
            except WorkbenchError as error:
                return msgspec.structs.replace(card, available=False, note=str(error))
        if card.spec.source == "hub" and downloaded_folder(card.spec.location, self._workspace.models) is None:
            note = tr("Download it first; that is the only step that uses the network.")
            return msgspec.structs.replace(card, available=False, note=note)
        return card

    # What the model receives. All of it reads files and imports transformers: call it off the window.

    @cached_property
    def tokenizing(self) -> Tokenizing:
        """Cuts texts into tokens, and remembers what was counted."""
        return Tokenizing(self._workspace.models, lambda task: self.tasks()[task].fields)

    def tokens_of(self, plan: TrainingPlan, rows: Sequence[str | tuple[str, ...]]) -> tuple[TokenView, ...]:
        """Each row (a text, or a text and a second one) as the model of `plan` receives it. Raises WorkbenchError."""
        return self.tokenizing.tokens_of(plan, rows)

    def token_lengths(self, plan: TrainingPlan, progress: Callable[[float], None] | None = None) -> TokenLengths:
        """How long the rows are in tokens, and what is cut. Raises WorkbenchError.

        `progress` hears 0 to 1, and may raise to cancel.
        """
        return self.tokenizing.token_lengths(plan, progress)

    def languages(
        self, plan: TrainingPlan, progress: Callable[[float], None] | None = None
    ) -> tuple[LanguageShare, ...]:
        """Which languages the rows are in, the commonest first. `progress` as above. Raises WorkbenchError."""
        return self.tokenizing.languages(plan, progress)

    # What a run would take.

    @cached_property
    def forecaster(self) -> Forecaster:
        """Reckons what runs take, and remembers what was measured on this computer."""
        return Forecaster(self._workspace.models, self.catalog)

    def forecast(self, plan: TrainingPlan, profile: Profile) -> Forecast:
        """What a run of `plan` will take; costs no torch. Raises WorkbenchError."""
        return self.forecaster.forecast(plan, profile)

    def measure(
        self, plan: TrainingPlan, profile: Profile | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> Forecast | None:
        """The same after a few real steps: takes seconds and torch, call it off the window. None if stopped."""
        return self.forecaster.measure(plan, profile or self.profile(plan), stopped)
