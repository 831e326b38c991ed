"""A run that was broken off anywhere and taken up again equals one that was not, to the last bit."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from tests.engine.places import place_at
from workbench.core.events import CheckpointSaved, Evaluated, Event, ModelSaved, RunFinished, RunStarted, StepDone
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine.control import Control
from workbench.engine.train import train
from workbench.tasks import task_of

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 16, "heads": 2, "vocabulary": 200})
WORDS = ("good", "bad", "fine", "awful", "great", "poor", "nice", "dull")


@pytest.fixture
def plan(tmp_path: Path) -> TrainingPlan:
    lines = ["text,label"]
    for number in range(46):
        words = " ".join(WORDS[(number * 7 + place * 3) % 8] for place in range(2 + number % 9))
        lines.append(f"{words} {number % 5},{'yes' if number % 3 else 'no'}")
    data = tmp_path / "data.csv"
    data.write_text("\n".join(lines), encoding="utf-8")
    return TrainingPlan(
        dataset=DatasetSpec(path=str(data), columns={"text": "text", "label": "label"}, test_path=str(data)),
        model=TINY,
        epochs=3,
        batch_size=4,
        accumulation=2,
        evaluate_every=4,
        learning_rate=3e-3,
        max_length=16,
    )


def told(plan: TrainingPlan, folder: Path, *, pause_after: int = 0, resume: bool = False) -> list[Event]:
    control = Control()
    events = []
    for event in train(plan, task_of(plan.task), place_at(folder), control, resume=resume):
        events.append(event)
        if pause_after and isinstance(event, StepDone) and event.step == pause_after:
            control.pause()
    return events


def story(events: list[Event]) -> list[tuple[object, ...]]:
    """What must be equal: every loss, rate and norm, every measure, every kept model."""
    lines: list[tuple[object, ...]] = []
    for event in events:
        if isinstance(event, StepDone):
            lines.append(
                ("step", event.step, event.epoch, event.loss, event.learning_rate, event.grad_norm, event.rows)
            )
        elif isinstance(event, Evaluated):
            lines.append((event.part, event.step, event.loss, event.measures, event.best))
        elif isinstance(event, ModelSaved):
            lines.append(("saved", event.step))
    return lines


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "sgd-momentum"])
def test_that_a_run_paused_at_every_few_steps_equals_one_that_was_not(
    plan: TrainingPlan, tmp_path: Path, optimizer: str, precision: str
) -> None:
    plan = msgspec.structs.replace(plan, optimizer=Choice(name=optimizer), precision=precision, patience=3)
    whole = told(plan, tmp_path / "whole")
    events = told(plan, tmp_path / "broken", pause_after=1)
    assert events[-1].outcome == "paused"
    while events[-1].outcome == "paused":
        step = events[-1].steps
        events += told(plan, tmp_path / "broken", pause_after=step + 1 + step % 3, resume=True)
        started = [event for event in events if isinstance(event, RunStarted)]
        assert started[-1].first_step == step
    assert story(events) == story(whole)
    assert events[-1].outcome == whole[-1].outcome
    assert same(weights(tmp_path / "broken"), weights(tmp_path / "whole"))


def test_that_a_resumed_run_needs_neither_its_file_nor_its_models_source(plan: TrainingPlan, tmp_path: Path) -> None:
    whole = told(plan, tmp_path / "whole")
    first = told(plan, tmp_path / "broken", pause_after=5)
    Path(plan.dataset.path).unlink()
    events = first + told(plan, tmp_path / "broken", resume=True)
    assert story(events) == story(whole)


def test_that_a_pause_in_the_middle_of_an_evaluation_is_made_up_for(plan: TrainingPlan, tmp_path: Path) -> None:
    whole = told(plan, tmp_path / "whole")
    control = Control()
    events: list[Event] = []
    for event in train(plan, task_of(plan.task), place_at(tmp_path / "broken"), control):
        events.append(event)
        if getattr(event, "phase", "") == "evaluating":
            control.pause()
    assert events[-1].outcome == "paused"
    assert events[-1].steps == 4
    assert not any(isinstance(event, Evaluated) for event in events)
    events += told(plan, tmp_path / "broken", resume=True)
    assert story(events) == story(whole)


def test_that_a_finished_run_goes_on_with_more_epochs_and_another_rate(plan: TrainingPlan, tmp_path: Path) -> None:
    first = told(plan, tmp_path / "run")
    assert first[-1].outcome == "completed"
    more = msgspec.structs.replace(plan, epochs=5, learning_rate=1e-3)
    events = told(more, tmp_path / "run", resume=True)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert steps[0].step == first[-1].steps + 1
    assert events[-1].outcome == "completed"
    assert steps[-1].step == first[-1].steps * 5 // 3
    assert max(step.learning_rate for step in steps) < 1e-3


def test_that_checkpoints_are_told_and_the_end_says_how_much_memory_it_took(plan: TrainingPlan, tmp_path: Path) -> None:
    events = told(plan, tmp_path / "run")
    kept = [event for event in events if isinstance(event, CheckpointSaved)]
    assert kept[-1].step == events[-1].steps
    assert kept[-1].bytes > 0
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.peak_memory_bytes > 50e6


@pytest.mark.parametrize(
    "tuning",
    [
        Choice(name="head"),
        Choice(name="top-layers", options={"top_layers": 1}),
        Choice(name="lora", options={"rank": 2, "dropout": 0.1}),
    ],
    ids=lambda tuning: tuning.name,
)
def test_that_a_run_of_which_a_part_learns_is_resumed_to_the_last_bit(
    plan: TrainingPlan, tmp_path: Path, tuning: Choice
) -> None:
    shape = {**TINY.options, "layers": 2}
    plan = msgspec.structs.replace(plan, tuning=tuning, model=ModelSpec(source="scratch", options=shape))
    whole = told(plan, tmp_path / "whole")
    assert whole[-1].outcome == "completed", whole[-1]
    started = next(event for event in whole if isinstance(event, RunStarted))
    assert 0 < started.trainable < started.parameters
    events = told(plan, tmp_path / "broken", pause_after=3)
    events += told(plan, tmp_path / "broken", pause_after=6, resume=True)
    events += told(plan, tmp_path / "broken", resume=True)
    assert story(events) == story(whole)
    assert same(weights(tmp_path / "broken"), weights(tmp_path / "whole"))
    names = " ".join(weights(tmp_path / "whole"))
    assert "lora" not in names
    assert "base_layer" not in names
