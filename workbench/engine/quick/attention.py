"""Attention for short texts on a processor, as plain products.

`scaled_dot_product_attention` with dropout falls back to a path that costs several times its worth there. This is the
same formula, softmax(q kᵀ / √d + mask) v (Vaswani et al. 2017, equation 1), with dropout masks from `dropout`. The
library's own modules call it by name (transformers' AttentionInterface); outside of learning it hands over to the
library's attention.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.engine.quick.dropout import can_mask, dropout_mask

if TYPE_CHECKING:
    from torch import Tensor, nn

    from workbench.engine.quick.packing import Packing

NAME = "workbench"
PACKING = "_packing"
"""The attribute of an attention module that holds its net's `Packing`, where its batches are packed."""
LONGEST = 512
"""Tokens; above, the library's kernel, which keeps no table of T x T, is the better one."""


def quicken_attention(net: nn.Module) -> bool:
    """Let `net` use this attention while it learns. False where its modules do not take one by name."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    named: Any = net
    if getattr(named.config, "_attn_implementation", None) != "sdpa":
        return False
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, eager_mask)
    try:
        named.set_attn_implementation(NAME)
    except (ValueError, NotImplementedError, AttributeError):
        return False
    return bool(named.config._attn_implementation == NAME)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    **more: Any,
) -> tuple[Tensor, Tensor | None]:
    """`query` [B, heads, Q, d], `key`, `value` [B, heads, T, d], additive mask [B, 1, Q, T] -> [B, Q, heads, d].

    Q is T, or 1 where only the first token asks.
    """
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    packing: Packing | None = getattr(module, PACKING, None)
    pack = packing.current if packing is not None else None
    if pack is not None:
        rows = (each.transpose(1, 2).flatten(2) for each in (query, key, value))
        q, k, v = pack.spread(list(rows), query.shape[1])
        return pack.gathered(_weighed(module, q, k, v, attention_mask, dropout, scaling)), None
    asking, t = query.shape[2], key.shape[2]
    whole = key.shape == value.shape and key.shape[:2] == query.shape[:2]
    plain = whole and asking in (1, t) and t <= LONGEST and query.device.type == "cpu"
    special = any(isinstance(extra, torch.Tensor) for name, extra in more.items() if name != "position_ids")
    if not module.training or not plain or special or not can_mask(query.dtype):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, is_causal=is_causal, **more
        )
    return _weighed(module, query, key, value, attention_mask, dropout, scaling).transpose(1, 2), None


def _weighed(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout: float,
    scaling: float | None,
) -> Tensor:
    """The values, weighed by how well their keys fit: [B, heads, Q, d]."""
    import torch

    b, heads, asking, d = query.shape
    q, k, v = (each.reshape(b * heads, -1, d) for each in (query, key, value))
    scores = torch.bmm(q * (scaling if scaling is not None else d**-0.5), k.transpose(1, 2))
    if mask is not None:
        scores = (scores.view(b, heads, asking, -1) + mask).view_as(scores)
    weights = scores.softmax(-1)
    if dropout and module.training:
        weights = weights * dropout_mask(tuple(weights.shape), dropout, weights.dtype)
    return torch.bmm(weights, v).view(b, heads, asking, d)
