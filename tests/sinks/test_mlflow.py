"""What is written for MLflow is read back by MLflow's own client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.sinks.streams import RUN, plan_in, started, step, stream
from workbench.core.events import Evaluated, RunFinished, StepDone
from workbench.core.plan import TrainingPlan
from workbench.sinks import Listener, pass_on
from workbench.sinks.mlflow import DATABASE, EXPERIMENT, SINK

pytest.importorskip("mlflow", reason="needs the extra `mlflow`")
pytest.importorskip("sqlalchemy", reason="needs the extra `mlflow`")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests of this file: its tables take seconds to make. Each test has a run of its own."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture
def plan(tmp_path: Path) -> TrainingPlan:
    return plan_in(tmp_path / "secret place")


def client(folder: Path) -> Any:
    from mlflow import MlflowClient

    address = f"sqlite:///{folder / DATABASE}"
    return MlflowClient(tracking_uri=address, registry_uri=address)


def run_of(folder: Path, run: str) -> Any:
    reading = client(folder)
    experiment = reading.get_experiment_by_name(EXPERIMENT)
    (found,) = reading.search_runs([experiment.experiment_id], filter_string=f"tags.`workbench.run` = '{run}'")
    return found


def history(folder: Path, run: str, name: str) -> list[tuple[int, float]]:
    points = client(folder).get_metric_history(run_of(folder, run).info.run_id, name)
    return sorted((point.step, point.value) for point in points)


def test_that_every_number_is_read_back(
    database: Path, plan: TrainingPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")  # must not be heard
    events = stream(plan)
    assert list(pass_on(events, [Listener(SINK, RUN, plan, str(database))])) == events
    steps = [event for event in events if isinstance(event, StepDone)]
    for name in ("loss", "learning_rate", "grad_norm"):
        assert history(database, RUN, f"train/{name}") == [(event.step, getattr(event, name)) for event in steps]
    looks = [event for event in events if isinstance(event, Evaluated) and event.part == "validation"]
    assert history(database, RUN, "validation/loss") == [(event.step, event.loss) for event in looks]
    expected = [(event.step, event.measures.metrics["macro_f1"]) for event in looks]
    assert history(database, RUN, "validation/macro_f1") == expected
    kept = run_of(database, RUN)
    assert (kept.info.run_name, kept.info.status) == ("reviews-1", "FINISHED")
    assert kept.data.params["learning_rate"] == "0.0003"
    assert kept.data.params["optimizer.beta1"] == "0.8"
    assert list(tmp_path.iterdir()) == []  # nothing beside the folder that was named
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert b"secret place" not in (database / DATABASE).read_bytes()


def test_that_a_resumed_run_goes_on_in_its_own_record(database: Path, plan: TrainingPlan) -> None:
    run = "20261124-130000-def456"
    first = [started(plan), step(1), step(2), RunFinished(outcome="paused", steps=2, seconds=0.1)]
    list(pass_on(first, [Listener(SINK, run, plan, str(database))]))
    assert run_of(database, run).info.status == "SCHEDULED"
    second = [started(plan, first_step=2), step(3), RunFinished(outcome="stopped", steps=3, seconds=0.2)]
    list(pass_on(second, [Listener(SINK, run, plan, str(database))]))
    assert [number for number, _ in history(database, run, "train/loss")] == [1, 2, 3]
    assert run_of(database, run).info.status == "KILLED"


def test_that_a_run_that_breaks_off_keeps_what_was_said(database: Path, plan: TrainingPlan) -> None:
    run = "20261124-140000-ghi789"
    reading = pass_on([started(plan), step(1), step(2)], [Listener(SINK, run, plan, str(database))])
    next(reading)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert [number for number, _ in history(database, run, "train/loss")] == [1]
