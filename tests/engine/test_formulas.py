"""The tutorial's formulas against a few lines of NumPy."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from workbench.core.options import defaults
from workbench.engine.losses import LOSSES, cross_entropy, huber, mean_squared_error
from workbench.engine.optimizers import OPTIMIZERS
from workbench.engine.schedules import SCHEDULES

RANDOM = np.random.default_rng(7)


def log_softmax(z: np.ndarray) -> np.ndarray:
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_that_cross_entropy_is_its_formula(smoothing: float) -> None:
    logits, targets = RANDOM.normal(size=(5, 4)), RANDOM.integers(0, 4, size=5)
    truth = np.eye(4)[targets] * (1 - smoothing) + smoothing / 4
    expected = -(truth * log_softmax(logits)).sum(axis=1).mean()
    value = cross_entropy(torch.tensor(logits), torch.tensor(targets), label_smoothing=smoothing)
    assert_allclose(float(value), expected, rtol=1e-6)


def test_that_class_weights_scale_each_rows_loss() -> None:
    logits, targets, weights = RANDOM.normal(size=(6, 3)), np.array([0, 0, 0, 0, 1, 2]), np.array([0.5, 2.0, 2.0])
    expected = -(weights[targets] * log_softmax(logits)[np.arange(6), targets]).mean()
    value = cross_entropy(torch.tensor(logits), torch.tensor(targets), class_weights=torch.tensor(weights))
    assert_allclose(float(value), expected, rtol=1e-6)


def test_that_mean_squared_error_and_huber_are_their_formulas() -> None:
    values, targets = RANDOM.normal(size=8) * 3, RANDOM.normal(size=8)
    error = np.abs(values - targets)
    assert_allclose(float(mean_squared_error(torch.tensor(values), torch.tensor(targets))), (error**2).mean())
    expected = np.where(error <= 0.7, error**2 / 2, 0.7 * (error - 0.35)).mean()
    assert_allclose(float(huber(torch.tensor(values), torch.tensor(targets), delta=0.7)), expected)


def steps_of(name: str, gradients: np.ndarray, rate: float, **options: float) -> list[float]:
    """The path of one weight from 1.0 along `gradients`."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = OPTIMIZERS[name].function([{"params": [weight], "weight_decay_scale": 1.0}], rate, **options)
    path = []
    for gradient in gradients:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
        path.append(float(weight.detach()))
    return path


def adam_path(gradients: np.ndarray, rate: float, decay: float) -> list[float]:
    w, m, v, path = 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= rate * decay * w
        w -= rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(w)
    return path


def test_that_each_optimizer_walks_the_path_of_its_formula() -> None:
    gradients = RANDOM.normal(size=6)
    assert_allclose(steps_of("sgd", gradients, 0.1), 1 - 0.1 * np.cumsum(gradients), rtol=1e-6)
    velocity, w, path = 0.0, 1.0, []
    for g in gradients:
        velocity = 0.9 * velocity + g
        w -= 0.1 * velocity
        path.append(w)
    assert_allclose(steps_of("sgd-momentum", gradients, 0.1, momentum=0.9), path, rtol=1e-6)
    assert_allclose(steps_of("adam", gradients, 0.01), adam_path(gradients, 0.01, 0.0), rtol=1e-6)
    assert_allclose(steps_of("adamw", gradients, 0.01, weight_decay=0.1), adam_path(gradients, 0.01, 0.1), rtol=1e-6)


@pytest.mark.parametrize("registry", [OPTIMIZERS, SCHEDULES, LOSSES], ids=lambda registry: registry.field)
def test_that_declared_knobs_are_the_functions_keyword_arguments(registry) -> None:
    for entry in registry.entries.values():
        parameters = inspect.signature(entry.function).parameters.values()
        given = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        given.pop("class_weights", None)  # comes from the task's facts, not from a person
        assert given == defaults(entry.options)


@pytest.mark.parametrize("name", list(SCHEDULES.entries))
@pytest.mark.parametrize("steps", [1, 2, 10, 333])
def test_that_a_schedule_stays_between_zero_and_one(name: str, steps: int) -> None:
    factors = [SCHEDULES[name].function(step, steps) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)


def test_that_the_linear_schedule_climbs_and_falls_in_straight_lines() -> None:
    factors = [SCHEDULES["linear"].function(step, 10, warmup_share=0.2) for step in range(10)]
    assert_allclose(factors, [1 / 3, 2 / 3, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])


def test_that_the_cosine_schedule_is_half_a_wave() -> None:
    factors = [SCHEDULES["cosine"].function(step, 8, warmup_share=0.0) for step in range(8)]
    assert_allclose(factors, 0.5 * (1 + np.cos(np.pi * np.arange(8) / 8)))


@pytest.mark.parametrize("clip", [0.0, 0.5, 1e9])
def test_that_a_gradient_is_cut_to_the_length_that_the_plan_allows(clip: float) -> None:
    from workbench.core.plan import Choice, DatasetSpec, TrainingPlan
    from workbench.engine.quick import Learning
    from workbench.engine.task import Output
    from workbench.engine.update import Updater

    torch.manual_seed(0)
    net, x = torch.nn.Linear(4, 1, bias=False), torch.randn(6, 4)
    before = net.weight.detach().clone()
    plan = TrainingPlan(
        dataset=DatasetSpec(path="x"),
        optimizer=Choice(name="sgd"),
        schedule=Choice(name="constant"),
        learning_rate=1.0,
        clip_norm=clip,
    )
    loss = (net(x) ** 2).mean()
    stepped = Updater(plan, Learning(net, "float32"), 1)([Output(loss, 6, loss, None)])
    moved = float((net.weight.detach() - before).norm())
    expected = 2 * (x @ before.T * x).mean(dim=0)
    assert_allclose(stepped.grad_norm, float(expected.norm()), rtol=1e-5)
    assert_allclose(moved, min(clip or 1e9, stepped.grad_norm), rtol=1e-4)
