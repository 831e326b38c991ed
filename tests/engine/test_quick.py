"""What makes a step cheaper must not change what is learned."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
import torch

from tests.engine.tiny_families import FAMILIES, TASK, batch_of, tiny_learner, tiny_rows
from workbench.engine.batches import token_ids
from workbench.engine.losses import LOSSES
from workbench.engine.optimizers import OPTIMIZERS, parameter_groups
from workbench.engine.quick import Learning, quicken
from workbench.engine.quick.allocator import keep_memory
from workbench.engine.quick.attention import NAME
from workbench.engine.quick.dropout import dropout_mask, seed_dropout
from workbench.engine.quick.embedding import SeenTokens
from workbench.engine.seeding import seed_step
from workbench.engine.task import Learner

LOSS = LOSSES["cross-entropy"].function


def without_dropout(learner: Learner) -> Learner:
    for module in learner.net.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        for name in ("dropout_prob", "attention_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return learner


def steps(learner: Learner, learning: Learning | None, count: int, optimizer: str = "sgd") -> list[float]:
    """The losses of `count` steps on the same batch. Plain descent: Adam would make steps out of rounding errors."""
    parameters = learning.parameters if learning else list(learner.net.parameters())
    step_of = OPTIMIZERS[optimizer].function(parameter_groups(parameters), 1e-3 if optimizer == "adam" else 0.1)
    batch, losses = batch_of(learner, tiny_rows(learner)), []
    learner.learning = learning
    for step in range(count):
        seed_step(1, step)
        learner.learn()
        loss = TASK.forward(learner, batch, LOSS).loss
        loss.backward()
        if learning:
            learning.collect(0)
        step_of.step()
        if learning:
            learning.publish()
        step_of.zero_grad()
        losses.append(float(loss.detach()))
    learner.rest()
    return losses


def ids_of(learner: Learner) -> np.ndarray:
    ids = token_ids(tiny_rows(learner))
    assert ids is not None
    return ids


@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_quick_net_learns_as_the_library_does(family: str) -> None:
    plain, quick = without_dropout(tiny_learner(family)), without_dropout(tiny_learner(family))
    expected = steps(plain, None, 4)
    found = steps(quick, quicken(quick.net, ids_of(quick), "float32"), 4)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
    for (name, one), two in zip(plain.net.state_dict().items(), quick.net.state_dict().values(), strict=True):
        torch.testing.assert_close(two, one, rtol=1e-3, atol=2e-4, msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_that_bfloat16_learns_nearly_the_same_and_leaves_float32_weights(family: str) -> None:
    plain, quick = without_dropout(tiny_learner(family)), without_dropout(tiny_learner(family))
    expected = steps(plain, None, 8)
    found = steps(quick, quicken(quick.net, ids_of(quick), "bfloat16"), 8)
    np.testing.assert_allclose(found, expected, atol=0.06)
    assert found[-1] < found[0]
    assert {weight.dtype for weight in quick.net.state_dict().values() if weight.is_floating_point()} == {torch.float32}


def test_that_only_tokens_that_occur_change_and_all_of_them_as_in_the_whole_table() -> None:
    plain, quick = without_dropout(tiny_learner("bert")), without_dropout(tiny_learner("bert"))
    before = quick.net.get_input_embeddings().weight.detach().clone()
    learning = Learning(quick.net, "float32", SeenTokens(quick.net.get_input_embeddings(), np.unique(ids_of(quick))))
    steps(quick, learning, 3, "adam")
    steps(plain, None, 3, "adam")
    after, whole = quick.net.get_input_embeddings().weight, plain.net.get_input_embeddings().weight
    seen = torch.from_numpy(np.unique(ids_of(quick)).astype(np.int64))
    torch.testing.assert_close(after[seen], whole[seen], rtol=1e-4, atol=1e-6)
    others = torch.ones(len(before), dtype=torch.bool)
    others[seen] = False
    assert others.any()
    assert torch.equal(after[others], before[others])


def test_that_a_token_that_never_occurred_is_still_read() -> None:
    learner = tiny_learner("bert")
    embedding = learner.net.get_input_embeddings()
    whole = embedding.weight.detach().clone()
    SeenTokens(embedding, np.array([3, 5]))
    embedding.train()
    found = embedding(torch.tensor([[5, 7]]))
    assert torch.equal(found[0, 1], whole[7])
    found.sum().backward()
    assert embedding.weight.grad is None


def test_that_the_saved_description_names_no_attention_of_ours(tmp_path) -> None:
    learner = tiny_learner("bert")
    quicken(learner.net, None, "float32")
    assert learner.net.config._attn_implementation == NAME
    learner.net.save_pretrained(tmp_path)
    assert NAME not in (tmp_path / "config.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_that_a_dropout_mask_drops_at_its_rate_and_keeps_the_mean(dtype: torch.dtype, rate: float) -> None:
    seed_dropout(7)
    mask = dropout_mask((400, 1001), rate, dtype)
    dropped = float((mask == 0).double().mean())
    assert abs(dropped - rate) < 4 * np.sqrt(rate * (1 - rate) / mask.numel())
    assert mask.unique().numel() == 2
    assert float(mask.max()) == pytest.approx(1 / (1 - rate), rel=0.004)
    seed_dropout(7)
    assert torch.equal(dropout_mask((400, 1001), rate, dtype), mask)


def test_that_rows_and_columns_of_a_mask_are_independent() -> None:
    seed_dropout(3)
    kept = (dropout_mask((500, 500), 0.5, torch.float32) > 0).double()
    across = torch.corrcoef(kept[:50])
    across.fill_diagonal_(0)
    assert float(across.abs().max()) < 0.25
    assert abs(float(torch.corrcoef(torch.stack([kept[:, :-1].flatten(), kept[:, 1:].flatten()]))[0, 1])) < 0.01


def test_that_answers_are_the_same_while_a_quick_net_rests() -> None:
    learner = tiny_learner("bert")
    untouched = copy.deepcopy(learner.net).eval()
    learner.learning = quicken(learner.net, ids_of(learner), "bfloat16")
    learner.learn()
    learner.rest()
    batch = {key: value for key, value in batch_of(learner, tiny_rows(learner)).items() if key != "target"}
    with torch.inference_mode():
        torch.testing.assert_close(learner.net(**batch).logits, untouched(**batch).logits, rtol=0, atol=1e-6)


def test_that_gradients_of_micro_batches_add_up_in_float32() -> None:
    net = torch.nn.Linear(3, 1, bias=False)
    learning = Learning(net, "bfloat16")
    learning.learn()
    for number in range(3):
        net(torch.full((1, 3), 1.0, dtype=torch.bfloat16)).sum().backward()
        learning.collect(number)
    (master,) = learning.parameters
    assert master.grad is not None
    assert master.grad.dtype == torch.float32
    assert master.grad.tolist() == [[3.0, 3.0, 3.0]]


def test_that_the_c_library_can_be_told_to_keep_memory_or_is_left_alone() -> None:
    assert keep_memory() in (True, False)


def test_that_a_quick_net_is_freed_without_the_garbage_collector() -> None:
    learner = tiny_learner("bert")
    learner.learning = quicken(learner.net, ids_of(learner), "bfloat16")
    steps(learner, learner.learning, 1)
    gone = weakref.ref(learner.net.get_input_embeddings()), weakref.ref(learner.net)
    gc.disable()
    try:
        del learner
        assert [held() for held in gone] == [None, None]
    finally:
        gc.enable()
