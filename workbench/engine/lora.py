"""LoRA: thin matrices beside frozen ones (Hu et al. 2021, arXiv:2106.09685), by the library peft.

W stays as it is; B [out, r] and A [r, in] learn, and W + (α/r)·B·A is what the net multiplies with. B begins at zero,
so that the net answers at first as it did before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.language import tr
from workbench.engine.tuned import Tuned, base_of, layers_of, poolers_of, refused

if TYPE_CHECKING:
    from torch import nn

ATTENTION, ALL_LINEAR = "attention", "all-linear"

_QUERY_AND_VALUE = frozenset(
    # What the query and value matrices are called: BERT's kin, DistilBERT, MPNet, DeBERTa, BART's kin.
    ("query", "value", "q_lin", "v_lin", "q", "v", "query_proj", "value_proj", "q_proj", "v_proj")
)
_FUSED = frozenset(("c_attn", "Wqkv", "in_proj", "query_key_value", "qkv_proj"))
"""Query, key and value in one matrix (GPT-2, ModernBERT, ...): there the key gets its share of the addition too."""


def add_lora(net: nn.Module, *, rank: int, alpha: float, targets: str, dropout: float) -> Tuned:
    """Put LoRA beside the matrices that `targets` means ("attention" or "all-linear") in the encoder's layers of `net`.

    Only the additions and the head learn. Raises WorkbenchError if the net has no such matrices (T54) or peft is not
    installed (T55).
    """
    places = _places(net, targets)
    try:
        import peft
        from peft.tuners.lora import LoraLayer
    except ImportError as error:
        what, remedy = tr("The library peft is not installed."), tr("Install it with: pip install peft")
        raise refused("T55", what, remedy) from error
    head = [weight for weight in _head_weights(net) if weight.requires_grad]
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # documented as a whole number, used as any number
        target_modules=list(places),
        lora_dropout=dropout,
        fan_in_fan_out=any(_is_transposed(module) for module in places.values()),
    )
    peft.inject_adapter_in_model(config, net)
    for weight in head:  # peft has frozen everything but its own
        weight.requires_grad_(True)
    adapters = {name: module for name, module in net.named_modules() if isinstance(module, LoraLayer)}
    return Tuned(net, adapters=adapters)


def _places(net: nn.Module, targets: str) -> dict[str, nn.Module]:
    """{place in the net: matrix} of the encoder's layers."""
    layers = [module for layer in layers_of(net) for module in layer.modules()]
    inside = {id(module) for module in layers}
    found = {name: module for name, module in net.named_modules() if id(module) in inside and _is_matrix(module)}
    if targets == ATTENTION:
        wanted = _QUERY_AND_VALUE | _FUSED
        found = {name: module for name, module in found.items() if name.rpartition(".")[2] in wanted}
    if not found:
        raise refused(
            "T54",
            tr("No matrices of this kind were found in the model's layers."),
            tr("Choose every matrix, or let all weights learn."),
        )
    return found


def _is_matrix(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, nn.Linear) or _is_transposed(module)


def _is_transposed(module: nn.Module) -> bool:
    """Whether `module` is GPT-2's Conv1D, a linear layer whose matrix is stored as [in, out]."""
    from transformers.pytorch_utils import Conv1D

    return isinstance(module, Conv1D)


def _head_weights(net: nn.Module) -> list[Any]:
    """The weights outside the base, and those of its pooler."""
    base = {id(weight) for weight in base_of(net).parameters()}
    pooler = {id(weight) for module in poolers_of(net) for weight in module.parameters()}
    return [weight for weight in net.parameters() if id(weight) not in base or id(weight) in pooler]
