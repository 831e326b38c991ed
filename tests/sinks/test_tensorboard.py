"""What is written for TensorBoard is read back by TensorBoard's own reader."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sinks.streams import RUN, plan_in, started, step, stream
from workbench.core.events import Evaluated, RunFinished, StepDone
from workbench.core.plan import TrainingPlan
from workbench.sinks import Listener, pass_on
from workbench.sinks.tensorboard import SINK

pytest.importorskip("tensorboard", reason="needs the extra `tensorboard`")


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (run,) = folder.iterdir()
    reader = EventAccumulator(str(run), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    return reader


def scalars(reader: Any, tag: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in reader.Scalars(tag)]


@pytest.fixture
def plan(tmp_path: Path) -> TrainingPlan:
    return plan_in(tmp_path / "secret place")


def test_that_every_number_is_read_back(tmp_path: Path, plan: TrainingPlan) -> None:
    events = stream(plan)
    assert list(pass_on(events, [Listener(SINK, RUN, plan, str(tmp_path / "logs"))])) == events
    reader = read(tmp_path / "logs")
    steps = [event for event in events if isinstance(event, StepDone)]
    for name in ("loss", "learning_rate", "grad_norm"):
        expected = [(event.step, float(np.float32(getattr(event, name)))) for event in steps]
        assert scalars(reader, f"train/{name}") == expected
    for part, looks in (("validation", 2), ("test", 1)):
        found = [event for event in events if isinstance(event, Evaluated) and event.part == part]
        assert len(found) == looks
        assert scalars(reader, f"{part}/loss") == [(event.step, float(np.float32(event.loss))) for event in found]
        for name in ("accuracy", "macro_f1"):
            expected = [(event.step, float(np.float32(event.measures.metrics[name]))) for event in found]
            assert scalars(reader, f"{part}/{name}") == expected


def test_that_the_plan_is_told_without_its_folders(tmp_path: Path, plan: TrainingPlan) -> None:
    list(pass_on(stream(plan), [Listener(SINK, RUN, plan, str(tmp_path / "logs"))]))
    (text,) = read(tmp_path / "logs").Tensors("plan")
    told = text.tensor_proto.string_val[0].decode()
    assert '"learning_rate": 0.0003' in told
    (file,) = (tmp_path / "logs").rglob("events.*")
    assert b"reviews.csv" in file.read_bytes()
    assert b"secret place" not in file.read_bytes()


def test_that_a_resumed_run_replaces_the_steps_that_are_made_again(tmp_path: Path, plan: TrainingPlan) -> None:
    logs = str(tmp_path / "logs")
    first = [started(plan), *(step(number, loss=1.0) for number in (1, 2, 3, 4))]
    list(pass_on(first, [Listener(SINK, RUN, plan, logs)]))
    second = [started(plan, first_step=2), *(step(number, loss=2.0) for number in (3, 4, 5))]
    list(pass_on(second, [Listener(SINK, RUN, plan, logs)]))
    losses = scalars(read(tmp_path / "logs"), "train/loss")
    assert losses == [(1, 1.0), (2, 1.0), (3, 2.0), (4, 2.0), (5, 2.0)]


def test_that_a_loss_that_is_no_number_is_kept_as_such(tmp_path: Path, plan: TrainingPlan) -> None:
    events = [started(plan), step(1, loss=float("nan")), RunFinished(outcome="failed", steps=1, seconds=0.1)]
    assert len(list(pass_on(events, [Listener(SINK, RUN, plan, str(tmp_path / "logs"))]))) == 3
    ((number, loss),) = scalars(read(tmp_path / "logs"), "train/loss")
    assert number == 1
    assert np.isnan(loss)


def test_that_writing_needs_no_torch() -> None:
    import subprocess

    program = "import sys, tensorboard.summary.writer.event_file_writer, tensorboard.compat.proto.event_pb2;"
    program += "assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
