"""Which weights learn: exactly the chosen ones, and the rest stays bitwise as it is."""

from __future__ import annotations

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
    tiny_net,
    tiny_rows,
)
from workbench.core.errors import WorkbenchError
from workbench.core.plan import Choice
from workbench.engine.losses import LOSSES
from workbench.engine.optimizers import OPTIMIZERS, parameter_groups
from workbench.engine.tuned import Tuned, layers_of
from workbench.engine.tunings import TUNINGS, tune

UNSHARED = [family for family in FAMILIES if family != SHARED]
HEAD, LORA = Choice(name="head"), Choice(name="lora")


def top(layers: int) -> Choice:
    return Choice(name="top-layers", options={"top_layers": layers})


def learned(family: str, choice: Choice, steps: int = 2) -> tuple[Tuned, dict[str, torch.Tensor], set[str]]:
    """The tuned net after some steps, its weights before them, and the names of those that changed."""
    learner = tiny_learner(family)
    tuned = tune(learner.net, choice)
    before = snapshot(learner.net)
    optimizer = OPTIMIZERS["adamw"].function(parameter_groups(learning(learner.net)), 0.01)
    batch = batch_of(learner, tiny_rows(learner))
    for _ in range(steps):
        tuned.train()
        output = TASK.forward(learner, batch, LOSSES["cross-entropy"].function)
        output.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    after = learner.net.state_dict()
    return tuned, before, {name for name in before if not torch.equal(before[name], after[name])}


def is_head(net: torch.nn.Module, name: str) -> bool:
    base = f"{net.base_model_prefix}."
    return not name.startswith(base) or name.startswith(f"{base}pooler.")


def place_of_layers(net: torch.nn.Module) -> str:
    first = layers_of(net)[0]
    return next(name for name, module in net.named_modules() if module is first).removesuffix("0")


@pytest.mark.parametrize("family", FAMILIES)
def test_that_the_layers_of_each_family_are_found(family) -> None:
    assert len(layers_of(tiny_net(family))) == (1 if family == SHARED else LAYERS)


@pytest.mark.parametrize("family", FAMILIES)
def test_that_head_leaves_every_weight_of_the_encoder_bitwise_unchanged(family) -> None:
    tuned, before, changed = learned(family, HEAD)
    assert changed == {name for name in before if is_head(tuned.net, name)}


@pytest.mark.parametrize("family", UNSHARED)
@pytest.mark.parametrize("layers", [1, 2, LAYERS])
def test_that_top_layers_changes_exactly_those_layers_and_what_stands_above(family, layers) -> None:
    tuned, _, changed = learned(family, top(layers))
    net, place = tuned.net, place_of_layers(tuned.net)
    numbers = {int(name.removeprefix(place).split(".")[0]) for name in changed if name.startswith(place)}
    assert numbers == set(range(LAYERS - layers, LAYERS))
    others = {name for name in changed if not name.startswith(place) and not is_head(net, name)}
    assert others <= {"model.final_norm.weight", "transformer.ln_f.weight", "transformer.ln_f.bias"}
    assert {name for name in net.state_dict() if is_head(net, name)} <= changed
    assert changed <= {name for name, weight in net.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("family", UNSHARED)
def test_that_all_weights_learn_by_default(family) -> None:
    tuned, _, _ = learned(family, Choice(name="all"), steps=1)
    assert tuned.learning_parameters == sum(weight.numel() for weight in tuned.net.parameters())


@pytest.mark.parametrize("choice", [HEAD, top(1)], ids=["head", "top"])
@pytest.mark.parametrize("family", UNSHARED)
def test_that_nothing_is_dropped_out_in_frozen_parts_while_the_rest_learns(family, choice) -> None:
    net = tiny_net(family)
    tuned = tune(net, choice)
    tuned.train()
    assert tuned.frozen_layers
    assert not any(module.training for layer in tuned.frozen_layers for module in layer.modules())
    assert not net.get_input_embeddings().training
    assert net.training
    live = layers_of(net)[len(tuned.frozen_layers) :]
    assert all(module.training for layer in live for module in layer.modules())
    net.eval()
    assert not any(module.training for module in net.modules())


@pytest.mark.parametrize("family", [SHARED])
def test_that_shared_layers_cannot_learn_in_part_and_it_is_said(family) -> None:
    with pytest.raises(WorkbenchError) as raised:
        tune(tiny_net(family), top(1))
    (problem,) = raised.value.problems
    assert (problem.code, problem.field) == ("T52", "tuning")


def test_that_more_layers_than_there_are_is_refused_with_what_is_possible() -> None:
    with pytest.raises(WorkbenchError) as raised:
        tune(tiny_net("bert"), top(LAYERS + 1))
    (problem,) = raised.value.problems
    assert (problem.code, problem.field) == ("T53", "tuning")
    assert f"1 … {LAYERS}" in problem.remedy


def test_that_a_net_without_a_head_of_its_own_is_refused() -> None:
    with pytest.raises(WorkbenchError) as raised:
        tune(tiny_net("bert").base_model, HEAD)
    assert [problem.code for problem in raised.value.problems] == ["T50"]
    with pytest.raises(WorkbenchError):
        tune(torch.nn.Linear(2, 2), HEAD)


def test_that_a_refused_choice_leaves_the_net_learning_as_before() -> None:
    net = tiny_net("bert")
    with pytest.raises(WorkbenchError):
        tune(net, top(LAYERS + 1))
    assert all(weight.requires_grad for weight in net.parameters())


@pytest.mark.parametrize("choice", [Choice(name="all"), HEAD, top(1)], ids=["all", "head", "top"])
@pytest.mark.parametrize("family", UNSHARED)
def test_that_state_goes_there_and_back_to_the_last_bit(family, choice) -> None:
    tuned, before, _ = learned(family, choice)
    state = snapshot(tuned.net)
    again = tune(tiny_net(family, seed=9), choice)
    again.load(tuned.base_state(), tuned.extra_state())
    assert tuned.extra_state() == {}
    assert set(tuned.plain_state()) == set(before)
    assert all(torch.equal(state[name], tensor) for name, tensor in again.net.state_dict().items())


def test_that_every_tuning_and_knob_has_its_words() -> None:
    for entry in TUNINGS.entries.values():
        assert entry.title
        assert entry.formula
        assert entry.source
        assert 10 < len(entry.help) <= 200
        for option in entry.options:
            assert 10 < len(option.help) <= 200
            assert option.check(option.default) is None


@pytest.mark.parametrize("name", OPTIMIZERS.entries)
def test_that_every_optimizer_takes_a_head_without_any_bias(name) -> None:
    learner = tiny_learner("gpt2")
    tune(learner.net, HEAD)
    optimizer = OPTIMIZERS[name].function(parameter_groups(learning(learner.net)), 0.1)
    before = snapshot(learner.net)
    TASK.forward(learner, batch_of(learner, tiny_rows(learner)), LOSSES["cross-entropy"].function).loss.backward()
    optimizer.step()
    changed = {key for key, tensor in learner.net.state_dict().items() if not torch.equal(tensor, before[key])}
    assert changed == {"score.weight"}
