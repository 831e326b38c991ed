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
from workbench.engine.task import Facts
from workbench.engine.warm import warm
from workbench.store import safe_io
from workbench.store.history import History
from workbench.store.records import RunRecord
from workbench.store.run_folder import RunFolder
from workbench.studio.exports import disk_errors
from workbench.tasks import task_of


class Run:
    """One execution of a plan. `events()` does the training in the thread that reads it; `stop()` may come from any."""

    def __init__(self, record: RunRecord, plan: TrainingPlan, history: History, models: Path) -> None:
        self.id, self.name, self.plan, self.folder = record.id, record.name, plan, Path(record.folder)
        self._history, self._models = history, models
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask for the end: after the step that is being made. What was learned is kept."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stop.is_set()

    def events(self) -> Iterator[Event]:
        """Every fact of the run, recorded in the history as it passes. Read it once, to its end: RunFinished."""
        return self._history.record(self.id, self._train())

    def _train(self) -> Iterator[Event]:
        began = time.perf_counter()
        yield PhaseChanged(phase="importing")
        try:
            warm()
            from workbench.engine.judge import RunPlace
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
        )
        yield from train(self.plan, task_of(self.plan.task), place, self._stop)

    @contextmanager
    def _staged(self, name: str) -> Iterator[Path]:
        with disk_errors(self.folder), safe_io.staged_folder(self.folder / name) as folder:
            yield folder

    def _keep_facts(self, facts: Facts) -> None:
        with disk_errors(self.folder):
            safe_io.write_json(RunFolder(self.folder).facts_path, facts)


class Predictor:
    """The kept model of a run. Safe to call from any thread; one answer is computed at a time."""

    def __init__(self, run_id: str, plan: TrainingPlan, task: Any, learner: Any) -> None:
        self.run, self.plan = run_id, plan
        self._task, self._learner = task, learner
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

    def _example(self, number: int, question: Mapping[str, str]) -> Example:
        values = {}
        for key, field in self.fields.items():
            try:
                values[key] = field.parse(question.get(key, ""))
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
