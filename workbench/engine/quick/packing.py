"""The tokens of a batch side by side, without the padding between them, while they run through the layers that learn.

A layer does the same with every token but for the attention, so its matrices can take all tokens of the batch as one
long row (Krell et al. 2021, Efficient Sequence Packing without Cross-contamination, arXiv:2107.02027, where texts share
a row; here the attention sets each text apart again). It goes in at the first layer that learns and comes out at the
last one, which answers with first tokens alone: see `last_layer`. The modules between are the library's own.

Behind the N tokens stand one or more *spare* rows, up to a round number: kernels are made anew for each size that comes
up. They begin as copies of the first token, nothing reads them, and their gradients are zero.
"""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.engine.quick.attention import LONGEST
from workbench.engine.quick.gathering import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn

ROUND = 32
"""Sizes up to 512 are multiples of so many tokens; of twice as many up to 1024, and so on: at most an
eighth is spare above 512, half of that on average, and few different sizes come up."""


class Pack:
    """Where the tokens of one batch stand. `real` [B, T] tells tokens from padding; the first of each row is real."""

    def __init__(self, real: Tensor) -> None:
        import torch

        self.shape = (int(real.shape[0]), int(real.shape[1]))
        found = real.reshape(-1).nonzero().squeeze(-1)
        self.tokens = len(found)
        self.size = rounded(self.tokens + 1)
        # Of each packed row its place in the padded batch; and the other way round: padding is the first spare row.
        self.source = torch.cat([found, found.new_zeros(self.size - self.tokens)])
        self.target = torch.full((real.numel(),), self.tokens, device=real.device)
        self.target[found] = torch.arange(self.tokens, device=real.device)
        self._maps: dict[int, tuple[Tensor, Tensor]] = {}

    @cached_property
    def first(self) -> Tensor:
        """Where the first token of each row stands, [B]."""
        return self.target.view(self.shape)[:, 0]

    def packed(self, hidden: Tensor) -> Tensor:
        """[B, T, H] -> [1, P, H]: P tokens and spare ones."""
        (rows,) = gathered([hidden.flatten(0, 1)], self.source, self.target)
        return rows.unsqueeze(0)

    def spread(self, values: Sequence[Tensor], heads: int) -> list[Tensor]:
        """Each [1, P, H] -> [B, heads, T, d], with the first spare row where there is padding."""
        source, target = self._by_head(heads)
        rows = [value.reshape(self.size * heads, -1) for value in values]
        b, t = self.shape
        spare = self.tokens * heads
        return [row.view(b, heads, t, -1) for row in gathered(rows, target, source, spare=spare)]

    def gathered(self, answers: Tensor) -> Tensor:
        """[B, heads, T, d] -> [1, P, heads, d]."""
        heads = answers.shape[1]
        source, target = self._by_head(heads)
        (rows,) = gathered([answers.flatten(0, 2)], source, target)
        return rows.view(1, self.size, heads, -1)

    def _by_head(self, heads: int) -> tuple[Tensor, Tensor]:
        """`source` and `target` for rows that are one head of one token: [P, heads] and [B, heads, T], flat."""
        import torch

        if heads not in self._maps:
            b, t = self.shape
            each = torch.arange(heads, device=self.source.device)
            row, place = self.source // t, self.source % t
            source = (row.unsqueeze(1) * heads + each) * t + place.unsqueeze(1)
            target = self.target.view(b, 1, t) * heads + each.view(1, heads, 1)
            self._maps[heads] = source.reshape(-1), target.reshape(-1)
        return self._maps[heads]


class Packing:
    """What the layers of one net share: the pack of the batch that runs through them, if it is packed."""

    def __init__(self) -> None:
        self.current: Pack | None = None
        self.always = False
        """Also while the net does not learn: to try it."""

    def begin(self, mask: Tensor | None) -> Pack | None:
        """The pack for a batch with the additive `mask` [B, 1, T, T]; None where it would save nothing.

        None too for long texts, for which the library's attention keeps no table of T x T and ours would.
        """
        self.current = None
        fits = mask is not None and mask.ndim == 4 and mask.is_floating_point() and mask.shape[-1] <= LONGEST
        if mask is not None and fits:
            real = mask[:, 0, 0] == 0
            if bool(real[:, 0].all()):
                pack = Pack(real)
                self.current = pack if pack.size < real.numel() else None
        return self.current

    def take(self) -> Pack | None:
        """The current pack, which ends here."""
        pack, self.current = self.current, None
        return pack


class _Enter:
    """The forward of the first layer that learns, which it does not hold on to: see `SeenTokens`."""

    def __init__(self, layer: nn.Module, packing: Packing) -> None:
        self._held, self._packing = weakref.ref(layer), packing

    def __call__(self, hidden_states: Tensor, attention_mask: Tensor | None = None, *rest: Any, **more: Any) -> Any:
        layer = self._held()
        assert layer is not None
        pack = self._packing.begin(attention_mask if layer.training or self._packing.always else None)
        given = hidden_states if pack is None else pack.packed(hidden_states)
        return type(layer).forward(layer, given, attention_mask, *rest, **more)


def enter_at(layer: nn.Module, packing: Packing) -> None:
    """Let the batch be packed when it comes to `layer`."""
    layer.forward = _Enter(layer, packing)


def rounded(tokens: int) -> int:
    """The size of a pack for so many tokens."""
    step = ROUND
    while tokens > 16 * step:
        step *= 2
    return -(-tokens // step) * step
