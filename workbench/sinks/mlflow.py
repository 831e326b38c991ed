"""MLflow: one MLflow run for each run, in a database in a folder of the user's, or on a server that the user names.

Its client is used directly: nothing is read from MLflow's environment variables or global state, so no address is ever
used that was not given, and its telemetry is off.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import time
from pathlib import Path
from typing import Any

from workbench.core.events import Evaluated, Event, RunFinished, RunStarted, StepDone
from workbench.core.plan import TrainingPlan
from workbench.sinks._told import knobs, plan_text

EXPERIMENT = "Model Workbench"
DATABASE = "mlflow.db"
_RUN_TAG = "workbench.run"
_BATCH, _FLUSH_SECONDS = 300, 2.0
_LONGEST_TEXT = 5000
_STATUS = {"completed": "FINISHED", "early_stopped": "FINISHED", "failed": "FAILED", "stopped": "KILLED"}


class MLflow:
    """The sink. See `workbench.sinks.Sink`."""

    id = "mlflow"
    title = "MLflow"
    extra = "mlflow"

    def available(self) -> bool:
        """Whether mlflow-skinny, or mlflow, and what its database needs are installed."""
        return all(importlib.util.find_spec(name) is not None for name in ("mlflow", "sqlalchemy", "alembic"))

    def open(self, run: str, plan: TrainingPlan, target: str) -> _MlflowRun:
        """Begin or go on with the run `run` in the folder or at the address `target`."""
        return _MlflowRun(run, plan, target)


SINK = MLflow()


class _MlflowRun:
    def __init__(self, run: str, plan: TrainingPlan, target: str) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # before the import
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.WARNING)
        from mlflow import MlflowClient

        address, artifacts = target, None
        if "://" not in target:
            folder = Path(target).absolute()
            address, artifacts = f"sqlite:///{(folder / DATABASE).as_posix()}", (folder / "artifacts").as_uri()
        self._client: Any = MlflowClient(tracking_uri=address, registry_uri=address)
        self._plan, self._sent = plan, time.monotonic()
        self._waiting: list[Any] = []
        self._id = self._taken_up(run) or self._begun(run, artifacts)

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._client.update_run(self._id, status="RUNNING")
            case StepDone():
                numbers = {"loss": event.loss, "learning_rate": event.learning_rate, "grad_norm": event.grad_norm}
                self._note("train", event.step, numbers)
            case Evaluated():
                self._note(event.part, event.step, {"loss": event.loss, **event.measures.metrics})
            case RunFinished():
                self._send()
                if event.outcome in _STATUS:
                    self._client.set_terminated(self._id, status=_STATUS[event.outcome])
                else:  # paused: it goes on another day
                    self._client.update_run(self._id, status="SCHEDULED")

    def close(self) -> None:
        self._send()

    def _taken_up(self, run: str) -> str | None:
        """The id of the MLflow run that was begun for `run`, where it is resumed."""
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return None
        query = f"tags.`{_RUN_TAG}` = '{run}'"
        found = self._client.search_runs([experiment.experiment_id], filter_string=query, max_results=1)
        return found[0].info.run_id if found else None

    def _begun(self, run: str, artifacts: str | None) -> str:
        from mlflow.entities import Param

        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        number = (
            self._client.create_experiment(EXPERIMENT, artifact_location=artifacts)
            if experiment is None
            else experiment.experiment_id
        )
        tags = {_RUN_TAG: run, "mlflow.note.content": f"```json\n{plan_text(self._plan)}\n```"[:_LONGEST_TEXT]}
        id: str = self._client.create_run(number, run_name=self._plan.name or None, tags=tags).info.run_id
        self._client.log_batch(id, params=[Param(name, value) for name, value in knobs(self._plan).items()])
        return id

    def _note(self, part: str, step: int, numbers: dict[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._waiting += [Metric(f"{part}/{name}", number, now, step) for name, number in numbers.items()]
        if len(self._waiting) >= _BATCH or time.monotonic() - self._sent > _FLUSH_SECONDS:
            self._send()

    def _send(self) -> None:
        waiting, self._waiting, self._sent = self._waiting, [], time.monotonic()
        if waiting:
            self._client.log_batch(self._id, metrics=waiting)
