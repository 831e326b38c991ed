"""LoRA: only the additions and the head learn, and the merged model is a plain one that answers alike."""

from __future__ import annotations

import sys

import pytest
import torch
import transformers

from tests.engine.test_tunings import learned
from tests.engine.tiny_families import (
    FAMILIES,
    LAYERS,
    SHARED,
    TASK,
    batch_of,
    snapshot,
    tiny_learner,
    tiny_net,
    tiny_rows,
)
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Choice
from workbench.engine.tunings import tune

ATTENTION = Choice(name="lora", options={"rank": 2, "alpha": 8.0})
EVERY = Choice(name="lora", options={"rank": 2, "alpha": 8.0, "targets": "all-linear", "dropout": 0.1})
FUSED = ("gpt2", "modernbert")

pytestmark = pytest.mark.filterwarnings("error::UserWarning:peft")


@pytest.fixture(params=[ATTENTION, EVERY], ids=["attention", "every"])
def choice(request):
    return request.param


@pytest.fixture(params=FAMILIES)
def family(request):
    return request.param


def logits(learner):
    learner.net.eval()
    with torch.no_grad():
        return TASK.forward(learner, batch_of(learner, tiny_rows(learner), training=False), None).logits


def test_that_the_net_answers_at_first_as_it_did_before(family, choice) -> None:
    learner = tiny_learner(family)
    before = logits(learner)
    tune(learner.net, choice)
    assert torch.equal(logits(learner), before)


def test_that_only_the_additions_and_the_head_learn(family, choice) -> None:
    tuned, before, changed = learned(family, choice)
    base = f"{tuned.net.base_model_prefix}."
    head = {name for name in before if not name.startswith(base) or name.startswith(f"{base}pooler.")}
    assert changed == head | set(tuned.extra_state())
    assert all(".lora_A." in name or ".lora_B." in name for name in tuned.extra_state())


@pytest.mark.parametrize("name", [family for family in FAMILIES if family != SHARED])
def test_that_query_and_value_of_each_layer_get_an_addition_and_nothing_else(name) -> None:
    tuned = tune(tiny_net(name), ATTENTION)
    assert len(tuned.adapters) == LAYERS * (1 if name in FUSED else 2)
    every = tune(tiny_net(name), EVERY)
    assert set(tuned.adapters) < set(every.adapters)


def test_that_the_saved_folder_is_a_plain_one_that_answers_alike(family, choice, tmp_path) -> None:
    tuned, _, _ = learned(family, choice, steps=3)
    learner = tiny_learner(family)
    learner.net = tuned.net
    live = logits(learner)
    state = snapshot(tuned.net)
    plain = tuned.plain_state()
    untouched = tiny_net(family).state_dict()
    assert {name: tensor.shape for name, tensor in plain.items()} == {n: t.shape for n, t in untouched.items()}
    tuned.net.save_pretrained(tmp_path, state_dict=plain)
    learner.net, info = transformers.AutoModelForSequenceClassification.from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert not any(info.values())
    assert not any("lora" in name for name in learner.net.state_dict())
    torch.testing.assert_close(logits(learner), live, rtol=0, atol=1e-5)
    assert all(torch.equal(state[name], tensor) for name, tensor in tuned.net.state_dict().items())


def test_that_state_goes_there_and_back_to_the_last_bit(family, choice) -> None:
    tuned, before, _ = learned(family, choice)
    base, extra = tuned.base_state(), tuned.extra_state()
    assert set(base) == set(tiny_net(family).state_dict())
    again = tune(tiny_net(family, seed=9), choice)
    again.load(base, extra)
    after = again.net.state_dict()
    assert set(after) == set(before)
    assert all(torch.equal(tensor, after[name]) for name, tensor in tuned.net.state_dict().items())


def test_that_state_of_another_kind_is_refused() -> None:
    tuned = tune(tiny_net("bert"), ATTENTION)
    other = tune(tiny_net("bert"), EVERY)
    with pytest.raises(ValueError, match="do not match"):
        tuned.load(other.base_state(), other.extra_state())


def test_that_a_plain_models_weights_are_answered_with_to_the_last_bit(family, choice) -> None:
    tuned, _, _ = learned(family, choice)
    plain = {name: tensor.clone() for name, tensor in tuned.plain_state().items()}
    learner = tiny_learner(family)
    learner.net.load_state_dict(plain)
    expected = logits(learner)
    tuned.load_plain(plain)
    learner.net = tuned.net
    assert torch.equal(logits(learner), expected)


def test_that_the_addition_is_alpha_over_rank_times_b_times_a() -> None:
    tuned, _, _ = learned("bert", ATTENTION)
    place = next(iter(tuned.adapters))
    state, plain = tuned.net.state_dict(), tuned.plain_state()
    a, b = state[f"{place}.lora_A.default.weight"], state[f"{place}.lora_B.default.weight"]
    assert a.shape == (2, 16)
    assert b.shape == (16, 2)
    expected = state[f"{place}.base_layer.weight"] + 8.0 / 2 * (b @ a)
    torch.testing.assert_close(plain[f"{place}.weight"], expected, rtol=0, atol=1e-7)


def test_that_equal_seeds_give_equal_additions(family) -> None:
    first, second = (tune(tiny_net(family, seed=5), ATTENTION).extra_state() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_that_dropout_is_there_while_learning_only() -> None:
    learner = tiny_learner("bert")
    tuned = tune(learner.net, Choice(name="lora", options={"dropout": 0.5}))
    tuned.train()
    dropouts = [module for name, module in learner.net.named_modules() if name.endswith("lora_dropout.default")]
    assert {module.p for module in dropouts} == {0.5}
    assert all(module.training for module in dropouts)


def test_that_a_missing_library_is_said_with_the_way_to_get_it(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    net = tiny_net("bert")
    with pytest.raises(WorkbenchError) as raised:
        tune(net, ATTENTION)
    (problem,) = raised.value.problems
    assert (problem.code, problem.field) == ("T55", "tuning")
    assert "pip install peft" in problem.remedy
    assert all(weight.requires_grad for weight in net.parameters())


def test_that_a_net_without_such_matrices_is_refused() -> None:
    net = tiny_net("bert")
    for layer in net.base_model.encoder.layer:
        layer.attention.self.asked = layer.attention.self.query
        layer.attention.self.given = layer.attention.self.value
        del layer.attention.self.query, layer.attention.self.value
    with pytest.raises(WorkbenchError) as raised:
        tune(net, ATTENTION)
    assert [problem.code for problem in raised.value.problems] == ["T54"]
