"""Run: the handle of one execution. Predictor: a kept model that answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.events import Event, PhaseChanged, RunFinished
from workbench.core.fields import Example, Field, FieldError
from workbench.core.language import tr
from workbench.core.plan import ModelSpec, TrainingPlan
from workbench.core.predictions import Prediction
from workbench.data.mends import text_mend
from workbench.engine.control import Control
from workbench.engine.task import Facts
from workbench.engine.warm import warm
from workbench.sinks import Listener, pass_on, sink_of
from workbench.store import safe_io
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.history import History
from workbench.store.records import RunRecord
from workbench.store.run_folder import RunFolder
from workbench.studio.exports import disk_errors
from workbench.tasks import task_of


class Run:
    """One execution of a plan, or its continuation. `events()` does the training in the thread that reads it; `pause()`
    and `stop()` may come from any.
    """

    def __init__(
        self,
        record: RunRecord,
        plan: TrainingPlan,
        history: History,
        models: Path,
        *,
        resume: bool = False,
        further: bool = False,
    ) -> None:
        self.id, self.name, self.plan, self.folder = record.id, record.name, plan, Path(record.folder)
        self._history, self._models, self._resume, self._further = history, models, resume, further
        self._control = Control()
        self.log: Mapping[str, str] = {}

    def stop(self) -> None:
        """Ask for the end: after the step that is being made. What was learned is kept."""
        self._control.stop()

    def pause(self) -> None:
        """Ask for a break: after the step that is being made. `Studio.resume` goes on exactly there."""
        self._control.pause()

    @property
    def stopping(self) -> bool:
        """Whether a break or the end was asked for."""
        return self._control.is_set()

    def events(self) -> Iterator[Event]:
        """Every fact of the run, recorded in the history as it passes. Read it once, to its end: RunFinished."""
        return self._history.record(self.id, self._logged())

    def _logged(self) -> Iterator[Event]:
        listeners = [Listener(sink_of(id), self.id, self.plan, target) for id, target in self.log.items()]
        yield from pass_on(self._train(), listeners)

    def _train(self) -> Iterator[Event]:
        began = time.perf_counter()
        yield PhaseChanged(phase="importing")
        try:
            warm()
            from workbench.engine.place import RunPlace
            from workbench.engine.train import train
        except Exception as error:
            message = tr("The training engine could not be loaded: {detail}", detail=str(error))
            yield RunFinished(outcome="failed", steps=0, seconds=time.perf_counter() - began, message=message)
            return
        place = RunPlace(
            run=self.id,
            folder=self.folder,
            models_folder=self._models,
            staged=self._staged,
            keep_facts=self._keep_facts,
            checkpoints=Checkpoints(self.folder, self._history.checkpoints(self.id)),
        )
        task = task_of(self.plan.task)
        yield from train(self.plan, task, place, self._control, resume=self._resume, further=self._further)

    @contextmanager
    def _staged(self, name: str) -> Iterator[Path]:
        with disk_errors(self.folder), safe_io.staged_folder(self.folder / name) as folder:
            yield folder

    def _keep_facts(self, facts: Facts) -> None:
        with disk_errors(self.folder):
            safe_io.write_json(RunFolder(self.folder).facts_path, facts)


class Checkpoints:
    """The run's checkpoints as the engine sees them: trouble with the disk comes in words."""

    def __init__(self, folder: Path, checkpoints: CheckpointFolder) -> None:
        self._folder, self._checkpoints = folder, checkpoints

    @contextmanager
    def staged(self, step: int) -> Iterator[Path]:
        with disk_errors(self._folder), self._checkpoints.staged(step) as folder:
            yield folder

    @contextmanager
    def staged_rows(self) -> Iterator[Path]:
        with disk_errors(self._folder), self._checkpoints.staged_rows() as folder:
            yield folder

    def newest(self) -> Path | None:
        with disk_errors(self._folder):
            return self._checkpoints.newest()

    def rows(self) -> Path | None:
        with disk_errors(self._folder):
            return self._checkpoints.rows()

    @property
    def notes(self) -> list[str]:
        return self._checkpoints.notes

    def require_room(self, bytes: int) -> None:
        with disk_errors(self._folder):
            self._checkpoints.require_room(bytes)

    def clear(self) -> None:
        with disk_errors(self._folder):
            self._checkpoints.clear()


class Predictor:
    """The kept model of a run. Safe to call from any thread; one answer is computed at a time."""

    def __init__(self, run_id: str, plan: TrainingPlan, task: Any, learner: Any) -> None:
        self.run, self.plan = run_id, plan
        self._task, self._learner = task, learner
        self._mend = text_mend(plan.dataset.mends)
        self._lock = threading.Lock()

    @property
    def task(self) -> str:
        """The task's id."""
        return self.plan.task.name

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields that a question must fill: those the run had a column for, without the target."""
        used = self.plan.dataset.columns
        return {key: field for key, field in self._task.fields.items() if not field.target and used.get(key)}

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that answers choose from; empty for numbers."""
        return tuple(getattr(self._learner.facts, "labels", ()))

    def predict(self, questions: Sequence[Mapping[str, str]]) -> list[Prediction]:
        """One prediction for each {field: text}. Raises WorkbenchError if a text is missing or empty."""
        from workbench.engine.predict import predict

        examples = [self._example(number, question) for number, question in enumerate(questions, start=1)]
        with self._lock:
            return predict(self._task, self._learner, examples)

    def truncated(self, question: Mapping[str, str]) -> int:
        """How many tokens of `question` are read if it is longer than the model reads; 0 if all of it is read."""
        from workbench.engine.predict import truncated

        with self._lock:
            return truncated(self._task, self._learner, self._example(1, question))

    def reads(self, question: Mapping[str, str]) -> bool:
        """Whether every text of `question` has something to read after the mends of the run's plan."""
        return all(self._mended(field, question.get(key, "")).strip() for key, field in self.fields.items())

    def _mended(self, field: Field, text: str) -> str:
        """`text` as the model has learned to see texts."""
        return self._mend(text) if field.kind == "text" else text

    def _example(self, number: int, question: Mapping[str, str]) -> Example:
        values = {}
        for key, field in self.fields.items():
            try:
                values[key] = field.parse(self._mended(field, question.get(key, "")))
            except FieldError as error:
                raise WorkbenchError(
                    Problem(
                        code="I01",
                        where=tr("Text {number}, {field}", number=number, field=tr(field.title)),
                        what=tr("There is nothing to read: {reason}.", reason=str(error)),
                        remedy=tr("Type a text."),
                        field=key,
                    )
                ) from error
        return Example(values, number)


def load_predictor(record: RunRecord, models: Path) -> Predictor:
    """The kept model of a run, ready to answer. Raises WorkbenchError if the run kept none."""
    folder = RunFolder(record.folder)
    if not (folder.model_path / "config.json").is_file():
        raise WorkbenchError(
            Problem(
                code="I02",
                where=record.name,
                what=tr("This run kept no model."),
                remedy=tr("Train again, or choose another run."),
            )
        )
    warm()
    from workbench.engine.devices import best_device
    from workbench.engine.task import ModelSource

    with disk_errors(folder.path):
        plan = folder.plan()
        task = task_of(plan.task)
        facts = msgspec.json.decode(folder.facts_path.read_bytes(), type=task.facts_type)
    source = ModelSource(
        spec=ModelSpec(source="folder", location=str(folder.model_path)),
        models_folder=models,
        max_length=plan.max_length,
        seed=plan.seed,
    )
    learner = task.build(source, facts, ())
    learner.net.to(best_device()).eval()
    return Predictor(record.id, plan, task, learner)
