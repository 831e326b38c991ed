"""Rows in another order, with a gradient that goes the way back.

torch's own gradient of a selection adds rows up one after the other, for one may have been selected twice. Here each is
selected once, or is known to bring nothing back, and the way back is a selection too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def gathered(matrices: Sequence[Tensor], there: Tensor, back: Tensor, spare: int | None = None) -> tuple[Tensor, ...]:
    """Of each [M, d] the rows `there` [N]: [N, d]. Row i of the gradient is the row `back[i]` [M] of what comes back.

    Rows from `spare` on get no gradient. The others must be named once in `there`, or be named by no row that
    matters.
    """
    found: tuple[Tensor, ...] = _function().apply(there, back, spare, *matrices)
    return found


@cache
def _function() -> Any:
    import torch

    class Gather(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, there: Tensor, back: Tensor, spare: int | None, *matrices: Tensor) -> tuple[Tensor, ...]:
            ctx.back, ctx.spare = back, spare
            return tuple(matrix.index_select(0, there) for matrix in matrices)

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
            found = []
            for gradient in gradients:
                rows = gradient.index_select(0, ctx.back)
                if ctx.spare is not None:
                    rows[ctx.spare :] = 0
                found.append(rows)
            return None, None, None, *found

    return Gather
