"""Losses: how far the model's outputs are from the truth, as one number to make smaller. One function is one entry.

Shapes: B rows, C classes. Every loss returns the mean over the B rows as a scalar tensor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.language import mark
from workbench.core.options import Option
from workbench.core.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

LOSSES: Registry[Callable[..., Tensor]] = Registry(mark("Loss"), "loss")

_LABEL_SMOOTHING = Option(
    name="label_smoothing",
    title=mark("Label smoothing"),
    kind="number",
    default=0.0,
    maximum=0.9,
    help=mark("Share of certainty taken from the true class. Higher makes the model less sure of itself."),
)
_DELTA = Option(
    name="delta",
    title=mark("Huber delta"),
    kind="number",
    default=1.0,
    minimum=0.001,
    maximum=1000,
    help=mark("Errors above this many standard deviations count linearly. Lower ignores outliers more."),
)


@LOSSES.add(
    "cross-entropy",
    title=mark("Cross-entropy"),
    help=mark("How surprised the model is by the true class. Right and sure costs nothing; wrong and sure costs most."),
    formula="L = −Σ_c y_c · log softmax(z)_c",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2",
    options=(_LABEL_SMOOTHING,),
)
def cross_entropy(
    logits: Tensor, targets: Tensor, *, class_weights: Tensor | None = None, label_smoothing: float = 0.0
) -> Tensor:
    """`logits` [B, C], `targets` [B] (class numbers), `class_weights` [C] or None -> scalar.

    With weights the mean is taken over the B rows, not over the sum of their weights, so that accumulated batches and
    whole batches give the same gradient.
    """
    from torch.nn.functional import cross_entropy as torch_cross_entropy

    total = torch_cross_entropy(logits, targets, weight=class_weights, label_smoothing=label_smoothing, reduction="sum")
    return total / targets.shape[0]


@LOSSES.add(
    "mean-squared-error",
    title=mark("Mean squared error"),
    help=mark("The squared distance between prediction and truth. Large errors count much more than small ones."),
    formula="L = (ŷ − y)²",
    source="Gauss 1809; Bishop 2006, Pattern Recognition and Machine Learning, section 1.5.5",
)
def mean_squared_error(values: Tensor, targets: Tensor) -> Tensor:
    """`values` [B], `targets` [B], both in standard deviations of the training numbers -> scalar."""
    from torch.nn.functional import mse_loss

    return mse_loss(values, targets)


@LOSSES.add(
    "huber",
    title=mark("Huber"),
    help=mark("Squared for small errors, linear for large ones: outliers pull less."),
    formula="L = ½e² if |e| ≤ δ, else δ(|e| − ½δ), with e = ŷ − y",
    source="Huber 1964, Robust Estimation of a Location Parameter",
    options=(_DELTA,),
)
def huber(values: Tensor, targets: Tensor, *, delta: float = 1.0) -> Tensor:
    """`values` [B], `targets` [B], both in standard deviations of the training numbers -> scalar."""
    from torch.nn.functional import huber_loss

    return huber_loss(values, targets, delta=delta)
