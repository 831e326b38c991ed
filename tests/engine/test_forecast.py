"""What a run will cost: the formulas against real nets, and a few real steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from tests.engine.tiny_families import TASK, batch_of, tiny_learner, tiny_rows
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.core.resources import resource
from workbench.data.profile import Histogram
from workbench.engine.batches import padded_length, token_ids, training_batches
from workbench.engine.forecast import Surroundings, activation_scale, forecast_of, work_from_profile
from workbench.engine.forecast_measure import measure
from workbench.engine.forecast_memory import Process, batch_bytes
from workbench.engine.forecast_shapes import ModelShape, row_lengths, trainable, work_of
from workbench.engine.forecast_time import Costs, fitted, seconds_of
from workbench.engine.losses import LOSSES
from workbench.engine.prepare import Stopped, prepare
from workbench.engine.quick import quicken
from workbench.engine.quick.last_layer import READ_FIRST
from workbench.engine.tunings import tune
from workbench.tasks import task_of

SHAPE = ModelShape(parameters=22_713_216, layers=6, hidden=384, heads=12, inner=1536, vocabulary=30522, positions=512)
SCRATCH = {"layers": 1, "hidden_size": 32, "heads": 2, "vocabulary": 400}
WORDS = Histogram(edges=tuple(range(0, 105, 5)), counts=(*range(20, 0, -1),), unit="words")
AROUND = Surroundings(Process(400 << 20), 8 << 30, 1, False)


def plan_of(**changes: Any) -> TrainingPlan:
    return TrainingPlan(dataset=DatasetSpec(path="reviews.csv"), **changes)


def parts_of(plan: TrainingPlan, around: Surroundings = AROUND) -> dict[str, int]:
    found = forecast_of(plan, SHAPE, work_from_profile(plan, SHAPE, WORDS, 1000), around)
    assert sum(part.bytes for part in found.parts) == found.peak_bytes
    assert all(part.title for part in found.parts)
    return {part.key: part.bytes for part in found.parts}


def sample_plan(**changes: Any) -> TrainingPlan:
    path = str(resource("samples") / "customer_messages.csv")
    columns = {"text": "message", "label": "topic"}
    defaults = {"model": ModelSpec(source="scratch", options=dict(SCRATCH)), "max_length": 24}
    return TrainingPlan(dataset=DatasetSpec(path=path, columns=columns), **{**defaults, **changes})


def test_that_weights_gradients_and_moments_are_four_bytes_each() -> None:
    parts = parts_of(plan_of())
    learned = trainable(plan_of(), SHAPE, work_from_profile(plan_of(), SHAPE, WORDS, 1000).seen)
    assert parts["gradients"] == 4 * learned
    assert parts["moments"] == 8 * learned
    assert 4 * SHAPE.parameters <= parts["weights"] < 4.2 * SHAPE.parameters


@pytest.mark.parametrize(("optimizer", "numbers"), [("adam", 2), ("sgd-momentum", 1), ("sgd", 0)])
def test_that_each_optimizer_remembers_its_own_share(optimizer: str, numbers: int) -> None:
    parts = parts_of(plan_of(optimizer=Choice(name=optimizer)))
    assert parts.get("moments", 0) == numbers * parts["gradients"]


def test_that_half_the_batch_twice_needs_half_the_activations_and_makes_the_same_steps() -> None:
    whole, halved = plan_of(batch_size=32), plan_of(batch_size=16, accumulation=2)
    before = forecast_of(whole, SHAPE, work_from_profile(whole, SHAPE, WORDS, 1000), AROUND)
    after = forecast_of(halved, SHAPE, work_from_profile(halved, SHAPE, WORDS, 1000), AROUND)
    assert before.steps == after.steps
    assert parts_of(halved)["activations"] == pytest.approx(parts_of(whole)["activations"] / 2, rel=0.2)
    assert after.peak_bytes < before.peak_bytes


def test_that_bfloat16_halves_the_activations_and_adds_copies_of_the_weights() -> None:
    low = Surroundings(AROUND.process, AROUND.available, 1, True)
    single, half = parts_of(plan_of()), parts_of(plan_of(precision="bfloat16"), low)
    assert half["activations"] == pytest.approx(single["activations"] / 2, rel=0.01)
    assert "copies" not in single
    assert half["copies"] > SHAPE.parameters


def test_that_a_frozen_encoder_needs_no_activations_and_hardly_any_gradients() -> None:
    parts = parts_of(plan_of(tuning=Choice(name="head")))
    assert "activations" not in parts
    assert parts["gradients"] < 1_000_000
    assert parts["features"] > 0


def test_that_a_card_holds_neither_the_process_nor_copies_for_checkpoints() -> None:
    parts = parts_of(plan_of(), Surroundings(Process(400 << 20, "cuda"), 8 << 30, 1, False))
    assert {"process", "snapshot", "file"}.isdisjoint(parts)
    assert parts["activations"] < parts_of(plan_of())["activations"]


@pytest.mark.parametrize(
    ("available", "verdict"), [(0, "fits"), (8 << 30, "fits"), (1700 << 20, "tight"), (500 << 20, "too_big")]
)
def test_that_the_verdict_depends_on_the_memory_that_can_be_had(available: int, verdict: str) -> None:
    plan = plan_of(max_length=128)
    around = Surroundings(AROUND.process, available, 1, False)
    assert forecast_of(plan, SHAPE, work_from_profile(plan, SHAPE, WORDS, 1000), around).verdict == verdict


@pytest.mark.parametrize("tuning", ["all", "head", "lora", "top-layers"])
def test_that_the_weights_that_learn_are_counted_as_in_a_real_net(tuning: str) -> None:
    learner = tiny_learner("bert")
    config: Any = learner.net.config
    choice = Choice(name=tuning, options={"top_layers": 1} if tuning == "top-layers" else {})
    tune(learner.net, choice)
    ids = token_ids(tiny_rows(learner))
    learning = quicken(learner.net, ids, "float32")
    shape = shape_of_net(learner.net)
    real = sum(weight.numel() for weight in learning.parameters)
    reckoned = trainable(plan_of(tuning=choice), shape, len(ids) if ids is not None else 0)
    assert reckoned == pytest.approx(real, abs=6 * config.hidden_size)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_that_activations_are_what_autograd_really_keeps(precision: str) -> None:
    learner = tiny_learner("bert")
    rows = tiny_rows(learner, 60)
    learner.learning = quicken(learner.net, token_ids(rows), precision)
    learner.learn()
    commonest = int(np.bincount(rows.lengths).argmax())
    batch = batch_of(learner, rows, np.flatnonzero(rows.lengths == commonest))
    batch = {name: values if name == "target" else values[:, :commonest] for name, values in batch.items()}
    count, longest = batch["input_ids"].shape
    kept: dict[int, int] = {weight.untyped_storage().data_ptr(): 0 for weight in learner.net.parameters()}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        output = TASK.forward(learner, batch, LOSSES["cross-entropy"].function)
    assert output.loss is not None
    reckoned, _ = batch_bytes(
        plan_of(), shape_of_net(learner.net), count, longest, low=precision == "bfloat16", on_card=False
    )
    assert reckoned == pytest.approx(sum(kept.values()), rel=0.15)


def shape_of_net(net: Any) -> ModelShape:
    config = net.config
    return ModelShape(
        parameters=sum(weight.numel() for weight in net.parameters()),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        inner=config.intermediate_size,
        vocabulary=config.vocab_size,
        positions=config.max_position_embeddings,
        first_only=config.model_type in READ_FIRST,
    )


def test_that_row_lengths_follow_the_histogram_and_are_cut() -> None:
    lengths = row_lengths(WORDS, plan_of(), 210, 512)
    assert len(lengths) == 210
    assert lengths.max() == round(100 * 1.3) + 2
    assert np.median(lengths) == pytest.approx(1.3 * 30, abs=6)
    assert row_lengths(WORDS, plan_of(), 210, 40).max() == 40


def test_that_known_rows_give_the_very_batches_of_the_run() -> None:
    plan = plan_of(batch_size=8)
    lengths = np.random.default_rng(0).integers(3, 60, size=85)
    work = work_of(plan, lengths, 100, 50, known=True)
    batches = training_batches(lengths, 8, seed=plan.seed, epoch=0)
    assert work.longest.tolist() == [padded_length(int(lengths[batch].max()), plan.max_length) for batch in batches]
    assert (work.steps, work.looks, work.scale) == (33, 3, 1.0)


def test_that_a_large_file_is_reckoned_from_a_part_of_its_rows() -> None:
    plan, costs = plan_of(epochs=1), Costs(update=0.0, batch=0.0, token=1e-6, square=0, frozen=0, judged=0, start=0)
    few, many = (work_from_profile(plan, SHAPE, WORDS, rows) for rows in (10_000, 1_000_000))
    assert len(many.rows) < 2000
    small, large = seconds_of(plan, SHAPE, few, costs).steps, seconds_of(plan, SHAPE, many, costs).steps
    assert large == pytest.approx(100 * small, rel=0.05)


def test_that_most_steps_bound_the_forecast() -> None:
    plan = plan_of(max_steps=7)
    assert work_from_profile(plan, SHAPE, WORDS, 10_000).steps == 7


def test_that_time_grows_with_the_epochs_and_frozen_layers_are_paid_once() -> None:
    costs = Costs(update=0.01, batch=0.02, token=1e-5, square=1e-8, frozen=1e-5, judged=1e-6, start=3.0)

    def steps(epochs: int) -> float:
        plan = plan_of(epochs=epochs)
        return seconds_of(plan, SHAPE, work_from_profile(plan, SHAPE, WORDS, 1000), costs).steps

    assert steps(4) - steps(3) == pytest.approx(steps(3) - steps(2))
    assert steps(1) > steps(2) - steps(1)


def test_that_the_costs_of_tokens_and_of_attention_are_told_apart() -> None:
    shapes = [(16, 8), (16, 24), (16, 40), (16, 80), (4, 80), (1, 8)]
    seconds = [0.01 + 2e-5 * rows * longest + 3e-7 * rows * longest**2 for rows, longest in shapes]
    assert fitted(shapes, seconds) == pytest.approx((0.01, 2e-5, 3e-7), rel=1e-6)


def test_that_no_cost_is_below_zero_where_times_are_noisy() -> None:
    assert min(fitted([(16, 20), (16, 21), (16, 22)], [0.3, 0.2, 0.1])) >= 0
    assert sum(fitted([(16, 20)] * 3, [0.2] * 3)) > 0


def test_that_a_measured_step_scales_what_is_reckoned_within_reason() -> None:
    plan = plan_of()
    needed = round(1.5 * sum(batch_bytes(plan, SHAPE, 16, 100, low=False, on_card=False)))
    assert activation_scale(plan, SHAPE, (16, 100), needed, AROUND) == pytest.approx(1.5, rel=0.01)
    assert activation_scale(plan, SHAPE, (16, 100), 0, AROUND) == 1.0
    assert activation_scale(plan, SHAPE, (16, 100), 10**15, AROUND) <= 4.0


def measured(plan: TrainingPlan, folder: Path, stopped: Callable[[], bool] = lambda: False) -> Any:
    stream = measure(plan, task_of(plan.task), SHAPE, folder, stopped, seconds=1.0)
    while True:
        try:
            next(stream)
        except StopIteration as done:
            return done.value


def test_that_measuring_makes_steps_on_the_rows_of_the_run_and_writes_nothing(tmp_path: Path) -> None:
    plan = sample_plan()
    found = measured(plan, tmp_path)
    stream = prepare(plan, task_of(plan.task), tmp_path, lambda: False)
    while True:
        try:
            next(stream)
        except StopIteration as done:
            ready = done.value
            break
    assert found.exact
    assert found.lengths.tolist() == ready.train.lengths.tolist()
    assert found.parameters == sum(weight.numel() for weight in ready.learner.net.parameters())
    assert found.costs.measured
    assert found.costs.update + found.costs.batch + found.costs.token + found.costs.square > 0
    assert found.shape == (16, 24)
    assert list(tmp_path.iterdir()) == []


def test_that_measuring_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        measured(sample_plan(), tmp_path, lambda: True)


def test_that_measuring_a_frozen_encoder_tells_its_answers_from_the_rest(tmp_path: Path) -> None:
    options = {**SCRATCH, "layers": 4, "hidden_size": 64}
    plan = sample_plan(tuning=Choice(name="head"), model=ModelSpec(source="scratch", options=options))
    found = measured(plan, tmp_path)
    assert found.costs.frozen > 0
    assert found.trainable < found.parameters / 3


def test_that_costs_are_plain_values() -> None:
    costs = Costs(update=0.1, batch=0.1, token=0.1, square=0.1, frozen=0.1, judged=0.1, start=0.1)
    assert msgspec.json.decode(msgspec.json.encode(costs), type=Costs) == costs
