"""Packed batches and a last layer of first tokens must not change what is learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.engine.test_quick import LOSS, without_dropout
from tests.engine.tiny_families import FAMILIES, TASK, batch_of, tiny_learner, tiny_rows
from workbench.core.plan import Choice
from workbench.engine.batches import padded_length
from workbench.engine.quick.attention import LONGEST, PACKING, quicken_attention
from workbench.engine.quick.gathering import gathered
from workbench.engine.quick.last_layer import quicken_layers
from workbench.engine.quick.packing import Pack, Packing, rounded
from workbench.engine.task import Learner
from workbench.engine.tuned import layers_of
from workbench.engine.tunings import tune

READS_FIRST = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra")


def packing_of(net: torch.nn.Module) -> Packing | None:
    found = [vars(module)[PACKING] for module in net.modules() if PACKING in vars(module)]
    return found[0] if found else None


def gradients(learner: Learner, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
    learner.net.train()
    learner.net.zero_grad()
    loss = TASK.forward(learner, batch, LOSS).loss
    assert loss is not None
    loss.backward()
    return {name: weight.grad.clone() for name, weight in learner.net.named_parameters() if weight.grad is not None}


def plain_and_quick(family: str) -> tuple[Learner, Learner]:
    plain, quick = without_dropout(tiny_learner(family)), without_dropout(tiny_learner(family))
    assert quicken_attention(quick.net)
    assert quicken_layers(quick.net) == (family in READS_FIRST)
    return plain, quick


@pytest.fixture
def long_batch() -> Any:
    """Texts of very different lengths, so that packing pays."""

    def make(learner: Learner) -> dict[str, Any]:
        rows = tiny_rows(learner, 48)
        return batch_of(learner, rows, np.argsort(rows.lengths)[::3])

    return make


@pytest.mark.parametrize("family", [name for name in FAMILIES if name in READS_FIRST])
def test_that_a_packed_batch_gives_the_gradients_of_a_padded_one(family: str, long_batch: Any, monkeypatch) -> None:
    plain, quick = plain_and_quick(family)
    packing = packing_of(quick.net)
    assert packing is not None
    packs: list[Pack] = []
    begin = packing.begin
    monkeypatch.setattr(packing, "begin", lambda mask: packs.append(begin(mask)) or packs[-1])
    batch = long_batch(plain)
    expected, found = gradients(plain, batch), gradients(quick, batch)
    assert packs[-1] is not None
    assert packs[-1].tokens == int(batch["attention_mask"].sum())
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - set(READS_FIRST)))
def test_that_a_family_that_reads_more_keeps_its_own_layers(family: str) -> None:
    learner = tiny_learner(family)
    quicken_attention(learner.net)
    assert not quicken_layers(learner.net)
    assert packing_of(learner.net) is None
    assert all("forward" not in vars(layer) for layer in layers_of(learner.net))


def test_that_a_head_which_reads_every_token_is_noticed() -> None:
    learner = tiny_learner("bert")

    def mean_of_all(hidden: torch.Tensor) -> torch.Tensor:
        return hidden.mean(1)

    learner.net.bert.pooler.forward = mean_of_all
    quicken_attention(learner.net)
    assert not quicken_layers(learner.net)
    assert all("forward" not in vars(layer) for layer in layers_of(learner.net))


def test_that_answers_at_rest_come_from_whole_layers(long_batch: Any) -> None:
    plain, quick = plain_and_quick("bert")
    batch = long_batch(plain)
    gradients(quick, batch)
    quick.net.eval()
    inputs = {name: value for name, value in batch.items() if name != "target"}
    with torch.no_grad():
        whole = quick.net(**inputs, output_hidden_states=True)
        assert whole.hidden_states[-1].shape[1] == batch["input_ids"].shape[1]
        assert torch.equal(whole.logits, plain.net.eval()(**inputs).logits)


def test_that_rows_of_one_length_are_not_packed() -> None:
    plain, quick = plain_and_quick("bert")
    rows = tiny_rows(plain, 48)
    length = int(np.bincount(rows.lengths).argmax())
    batch = batch_of(plain, rows, np.flatnonzero(rows.lengths == length))
    batch = {name: value if name == "target" else value[:, :length] for name, value in batch.items()}
    packing = packing_of(quick.net)
    assert packing is not None
    expected, found = gradients(plain, batch), gradients(quick, batch)
    assert packing.current is None
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_that_frozen_layers_stay_as_they_are_and_packing_begins_above_them(long_batch: Any) -> None:
    plain, quick = without_dropout(tiny_learner("bert")), without_dropout(tiny_learner("bert"))
    tuning = Choice(name="top-layers", options={"top_layers": 2})
    for learner in (plain, quick):
        learner.tuned = tune(learner.net, tuning)
    quicken_attention(quick.net)
    assert quicken_layers(quick.net)
    lowest, *learning = layers_of(quick.net)
    assert "forward" not in vars(lowest)
    assert all("forward" in vars(layer) for layer in learning)
    batch = long_batch(plain)
    expected, found = gradients(plain, batch), gradients(quick, batch)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_that_a_head_alone_changes_no_layer() -> None:
    learner = tiny_learner("bert")
    learner.tuned = tune(learner.net, Choice(name="head"))
    quicken_attention(learner.net)
    assert not quicken_layers(learner.net)


def test_that_a_net_that_cannot_be_packed_is_left_as_it_was(long_batch: Any) -> None:
    plain, quick = without_dropout(tiny_learner("bert")), without_dropout(tiny_learner("bert"))
    middle = layers_of(quick.net)[1]
    forward = middle.forward

    def only_two_dimensions_as_before(hidden: torch.Tensor, *more: Any, **named: Any) -> Any:
        if hidden.shape[0] == 1:
            raise ValueError("a setting that packed batches do not suit")
        return forward(hidden, *more, **named)

    middle.forward = only_two_dimensions_as_before
    quicken_attention(quick.net)
    assert not quicken_layers(quick.net)
    assert packing_of(quick.net) is None
    batch = long_batch(plain)
    expected, found = gradients(plain, batch), gradients(quick, batch)
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_that_long_texts_are_not_packed() -> None:
    mask = torch.zeros(2, 1, 1, LONGEST + 8)
    mask[1, ..., 8:] = -1e9
    assert Packing().begin(mask) is None
    assert Packing().begin(mask[..., :LONGEST]) is not None


def test_that_tokens_go_in_and_come_out_where_they_were() -> None:
    real = torch.tensor([[1, 1, 0], [1, 0, 1], [1, 0, 0]], dtype=torch.bool)
    pack = Pack(real)
    hidden = torch.arange(9.0).view(3, 3, 1).expand(3, 3, 4).clone().requires_grad_()
    packed = pack.packed(hidden)
    assert packed[0, : pack.tokens, 0].tolist() == [0, 1, 3, 5, 6]
    assert pack.first.tolist() == [0, 2, 4]
    (spread,) = pack.spread([packed], heads=2)
    assert spread.shape == (3, 2, 3, 2)
    back = pack.gathered(spread)
    assert torch.equal(back.flatten(2)[0, : pack.tokens], packed[0, : pack.tokens])
    back[0, : pack.tokens].sum().backward()
    assert hidden.grad is not None
    assert torch.equal(hidden.grad[..., 0], real.float())


def test_that_spare_rows_bring_no_gradient() -> None:
    rows = torch.ones(4, 2, requires_grad=True)
    (found,) = gathered([rows], torch.tensor([0, 1, 3]), torch.tensor([0, 1, 0, 2]), spare=2)
    found.sum().backward()
    assert rows.grad is not None
    assert rows.grad[:, 0].tolist() == [1, 1, 0, 0]


def test_that_few_sizes_come_up_and_little_is_spare() -> None:
    sizes = [rounded(tokens) for tokens in range(1, 4096)]
    assert all(size >= tokens for tokens, size in enumerate(sizes, 1))
    assert len(set(sizes)) < 48
    assert max(size / tokens for tokens, size in enumerate(sizes, 1) if tokens > 512) < 1.125
    assert (padded_length(9, 128), padded_length(16, 128), padded_length(121, 126), padded_length(5, 4)) == (
        16,
        16,
        126,
        5,
    )
