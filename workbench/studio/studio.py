"""Studio: the door. It knows who does what, and does nothing itself."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Evaluated, Event
from workbench.core.language import language, tr
from workbench.core.plan import ModelSpec, Reading, TrainingPlan
from workbench.core.registry import Entry
from workbench.data.preview import Preview, preview
from workbench.data.profile import Profile, profile
from workbench.data.readers import read_table
from workbench.data.roles import RoleGuess, guess_roles, guess_task
from workbench.data.script import mostly_wide
from workbench.data.table import Table
from workbench.engine.warm import warm
from workbench.store import safe_io
from workbench.store.disk_errors import explain
from workbench.store.history import History
from workbench.store.records import Curves, RunRecord
from workbench.store.run_folder import RunFolder
from workbench.store.settings import Settings, load_settings, save_settings
from workbench.store.workspace import Workspace, default_settings_path, default_workspace
from workbench.studio import catalog, declarations, drafting, exports, machine
from workbench.studio.catalog import ModelCard, Sample
from workbench.studio.declarations import OptionGroup, TaskInfo
from workbench.studio.environment import prepare_environment
from workbench.studio.runs import Predictor, Run, load_predictor

T = TypeVar("T")


class Studio:
    """One workspace, its runs and models. Methods that read files or import torch say so: call them off the window."""

    def __init__(self, workspace: str | Path | None = None, *, settings_path: str | Path | None = None) -> None:
        """`workspace` "" or None: the one in the settings, else the system's place for data. Raises WorkbenchError."""
        prepare_environment()
        self.settings_path = Path(settings_path or default_settings_path())
        self.notes: list[str] = []
        self.settings: Settings = load_settings(self.settings_path, tell=self.notes.append)
        root = Path(workspace or self.settings.workspace or default_workspace()).absolute()
        self._workspace = Workspace(root)
        try:
            self._workspace.create()
            self.history = History(root, tell=self.notes.append)
        except OSError as error:
            raise explain(error, root) from error

    @property
    def workspace(self) -> Path:
        """The folder in which everything of ours lies."""
        return self._workspace.root

    def save_settings(self, settings: Settings) -> None:
        """Keep `settings`. Raises WorkbenchError if they cannot be written."""
        self.settings = settings
        with exports.disk_errors(self.settings_path):
            save_settings(self.settings_path, settings)

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

    def plan_options(self, plan: TrainingPlan) -> tuple[OptionGroup, ...]:
        """Every knob that `plan` has, in groups."""
        return declarations.option_groups(plan)

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
        return profile(plan.dataset, self.tasks()[plan.task.name].fields, progress=progress)

    def read_table(self, path: str | Path, reading: Reading | None = None) -> Table:
        """The whole file as columns. Raises WorkbenchError."""
        return read_table(Path(path).absolute(), reading or Reading())

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

    # Runs.

    def prepare(self) -> None:
        """Import the engine, so that the first run starts sooner, and empty what is old in the bin.

        Takes seconds: call it off the window.
        """
        warm()
        with suppress(OSError):  # a file in the bin is still open elsewhere: another day will do
            self.history.purge()

    def start(self, plan: TrainingPlan) -> Run:
        """A run of `plan`, ready to be read. Raises WorkbenchError with every problem of the plan."""
        problems = [problem for problem in self.problems(plan) if problem.severity == "error"]
        if problems:
            raise WorkbenchError(*problems)
        with exports.disk_errors(self.workspace):
            name = self.history.unique_name(plan.name or Path(plan.dataset.path).stem)
            plan = msgspec.structs.replace(plan, name=name)
            run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            record = self.history.open_run(run_id, name, self._workspace.runs / run_id, plan)
        return Run(record, plan, self.history, self._workspace.models)

    def runs(self, *, deleted: bool = False) -> list[RunRecord]:
        """The runs of the workspace, the latest first."""
        return self._ask(lambda history: history.runs(deleted=deleted))

    def run(self, name: str) -> RunRecord:
        """The run with this id or name. Raises WorkbenchError with names that are near."""
        return self._ask(lambda history: history.find(name))

    def plan_of(self, run: str) -> TrainingPlan:
        """The plan that a run was made after."""
        record = self.run(run)
        with exports.disk_errors(record.folder):
            return RunFolder(record.folder).plan()

    def curves(self, run: str) -> Curves:
        """Losses, rates and measures of a run over its steps."""
        return self._ask(lambda history: history.curves(history.find(run).id))

    def events(self, run: str) -> list[Event]:
        """All events of a run but its steps, in their order."""
        return self._ask(lambda history: history.events(history.find(run).id))

    def evaluations(self, run: str) -> Mapping[str, Evaluated]:
        """{"validation": of the best model, "test": ...}: the evaluations that describe the kept model."""
        return self._ask(lambda history: history.evaluations(history.find(run).id))

    def rename(self, run: str, name: str) -> None:
        """Give a run another name. Raises WorkbenchError if it is taken."""
        self._ask(lambda history: history.rename(history.find(run).id, name))

    def delete(self, run: str) -> None:
        """Move a run to the bin; `restore` brings it back for 30 days."""
        self._ask(lambda history: history.delete(history.find(run).id))

    def restore(self, run: str) -> None:
        """Bring the run with the id `run` back from the bin."""
        self._ask(lambda history: history.restore(run))

    def _ask(self, question: Callable[[History], T]) -> T:
        with exports.disk_errors(self.workspace):
            return question(self.history)

    def predictor(self, run: str) -> Predictor:
        """The kept model of a run, ready to answer. Imports torch and loads the model. Raises WorkbenchError."""
        record = self.run(run)
        return load_predictor(record, self._workspace.models)

    # Files and machine.

    def write_file(self, path: str | Path, data: bytes) -> None:
        """Write `data` in one piece where the user asked for it. Raises WorkbenchError."""
        with exports.disk_errors(path):
            safe_io.write_bytes(Path(path), data)

    def export_predictions(self, path: str | Path, rows: list[dict[str, object]]) -> None:
        """Write predictions as CSV, with cells shielded that a spreadsheet would run. Raises WorkbenchError."""
        self.write_file(path, exports.csv_bytes(rows))

    def machine(self) -> machine.Machine:
        """Processor, threads and memory, as they are now."""
        return machine.look()
