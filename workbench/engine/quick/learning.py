"""The net in the form in which it learns, and back.

In bfloat16 the net computes with rounded copies of its weights, while the optimizer changes the float32 ones, to which
even the smallest step can be added (Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740, section 3.1;
bfloat16 has float32's range, so the loss needs no scaling: Kalamkar et al. 2019, arXiv:1905.12322). Going from one form
to the other costs no copy: each parameter is pointed at the one tensor or at the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.quick.attention import quicken_attention
from workbench.engine.quick.dropout import quicken_dropout
from workbench.engine.quick.embedding import SeenTokens, seen_tokens
from workbench.engine.quick.last_layer import quicken_layers

if TYPE_CHECKING:
    from torch import Tensor, nn


class Learning:
    """Switches one net. `parameters` are what the optimizer changes, in float32, in a fixed order."""

    def __init__(self, net: nn.Module, precision: str, seen: SeenTokens | None = None) -> None:
        from torch import nn

        self._seen, self._low, self._learning = seen, precision == "bfloat16", False
        learned = [weight for weight in net.parameters() if weight.requires_grad]
        learned += [seen.weight] if seen is not None else []
        self._learned: list[nn.Parameter] = learned
        self.parameters: list[nn.Parameter] = learned
        if self._low:
            table = None if seen is None else seen.table
            frozen = [weight for weight in net.parameters() if not weight.requires_grad and weight is not table]
            self._switched = learned + [weight for weight in frozen if weight.is_floating_point()]
            self._full = [weight.data for weight in self._switched]
            self._rounded = [weight.data.bfloat16() for weight in self._switched]
            self.parameters = [nn.Parameter(weight.data) for weight in learned]
            self._gradients: dict[int, Tensor] = {}

    def learn(self) -> None:
        """The form for forward and backward."""
        if self._low and not self._learning:
            self._point_at(self._rounded)
        self._learning = True

    def rest(self) -> None:
        """The plain float32 model, with everything that was learned."""
        if not self._learning:
            return
        self._learning = False
        if self._low:
            self._point_at(self._full)
        if self._seen is not None:
            self._seen.settle()

    def collect(self, number: int) -> None:
        """Add the gradients of micro-batch `number` (from 0) to those of the float32 weights."""
        import torch

        if not self._low:
            return
        fresh, kept, later = [], [], []
        for place, (master, weight) in enumerate(zip(self.parameters, self._learned, strict=True)):
            gradient, weight.grad = weight.grad, None
            if gradient is None:
                continue
            if number == 0 or master.grad is None:
                master.grad = self._gradients.setdefault(place, torch.empty_like(master))
                fresh.append(gradient)
                kept.append(master.grad)
            else:
                later.append((master.grad, gradient))
        if fresh:
            torch._foreach_copy_(kept, fresh)
        for sum_so_far, gradient in later:
            sum_so_far.add_(gradient)

    def publish(self) -> None:
        """The optimizer has changed `parameters`: let the net compute with them."""
        import torch

        if self._low:
            with torch.no_grad():
                torch._foreach_copy_(self._rounded[: len(self.parameters)], [each.data for each in self.parameters])

    def forget(self) -> None:
        """Drop the gradients of a step that could not be finished."""
        for weight in (*self._learned, *self.parameters):
            weight.grad = None

    def _point_at(self, tensors: list[Tensor]) -> None:
        for weight, tensor in zip(self._switched, tensors, strict=True):
            weight.grad = None
            weight.data = tensor


def quicken(net: nn.Module, ids: np.ndarray | None, precision: str) -> Learning:
    """Make the steps of `net`, which is on its device, cheap. `ids` are all token ids of the training rows, if any."""
    device = next(net.parameters()).device
    if device.type == "cpu":
        quicken_dropout(net)
        quicken_attention(net)
    quicken_layers(net)
    return Learning(net, precision, seen_tokens(net, ids) if ids is not None else None)
