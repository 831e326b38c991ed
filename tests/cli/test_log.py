"""`workbench train --log`: other programs find the same numbers as the history."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import TINY, Workbench
from workbench.core.events import Evaluated, StepDone, decode_event

needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="needs the extra `tensorboard`"
)


@needs_tensorboard
def test_that_every_loss_of_a_run_is_in_tensorboard(workbench: Workbench, reviews: Path, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    logs = tmp_path / "logs 日志"
    said = workbench("train", str(reviews), *TINY, "--events", "-", "--log", f"tensorboard={logs}")
    assert said.status == 0
    events = [decode_event(line) for line in said.out.splitlines()]
    (folder,) = logs.iterdir()
    assert folder.name.startswith("reviews-1-")
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    reader.Reload()
    losses = [(point.step, point.value) for point in reader.Scalars("train/loss")]
    assert losses == [(event.step, float(np.float32(event.loss))) for event in events if isinstance(event, StepDone)]
    assert losses
    scores = [(point.step, point.value) for point in reader.Scalars("validation/macro_f1")]
    looks = [event for event in events if isinstance(event, Evaluated) and event.part == "validation"]
    assert scores == [(event.step, float(np.float32(event.measures.metrics["macro_f1"]))) for event in looks]


@needs_tensorboard
def test_that_a_folder_that_cannot_be_made_is_told_before_the_run(
    workbench: Workbench, reviews: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = workbench("train", str(reviews), *TINY, "--log", f"tensorboard={tmp_path / 'file' / 'logs'}")
    assert said.status == 2
    assert workbench("runs", "--json").json == []


@pytest.mark.parametrize(
    ("words", "told"),
    [("tensorboard", "--log tensorboard=FOLDER"), ("wandb=logs", "tensorboard"), ("=logs", "tensorboard")],
)
def test_that_a_mistake_is_told_with_what_is_possible(
    workbench: Workbench, reviews: Path, words: str, told: str
) -> None:
    said = workbench("train", str(reviews), *TINY, "--log", words)
    assert said.status == 2
    assert told in said.err
    assert workbench("runs", "--json").json == []
