"""The last layer, where the head reads only the first token of what it says: the others are not computed.

A classifier of BERT's kin reads [CLS] and nothing else (Devlin et al. 2019, BERT, section 3). The last layer needs the
keys and values of every token for it, but the query, the output and the two large matrices of one: of twelve parts of
its products two remain. Gradients of the others are zero, so what is learned is the same.

A layout says where a family's layer keeps its parts. Whether a net reads the first token only is seen by trying it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.engine.memory import is_out_of_memory
from workbench.engine.quick.attention import NAME, PACKING
from workbench.engine.quick.packing import Packing, enter_at
from workbench.engine.tuned import layers_are_shared, layers_of

if TYPE_CHECKING:
    from torch import Tensor, nn

_TRIED_ROWS, _TRIED_TOKENS = 16, 8


class _Parts(NamedTuple):
    """The attention of a layer, its three projections, and what makes [B, 1, H] of its answer and of its input."""

    attention: Any
    query: Callable[[Tensor], Tensor]
    key: Callable[[Tensor], Tensor]
    value: Callable[[Tensor], Tensor]
    after: Callable[[Tensor, Tensor], Tensor]


def _bert(layer: Any) -> _Parts:
    attention = layer.attention.self

    def after(answer: Tensor, given: Tensor) -> Tensor:
        seen: Tensor = layer.feed_forward_chunk(layer.attention.output(answer, given))
        return seen

    if getattr(layer, "is_decoder", False):
        raise AttributeError("a decoder's layer has more parts")
    return _Parts(attention, attention.query, attention.key, attention.value, after)


def _distilbert(layer: Any) -> _Parts:
    attention = layer.attention

    def after(answer: Tensor, given: Tensor) -> Tensor:
        attended = layer.sa_layer_norm(attention.out_lin(answer) + given)
        seen: Tensor = layer.output_layer_norm(layer.ffn(attended) + attended)
        return seen

    return _Parts(attention, attention.q_lin, attention.k_lin, attention.v_lin, after)


_LAYOUTS = {
    "BertLayer": _bert,
    "CamembertLayer": _bert,
    "ElectraLayer": _bert,
    "RobertaLayer": _bert,
    "XLMRobertaLayer": _bert,
    "TransformerBlock": _distilbert,
}
"""{class of a layer in transformers: its layout}. Only what was read in the library's source is listed."""

READ_FIRST = frozenset({"bert", "camembert", "electra", "roberta", "xlm-roberta", "distilbert"})
"""The `model_type` of those families."""


def quicken_layers(net: nn.Module) -> bool:
    """Let the last layer of `net` compute the first token only while it learns, and pack what learns below it.

    False where the head reads more than the first token. Packing needs the attention of `attention`.
    """
    learning = _learning_layers(net)
    if not learning or (layout := _LAYOUTS.get(type(learning[-1]).__name__)) is None:
        return False
    packing = Packing()
    try:
        attentions = [layout(layer).attention for layer in learning]
    except AttributeError:
        return False
    learning[-1].forward = _Forward(learning[-1], layout, packing)
    if len(learning) > 1 and attentions[0].config._attn_implementation == NAME:
        enter_at(learning[0], packing)
        for attention in attentions[:-1]:
            setattr(attention, PACKING, packing)
    if not _says_the_same(net, packing):
        for layer in {learning[0], learning[-1]}:
            vars(layer).pop("forward", None)
        for attention in attentions:
            vars(attention).pop(PACKING, None)
        packing.current = None
        return False
    return True


def _learning_layers(net: nn.Module) -> Sequence[nn.Module]:
    """The layers of a text encoder that learn, lowest first, if all above the first one do."""
    from torch import nn

    finder = getattr(net, "get_input_embeddings", None)
    if finder is None or not isinstance(finder(), nn.Embedding) or getattr(net, "base_model", net) is net:
        return ()
    layers = () if layers_are_shared(net) else layers_of(net)
    learns = [any(weight.requires_grad for weight in layer.parameters()) for layer in layers]
    first = learns.index(True) if True in learns else len(layers)
    return layers[first:] if all(learns[first:]) else ()


class _Forward:
    """The forward of one layer, which it does not hold on to: see `SeenTokens`."""

    def __init__(self, layer: nn.Module, layout: Callable[[Any], _Parts], packing: Packing) -> None:
        self._held, self._layout, self._packing = weakref.ref(layer), layout, packing

    def __call__(self, hidden_states: Tensor, attention_mask: Tensor | None = None, *rest: Any, **more: Any) -> Any:
        layer = self._held()
        assert layer is not None
        usual = attention_mask is None or attention_mask.ndim == 4
        if not (layer.training or self._packing.always) or not usual or any(given is not None for given in rest):
            return type(layer).forward(layer, hidden_states, attention_mask, *rest, **more)
        return self._first(self._layout(layer), hidden_states, attention_mask, more)

    def _first(self, parts: _Parts, hidden: Tensor, mask: Tensor | None, more: dict[str, Any]) -> Tensor:
        """`hidden` [B, T, H], or [1, P, H] if it is packed -> [B, 1, H]."""
        attention, pack = parts.attention, self._packing.take()
        width = attention.attention_head_size
        first = hidden[:, :1] if pack is None else hidden[0].index_select(0, pack.first).unsqueeze(1)

        def heads(projected: Tensor) -> Tensor:
            return projected.view(*projected.shape[:2], -1, width).transpose(1, 2)

        asked = heads(parts.query(first))
        known = [parts.key(hidden), parts.value(hidden)]
        known = [heads(each) for each in known] if pack is None else pack.spread(known, asked.shape[1])
        answer, _ = _attention_of(attention)(
            attention,
            asked,
            *known,
            None if mask is None else mask[:, :, :1],
            dropout=attention.dropout.p if attention.training else 0.0,
            scaling=attention.scaling,
            **{name: value for name, value in more.items() if value is not None},
        )
        return parts.after(answer.flatten(2), first)


def _attention_of(attention: Any) -> Callable[..., tuple[Tensor, Any]]:
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    found: Callable[..., tuple[Tensor, Any]] = ALL_ATTENTION_FUNCTIONS[attention.config._attn_implementation]
    return found


def _says_the_same(net: nn.Module, packing: Packing) -> bool:
    """Whether `net` answers made-up texts, most of them padded, as it does with the whole last layer."""
    import torch

    named: Any = net
    was_training = {module for module in net.modules() if module.training}
    device, most = next(net.parameters()).device, named.get_input_embeddings().num_embeddings
    ids = torch.arange(_TRIED_ROWS * _TRIED_TOKENS, device=device).view(_TRIED_ROWS, -1) % most
    mask = torch.ones_like(ids)
    mask[1:, _TRIED_TOKENS // 2 :] = 0
    net.eval()
    try:
        with torch.no_grad():
            whole = named(input_ids=ids, attention_mask=mask).logits
            packing.always = True
            short = named(input_ids=ids, attention_mask=mask).logits
        return bool(torch.allclose(whole, short, rtol=1e-3, atol=1e-4))
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        if is_out_of_memory(error):  # a run that goes on must not come to another answer than it had
            raise
        return False  # another release of the library, or a setting, is built otherwise
    finally:
        packing.always = False
        for module in was_training:
            module.training = True
