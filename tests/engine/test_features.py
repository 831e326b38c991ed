"""Kept features give the logits and gradients that the whole net gives, for every family, and only where they may."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from tests.engine.tiny_families import (
    FAMILIES,
    LAYERS,
    SHARED,
    TASK,
    batch_of,
    learning,
    snapshot,
    tiny_learner,
    tiny_rows,
)
from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
from workbench.engine.batches import evaluation_batches, training_batches
from workbench.engine.features import FeatureCache
from workbench.engine.losses import LOSSES
from workbench.engine.optimizers import OPTIMIZERS, parameter_groups
from workbench.engine.quick import quicken
from workbench.engine.seeding import seed_step
from workbench.engine.tunings import tune
from workbench.engine.update import Updater

HEAD = Choice(name="head")
TOP = Choice(name="top-layers", options={"top_layers": LAYERS - 1})
TOPMOST = Choice(name="top-layers", options={"top_layers": 1})
LOSS = LOSSES["cross-entropy"].function
FIRST_TOKEN_IS_ENOUGH = {family for family in FAMILIES if family != "gpt2"}


CASES = {
    f"{family} {name}": (family, choice)
    for family in FAMILIES
    for name, choice in (("head", HEAD), ("top-2", TOP), ("top-1", TOPMOST))
    if family != SHARED or choice is HEAD  # layers that are one cannot be frozen in part
}
each_case = pytest.mark.parametrize(("family", "choice"), CASES.values(), ids=CASES)


class Bench:
    """A learner, its rows and their features."""

    def __init__(self, family: str, choice: Choice, task=TASK, batch_size: int = 4, count: int = 12, **more) -> None:
        self.task, self.learner = task, tiny_learner(family)
        self.tuned = tune(self.learner.net, choice)
        self.rows = tiny_rows(self.learner, count)
        self.batches = training_batches(self.rows.lengths, batch_size, seed=1, epoch=0)
        self.features = FeatureCache(task, self.learner, self.tuned, self.rows, self.batches, **more)

    def output(self, indices, *, cached: bool, precision=torch.float32):
        """Forward without dropout in the live part, so that two passes can be compared."""
        self.learner.net.eval()
        batch = batch_of(self.learner, self.rows, indices)
        kept = self.features.batch(np.asarray(indices), batch) if cached else nullcontext()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == torch.bfloat16), kept:
            return self.task.forward(self.learner, batch, LOSS)

    def gradients(self, indices, *, cached: bool, precision=torch.float32):
        self.learner.net.zero_grad()
        self.output(indices, cached=cached, precision=precision).loss.backward()
        return {n: p.grad.clone() for n, p in self.learner.net.named_parameters() if p.grad is not None}


def calls_of(layer):
    """How often `layer` computes from now on: its innermost part tells, for its own forward is answered for."""
    calls = []
    next(m for m in layer.modules() if not list(m.children())).register_forward_hook(lambda *_: calls.append(1))
    return calls


@each_case
def test_that_a_block_that_is_asked_for_gives_equal_logits_and_gradients_to_the_last_bit(family, choice) -> None:
    bench = Bench(family, choice)
    for indices in bench.batches:
        whole = bench.output(indices, cached=False)
        for _ in range(2):  # a miss, then a hit
            kept = bench.output(indices, cached=True)
            assert torch.equal(kept.logits, whole.logits)
            assert torch.equal(kept.loss, whole.loss)
        cached, uncached = (bench.gradients(indices, cached=way) for way in (True, False))
        assert set(cached) == set(uncached)
        assert all(torch.equal(cached[name], uncached[name]) for name in cached)
    assert bench.features.storage == "float32"
    assert bench.features.filled == 1.0


@each_case
def test_that_other_batches_of_the_same_rows_agree_within_rounding(family, choice) -> None:
    bench = Bench(family, choice)
    for seed in range(3):
        indices = np.random.default_rng(seed).permutation(len(bench.rows))[:5]
        whole, kept = (bench.output(indices, cached=way).logits for way in (False, True))
        torch.testing.assert_close(kept, whole, rtol=0, atol=1e-5)


@each_case
def test_that_a_rows_features_do_not_depend_on_which_batch_asked_for_them_first(family, choice) -> None:
    one, other = Bench(family, choice), Bench(family, choice)
    for indices in one.batches:
        one.output(indices, cached=True)
    for indices in ([7, 2], [0, 11, 3], np.arange(12)):
        other.output(indices, cached=True)
    for indices in ([1, 5, 8], [4, 2], np.arange(12)):
        assert torch.equal(one.output(indices, cached=True).logits, other.output(indices, cached=True).logits)


@each_case
def test_that_frozen_layers_compute_once_for_each_block(family, choice) -> None:
    bench = Bench(family, choice)
    calls = calls_of(bench.tuned.frozen_layers[0])
    bench.output(bench.batches[0], cached=True)
    first = len(calls)
    for indices in (*bench.batches, *bench.batches, np.arange(12)):
        bench.output(indices, cached=True)
    assert first >= 1
    assert len(calls) == first * len(bench.batches)


@pytest.mark.parametrize("family", FAMILIES)
def test_that_only_the_first_token_is_kept_where_the_head_reads_no_other(family) -> None:
    bench = Bench(family, HEAD)
    numbers = bench.features.nbytes // 4 // 16
    assert numbers == (len(bench.rows) if family in FIRST_TOKEN_IS_ENOUGH else bench.rows.offsets[-1])


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != SHARED])
def test_that_every_token_is_kept_where_layers_above_read_it(family) -> None:
    assert Bench(family, TOP).features.nbytes == bench_bytes(family)


def bench_bytes(family: str) -> int:
    return int(tiny_rows(tiny_learner(family)).offsets[-1]) * 16 * 4


@each_case
def test_that_features_work_in_bfloat16_products_too(family, choice) -> None:
    bench = Bench(family, choice)
    for indices in bench.batches:
        whole = bench.output(indices, cached=False, precision=torch.bfloat16)
        for _ in range(2):
            kept = bench.output(indices, cached=True, precision=torch.bfloat16)
            assert torch.equal(kept.logits, whole.logits)
        ways = (bench.gradients(indices, cached=way, precision=torch.bfloat16) for way in (True, False))
        cached, uncached = ways
        assert all(torch.equal(cached[name], uncached[name]) for name in uncached)


@each_case
def test_that_features_work_in_the_form_in_which_a_net_learns_in_bfloat16(family, choice) -> None:
    bench = Bench(family, choice)
    form = quicken(bench.learner.net, None, "bfloat16")
    resting = bench.output(bench.batches[0], cached=False).logits
    form.learn()
    for indices in (*bench.batches, *bench.batches):
        whole, kept = (bench.output(indices, cached=way) for way in (False, True))
        assert torch.equal(kept.logits, whole.logits)
    form.rest()
    assert torch.equal(bench.output(bench.batches[0], cached=False).logits, resting)


@each_case
def test_that_an_evaluation_without_gradients_gives_the_same_bits(family, choice) -> None:
    bench = Bench(family, choice)
    batches = evaluation_batches(bench.rows.lengths, 4)
    bench.features = FeatureCache(TASK, bench.learner, bench.tuned, bench.rows, batches)
    with torch.inference_mode():
        for indices in (*batches, *batches):
            whole, kept = (bench.output(indices, cached=way) for way in (False, True))
            assert torch.equal(kept.logits, whole.logits)


@pytest.mark.parametrize("choice", [HEAD, TOP], ids=["head", "top"])
@pytest.mark.parametrize("family", ["bert", "distilbert", "gpt2"])
def test_that_learning_with_kept_features_follows_learning_without(family, choice) -> None:
    """With dropout in the live part: equal random numbers are drawn either way, and the net ends in the same place."""

    def weights(cached: bool):
        bench = Bench(family, choice)
        optimizer = OPTIMIZERS["adamw"].function(parameter_groups(learning(bench.learner.net)), 0.01)
        torch.manual_seed(4)
        for epoch in range(3):
            for indices in training_batches(bench.rows.lengths, 4, seed=1, epoch=epoch):
                bench.tuned.train()
                batch = batch_of(bench.learner, bench.rows, indices)
                with bench.features.batch(indices, batch) if cached else nullcontext():
                    output = TASK.forward(bench.learner, batch, LOSS)
                output.loss.backward()
                optimizer.step()
                optimizer.zero_grad()
        return bench.learner.net.state_dict()

    with_features, without = weights(True), weights(False)
    for name, tensor in without.items():
        torch.testing.assert_close(with_features[name], tensor, rtol=0, atol=1e-3)


@pytest.mark.parametrize("choice", [HEAD, TOP, Choice(name="lora")], ids=["head", "top", "lora"])
@pytest.mark.parametrize("family", ["bert", "distilbert", "gpt2"])
def test_that_a_run_resumed_in_the_middle_ends_with_the_same_bits(family, choice) -> None:
    def steps(bench: Bench, update: Updater, first: int, last: int) -> None:
        plan = (b for epoch in range(3) for b in training_batches(bench.rows.lengths, 4, seed=1, epoch=epoch))
        for step, indices in list(enumerate(plan))[first:last]:
            seed_step(1, step)
            bench.tuned.train()
            batch = batch_of(bench.learner, bench.rows, indices)
            with bench.features.batch(indices, batch):
                output = TASK.forward(bench.learner, batch, LOSS)
            update([output])

    plan = TrainingPlan(dataset=DatasetSpec(path=""), learning_rate=0.01)
    whole, before, after = Bench(family, choice), Bench(family, choice), Bench(family, choice)
    steps(whole, Updater(plan, quicken(whole.learner.net, None, "float32"), 9), 0, 9)
    broken_off = Updater(plan, quicken(before.learner.net, None, "float32"), 9)
    steps(before, broken_off, 0, 4)
    after.tuned.load(before.tuned.base_state(), before.tuned.extra_state())
    resumed = Updater(plan, quicken(after.learner.net, None, "float32"), 9, done=4)
    resumed.load_moments(broken_off.moments())
    steps(after, resumed, 4, 9)
    ended = after.learner.net.state_dict()
    assert all(torch.equal(ended[name], tensor) for name, tensor in whole.learner.net.state_dict().items())


@each_case
def test_that_the_net_is_as_it_was_outside_the_block(family, choice) -> None:
    bench = Bench(family, choice)
    before, mode = snapshot(bench.learner.net), {m: m.training for m in bench.learner.net.modules()}
    batch = batch_of(bench.learner, bench.rows, [0, 1])
    with pytest.raises(KeyboardInterrupt), bench.features.batch(np.array([0, 1]), batch):
        raise KeyboardInterrupt
    assert not any("forward" in vars(module) for module in bench.learner.net.modules())
    assert {module: module.training for module in bench.learner.net.modules()} == mode
    after = bench.learner.net.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("name", ["all", "lora"])
def test_that_nothing_is_kept_where_nothing_is_frozen(name) -> None:
    bench = Bench("bert", Choice(name=name))
    assert (bench.features.storage, bench.features.notice, bench.features.nbytes) == ("off", None, 0)
    assert torch.equal(bench.output([0, 1], cached=True).logits, bench.output([0, 1], cached=False).logits)


def test_that_nothing_is_kept_where_a_weight_below_learns_after_all() -> None:
    bench = Bench("bert", TOP)
    bench.learner.net.get_input_embeddings().weight.requires_grad_(True)
    features = FeatureCache(TASK, bench.learner, bench.tuned, bench.rows, bench.batches)
    assert features.storage == "off"


def test_that_half_the_digits_are_kept_where_all_do_not_fit_and_it_is_said() -> None:
    bench = Bench("bert", TOP, limit=bench_bytes("bert") - 1)
    assert bench.features.storage == "bfloat16"
    assert bench.features.notice is not None
    assert bench.features.notice.code == "T56"
    assert bench.features.nbytes == bench_bytes("bert") // 2
    whole, kept = (bench.output([3, 9, 1], cached=way).logits for way in (False, True))
    torch.testing.assert_close(kept, whole, rtol=0, atol=0.1)
    assert not torch.equal(kept, whole)


def test_that_nothing_is_kept_where_it_does_not_fit_and_it_is_said() -> None:
    bench = Bench("bert", TOP, limit=bench_bytes("bert") // 2 - 1)
    assert bench.features.storage == "off"
    assert bench.features.notice is not None
    assert (bench.features.notice.code, bench.features.notice.severity) == ("T57", "warning")
    assert torch.equal(bench.output([0, 1], cached=True).logits, bench.output([0, 1], cached=False).logits)


def test_that_nothing_is_kept_where_memory_does_not_suffice_for_a_block() -> None:
    bench = Bench("bert", HEAD)

    def exhausted(*_, **__):
        raise torch.OutOfMemoryError

    handle = bench.tuned.frozen_layers[0].register_forward_pre_hook(exhausted)
    batch = batch_of(bench.learner, bench.rows, [0, 1])
    with bench.features.batch(np.array([0, 1]), batch):
        handle.remove()
        kept = TASK.forward(bench.learner, batch, LOSS).logits
    assert bench.features.storage == "off"
    assert torch.equal(kept, bench.output([0, 1], cached=False).logits)


def test_that_a_resumed_run_can_ask_for_the_storage_of_the_first_part() -> None:
    bench = Bench("bert", TOP, limit=0, storage="bfloat16")
    assert bench.features.storage == "bfloat16"
    assert bench.features.notice is None


@dataclass(frozen=True)
class Cropped(type(TASK)):
    """A task whose training rows are another crop each time."""

    def collate(self, learner, items, *, training):
        if training:
            items = [{**item, "input_ids": np.roll(item["input_ids"], 1)} for item in items]
        return super().collate(learner, items, training=training)


def test_that_rows_which_are_collated_anew_each_time_are_computed_anew_each_time() -> None:
    bench = Bench("bert", HEAD)
    task = Cropped()
    features = FeatureCache(task, bench.learner, bench.tuned, bench.rows, bench.batches)
    assert features.storage == "float32"
    batch = task.collate(bench.learner, bench.rows.take([0, 5]), training=True)
    expected = task.forward(bench.learner, batch, LOSS).logits
    with features.batch(np.array([0, 5]), batch):
        assert torch.equal(task.forward(bench.learner, batch, LOSS).logits, expected)
    assert features.storage == "off"
