"""One contract for every task that is found: its seven verbs, the grammar of its stream, its saved model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from tests.engine.places import place_at
from tests.tasks.examples import csv_of, rows
from workbench.core.events import Evaluated, Event, ModelSaved, RunFinished, RunStarted, StepDone
from workbench.core.fields import Example
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.engine.batches import RowCollector
from workbench.engine.control import Control
from workbench.engine.losses import LOSSES
from workbench.engine.predict import predict
from workbench.engine.task import ModelSource, task_options
from workbench.engine.train import loss_function, train
from workbench.tasks import task_of, tasks

TINY = ModelSpec(source="scratch", options={"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 300})


@pytest.fixture(params=list(tasks()))
def task(request):
    return task_of(Choice(name=request.param))


@pytest.fixture
def learner(task, tmp_path):
    examples = rows(task.fields)
    source = ModelSource(spec=TINY, models_folder=tmp_path, max_length=32, seed=1)
    return task.build(source, task.study(examples), examples)


def collected(task, learner, examples):
    collector = RowCollector()
    for item in task.encode(learner, examples):
        collector.add(item)
    return collector.rows()


def plan_for(task, tmp_path: Path, **changes) -> TrainingPlan:
    examples = rows(task.fields)
    data = tmp_path / "data.csv"
    data.write_text(csv_of(examples), encoding="utf-8")
    plan = TrainingPlan(
        dataset=DatasetSpec(path=str(data), columns={name: name for name in examples[0].values}),
        task=Choice(name=task.id),
        loss=Choice(name=task.losses[0]),
        model=TINY,
        epochs=2,
        batch_size=8,
        learning_rate=1e-3,
        max_length=32,
    )
    return msgspec.structs.replace(plan, **changes)


def run(task, plan: TrainingPlan, folder: Path, control: Control | None = None) -> Iterator[Event]:
    return train(plan, task, place_at(folder), control or Control())


def test_that_facts_survive_json(task) -> None:
    facts = task.study(rows(task.fields))
    assert msgspec.json.decode(msgspec.json.encode(facts), type=task.facts_type) == facts


def test_that_every_row_is_encoded_and_its_items_collate_to_one_batch(task, learner) -> None:
    encoded = collected(task, learner, rows(task.fields))
    assert len(encoded) == 36
    batch = task.collate(learner, encoded.take(range(5)), training=True)
    assert {len(value) for value in batch.values()} == {5}
    assert batch["attention_mask"].sum(dim=1).tolist() == encoded.lengths[:5].tolist()


def test_that_padding_does_not_change_a_rows_output(task, learner) -> None:
    encoded = collected(task, learner, rows(task.fields))
    learner.net.eval()
    shortest, longest = int(np.argmin(encoded.lengths)), int(np.argmax(encoded.lengths))
    with torch.inference_mode():
        alone = task.forward(learner, task.collate(learner, encoded.take([shortest]), training=False), None)
        padded = task.forward(learner, task.collate(learner, encoded.take([shortest, longest]), training=False), None)
    torch.testing.assert_close(alone.logits[0], padded.logits[0], rtol=1e-5, atol=1e-6)


def test_that_the_declared_losses_exist_and_give_a_finite_gradient(task, learner, tmp_path) -> None:
    encoded = collected(task, learner, rows(task.fields))
    for name in task.losses:
        assert name in LOSSES.entries
        loss = loss_function(plan_for(task, tmp_path, loss=Choice(name=name)))
        learner.net.zero_grad()
        output = task.forward(learner, task.collate(learner, encoded.take(range(8)), training=True), loss)
        output.loss.backward()
        gradients = [p.grad for p in learner.net.parameters() if p.grad is not None]
        assert output.weight == 8
        assert gradients
        assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_that_measures_name_the_headline_beside_its_baseline(task, learner) -> None:
    encoded = collected(task, learner, rows(task.fields))
    learner.net.eval()
    with torch.inference_mode():
        output = task.forward(learner, task.collate(learner, encoded.take(range(36)), training=False), None)
    measures = task.measure(learner.facts, output.logits.numpy(), output.targets.numpy())
    assert task.headline in measures.metrics
    assert task.headline in measures.baseline
    perfect = -1 if not task.higher_is_better else 1
    assert np.isfinite(perfect * measures.metrics[task.headline])


def test_that_the_stream_keeps_its_grammar_and_the_kept_model_is_the_best(task, tmp_path) -> None:
    events = list(run(task, plan_for(task, tmp_path, epochs=3), tmp_path))
    kinds = [type(event) for event in events]
    assert kinds.count(RunStarted) == kinds.count(RunFinished) == 1
    assert kinds[-1] is RunFinished
    assert kinds.index(RunStarted) < kinds.index(StepDone)
    assert events[-1].outcome == "completed", events[-1]
    assert [event.step for event in events if isinstance(event, StepDone)] == list(range(1, events[-1].steps + 1))
    evaluations = [event for event in events if isinstance(event, Evaluated)]
    sign = 1 if task.higher_is_better else -1
    best = max(evaluations, key=lambda event: (sign * event.measures.metrics[task.headline], -event.loss))
    assert events[-1].best_step == best.step
    assert [event.step for event in events if isinstance(event, ModelSaved)][-1] == best.step


def test_that_equal_plans_give_equal_runs(task, tmp_path) -> None:
    def losses(seed: int) -> list[float]:
        plan = plan_for(task, tmp_path, epochs=1, seed=seed)
        return [event.loss for event in run(task, plan, tmp_path) if isinstance(event, StepDone)]

    assert losses(3) == losses(3)
    assert losses(3) != losses(4)


def test_that_a_saved_model_answers_as_the_one_in_memory(task, learner, tmp_path) -> None:
    from workbench.engine.model_folder import save_model

    folder = tmp_path / "model"
    folder.mkdir()
    save_model(learner, folder)
    spec = ModelSpec(source="folder", location=str(folder))
    again = task.build(ModelSource(spec, tmp_path, 32, 1), learner.facts, ())
    questions = [
        Example({name: v for name, v in e.values.items() if not task.fields[name].target}) for e in rows(task.fields)
    ]
    before, after = (predict(task, who, questions) for who in (learner, again))
    assert before == after


def test_that_a_few_examples_can_be_learned_by_heart(task, tmp_path) -> None:
    plan = plan_for(task, tmp_path, epochs=30, learning_rate=3e-3, schedule=Choice(name="constant"))
    losses = [event.loss for event in run(task, plan, tmp_path) if isinstance(event, StepDone)]
    assert np.mean(losses[-5:]) < 0.2 * np.mean(losses[:5])


def test_that_every_knob_has_its_words(task) -> None:
    assert task.title
    assert task.summary
    for option in task_options(task):
        assert option.title
        assert 10 < len(option.help) <= 200
