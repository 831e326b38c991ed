"""A net of which a chosen part learns: what is frozen, how it learns, and its state under plain names.

Words: the *base* is the pretrained encoder inside the net, its *layers* are the numbered blocks, lowest first; the
*head* is everything else, and the base's pooler, which stands between the two and is often as new as the head is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

if TYPE_CHECKING:
    from torch import Tensor, nn

State = dict[str, "Tensor"]
"""{name: tensor} as in torch's state_dict. The tensors are the net's own: copy them if they must outlive a step."""

ADAPTER = "default"
"""The name under which peft keeps our only adapter."""

POOLER = "pooler"


@dataclass(frozen=True)
class Tuned:
    """A net, changed in place so that only a part of it learns.

    `frozen_modules` neither learn nor drop anything out while the rest learns; `frozen_layers` are the lowest layers
    of the encoder among them, lowest first. `adapters` are the modules of LoRA by their place in the net.
    """

    net: nn.Module
    frozen_modules: tuple[nn.Module, ...] = ()
    frozen_layers: tuple[nn.Module, ...] = ()
    adapters: Mapping[str, Any] = field(default_factory=dict)

    def train(self) -> None:
        """Put the net in training mode and its frozen parts in evaluation mode."""
        self.net.train()
        for module in self.frozen_modules:
            module.training = False  # its children are told one by one: some of them may learn

    @property
    def learning_parameters(self) -> int:
        """How many numbers learn."""
        return sum(weight.numel() for weight in self.net.parameters() if weight.requires_grad)

    def plain_state(self) -> State:
        """What the net would hold had it learned without additions: W + (α/r)·B·A where LoRA stands. Changes nothing.

        Names, shapes and dtypes are those of the untouched net, so that `save_pretrained(folder, state_dict=...)`
        writes a folder that programs without peft can open.
        """
        import torch

        state = self.base_state()
        with torch.no_grad():
            for place, adapter in self.adapters.items():
                name = f"{place}.weight"
                state[name] = (state[name] + adapter.get_delta_weight(ADAPTER)).contiguous()
        return state

    def base_state(self) -> State:
        """The net's weights without what was added, under the names that they have in the untouched net.

        A weight that stands in two places (tied embeddings) is told once.
        """
        state = self._state()
        return {plain: state[live] for plain, live in self._live_names.items()}

    def extra_state(self) -> State:
        """The weights that LoRA added, under their own names; empty for other tunings."""
        base = set(self._live_names.values())
        return {name: tensor for name, tensor in self._state().items() if name not in base}

    def load(self, base: Mapping[str, Tensor], extra: Mapping[str, Tensor]) -> None:
        """Take back what `base_state` and `extra_state` told, to the last bit. Raises ValueError if names differ."""
        for kept, live in ((base, self.base_state()), (extra, self.extra_state())):
            if kept.keys() != live.keys():
                raise ValueError(f"weights that do not match: {sorted(kept.keys() ^ live.keys())[:5]}")
            for name, tensor in live.items():
                tensor.copy_(kept[name])

    def load_plain(self, plain: Mapping[str, Tensor]) -> None:
        """Take a plain model's weights: the net then answers as that model does, and what LoRA had added is zero.

        For measuring a kept model; learning goes on from `load` instead.
        """
        for name, tensor in self.base_state().items():
            if name in plain:
                tensor.copy_(plain[name])
        for name, tensor in self.extra_state().items():
            if ".lora_B." in name:
                tensor.zero_()

    def _state(self) -> State:
        weights = {name: weight.detach() for name, weight in self.net.named_parameters()}
        every_name = {name for name, _ in self.net.named_parameters(remove_duplicate=False)}
        return weights | {name: value for name, value in self.net.state_dict().items() if name not in every_name}

    @cached_property
    def _live_names(self) -> dict[str, str]:
        """{name in the untouched net: name in this one} of every weight that was not added."""
        names: dict[str, str] = {}
        for name in self._state():
            place, _, rest = name.partition(".base_layer.")
            if place in self.adapters and rest:
                names[f"{place}.{rest}"] = name
            elif not any(name.startswith(f"{place}.") for place in self.adapters):
                names[name] = name
        return names


def base_of(net: nn.Module) -> nn.Module:
    """The pretrained encoder inside `net`. Raises WorkbenchError (T50) if the net is not one with a head on it."""
    base = getattr(net, "base_model", net)
    if base is net:
        raise refused(
            "T50",
            tr("This model has no head of its own on top of pretrained layers."),
            tr("Let all weights learn."),
        )
    return cast("nn.Module", base)


def layers_of(net: nn.Module) -> tuple[nn.Module, ...]:
    """The encoder's layers, lowest first. One layer that runs many times (ALBERT) is one; () where none are found."""
    from torch import nn

    base = base_of(net)
    lists: dict[str, nn.ModuleList] = {}
    for name, module in base.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in lists)
        if isinstance(module, nn.ModuleList) and len(module) and not inside:
            lists[name] = module
    found = list(lists.values())
    if len(found) > 1:
        found = [module for module in found if len(module) == _described_layers(net)]
    return tuple(found[0]) if len(found) == 1 else ()


def layers_are_shared(net: nn.Module) -> bool:
    """Whether the same layer runs several times, as ALBERT's does."""
    return 0 < len(layers_of(net)) < _described_layers(net)


def freeze(net: nn.Module, learning: Iterable[nn.Module], frozen_layers: tuple[nn.Module, ...]) -> Tuned:
    """Everything in the base stays as it is, but the modules `learning`; the head learns."""
    alive = {id(module) for part in learning for module in part.modules()}
    frozen = tuple(module for module in base_of(net).modules() if id(module) not in alive)
    for module in frozen:
        for weight in module.parameters(recurse=False):
            weight.requires_grad_(False)
    return Tuned(net, frozen_modules=frozen, frozen_layers=frozen_layers)


def poolers_of(net: nn.Module) -> list[nn.Module]:
    """The base's pooler, if it has one: a part of the head, for no layer stands above it."""
    return [module for name, module in base_of(net).named_children() if name == POOLER]


def above_layers(net: nn.Module) -> list[nn.Module]:
    """What stands above the base's layers: its last normalisation, its pooler.

    Known by its place: children of the base that were declared after the one that holds the layers.
    """
    lowest = layers_of(net)[0]
    children = list(base_of(net).children())
    holder = next(i for i, child in enumerate(children) if any(module is lowest for module in child.modules()))
    return children[holder + 1 :]


def refused(code: str, what: str, remedy: str) -> WorkbenchError:
    """The error of a tuning that does not suit the model."""
    return WorkbenchError(Problem(code=code, where=tr("What learns"), what=what, remedy=remedy, field="tuning"))


def _described_layers(net: nn.Module) -> int:
    config = getattr(net, "config", None)
    return int(getattr(config, "num_hidden_layers", 0) or 0)
