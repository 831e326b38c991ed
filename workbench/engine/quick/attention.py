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

NAME = "workbench"
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
    """`query`, `key`, `value` [B, heads, T, d], `attention_mask` additive [B, 1, T, T] -> [B, T, heads, d]."""
    import torch
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    b, heads, t, d = query.shape
    plain = key.shape == query.shape == value.shape and t <= LONGEST and query.device.type == "cpu"
    special = any(isinstance(extra, torch.Tensor) for name, extra in more.items() if name != "position_ids")
    if not module.training or not plain or special or not can_mask(query.dtype):
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, is_causal=is_causal, **more
        )
    q, k, v = (each.reshape(b * heads, t, d) for each in (query, key, value))
    scores = torch.bmm(q * (scaling if scaling is not None else d**-0.5), k.transpose(1, 2))
    if attention_mask is not None:
        scores = (scores.view(b, heads, t, t) + attention_mask).view(b * heads, t, t)
    weights = scores.softmax(-1)
    if dropout:
        weights = weights * dropout_mask(tuple(weights.shape), dropout, weights.dtype)
    return torch.bmm(weights, v).view(b, heads, t, d).transpose(1, 2), None
