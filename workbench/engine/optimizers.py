"""Optimizers: how gradients become new weights. One function is one entry.

A function gets parameter groups (dicts with "params" and "weight_decay_scale", 0 for biases and norms) and the learning
rate, and returns a torch optimizer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.language import mark
from workbench.core.options import Option
from workbench.core.registry import Registry

if TYPE_CHECKING:
    import torch

Groups = list[dict[str, Any]]
OPTIMIZERS: Registry[Callable[..., torch.optim.Optimizer]] = Registry(mark("Optimizer"), "optimizer")

_WEIGHT_DECAY = Option(
    name="weight_decay",
    title=mark("Weight decay"),
    kind="number",
    default=0.01,
    maximum=1.0,
    help=mark("Pulls weights towards zero at each step. Higher keeps the model simpler; too high forgets."),
)
_MOMENTUM = Option(
    name="momentum",
    title=mark("Momentum"),
    kind="number",
    default=0.9,
    maximum=0.999,
    help=mark("Share of the last step that is kept. Higher smooths the path and rolls over small bumps."),
)
_BETA1 = Option(
    name="beta1",
    title=mark("Beta 1"),
    kind="number",
    default=0.9,
    maximum=0.9999,
    help=mark("Memory of the gradient's mean. Higher averages over more steps."),
)
_BETA2 = Option(
    name="beta2",
    title=mark("Beta 2"),
    kind="number",
    default=0.999,
    maximum=0.999999,
    help=mark("Memory of the gradient's size. Higher averages over more steps."),
)


def _decayed(groups: Groups, weight_decay: float) -> Groups:
    return [{"params": g["params"], "weight_decay": weight_decay * g["weight_decay_scale"]} for g in groups]


@OPTIMIZERS.add(
    "adamw",
    title=mark("AdamW"),
    help=mark("Adam with weight decay kept apart from the gradient. The usual choice for fine-tuning."),
    formula="m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  w ← w − η·( m̂ / (√v̂ + ε) + λw )",
    source="Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, arXiv:1711.05101",
    options=(_WEIGHT_DECAY, _BETA1, _BETA2),
)
def adamw(
    groups: Groups, learning_rate: float, *, weight_decay: float = 0.01, beta1: float = 0.9, beta2: float = 0.999
) -> torch.optim.Optimizer:
    import torch

    return torch.optim.AdamW(_decayed(groups, weight_decay), lr=learning_rate, betas=(beta1, beta2), fused=True)


@OPTIMIZERS.add(
    "adam",
    title=mark("Adam"),
    help=mark("Each weight gets its own step size from the history of its gradient."),
    formula="m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  w ← w − η·m̂ / (√v̂ + ε)",
    source="Kingma & Ba 2015, Adam: A Method for Stochastic Optimization, arXiv:1412.6980",
    options=(_BETA1, _BETA2),
)
def adam(groups: Groups, learning_rate: float, *, beta1: float = 0.9, beta2: float = 0.999) -> torch.optim.Optimizer:
    import torch

    return torch.optim.Adam(_decayed(groups, 0.0), lr=learning_rate, betas=(beta1, beta2), fused=True)


@OPTIMIZERS.add(
    "sgd",
    title=mark("Gradient descent (SGD)"),
    help=mark("The plain step against the gradient. Simple and slow; wants a higher learning rate."),
    formula="w ← w − η·g",
    source="Robbins & Monro 1951, A Stochastic Approximation Method",
)
def sgd(groups: Groups, learning_rate: float) -> torch.optim.Optimizer:
    import torch

    return torch.optim.SGD(_decayed(groups, 0.0), lr=learning_rate, fused=True)


@OPTIMIZERS.add(
    "sgd-momentum",
    title=mark("Gradient descent with momentum"),
    help=mark("Gradient descent that keeps part of its last step, as a rolling ball does."),
    formula="u ← μu + g;  w ← w − η·u",
    source="Polyak 1964; Sutskever et al. 2013, On the importance of initialization and momentum in deep learning",
    options=(_MOMENTUM,),
)
def sgd_momentum(groups: Groups, learning_rate: float, *, momentum: float = 0.9) -> torch.optim.Optimizer:
    import torch

    return torch.optim.SGD(_decayed(groups, 0.0), lr=learning_rate, momentum=momentum, fused=True)


def parameter_groups(trainable: Sequence[torch.nn.Parameter]) -> Groups:
    """The weights that learn in two groups: those that decay, and biases and norms, which do not."""
    return [
        {"params": [p for p in trainable if p.ndim >= 2], "weight_decay_scale": 1.0},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay_scale": 0.0},
    ]
