"""Tunings: which weights learn. One function is one entry.

A function gets the net and changes it in place: weights that do not learn stop asking for gradients, and LoRA puts its
additions in. It returns the `Tuned` net and raises WorkbenchError where the tuning does not suit the net.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.language import mark, tr
from workbench.core.options import Option
from workbench.core.plan import Choice
from workbench.core.registry import Registry
from workbench.engine.lora import ALL_LINEAR, ATTENTION, add_lora
from workbench.engine.tuned import (
    Tuned,
    above_layers,
    freeze,
    layers_are_shared,
    layers_of,
    poolers_of,
    refused,
)

if TYPE_CHECKING:
    from torch import nn

TUNINGS: Registry[Callable[..., Tuned]] = Registry(mark("What learns"), "tuning")


def tune(net: nn.Module, choice: Choice) -> Tuned:
    """Make the part of `net` learn that `choice` names. Call it once, on a net as it was built or loaded.

    LoRA draws its first weights from torch's global random numbers: seed them before. Raises WorkbenchError if the
    choice is unknown or does not suit the net.
    """
    entry = TUNINGS[choice.name]
    return entry.function(net, **entry.values(choice))


@TUNINGS.add(
    "all",
    title=mark("All weights"),
    help=mark("Every weight of the model learns. Reaches the most, takes the longest, needs the most memory."),
    formula="w ← w − η·g  for every weight w",
    source="Devlin et al. 2019, BERT, arXiv:1810.04805",
)
def all_weights(net: nn.Module) -> Tuned:
    return Tuned(net)


@TUNINGS.add(
    "head",
    title=mark("Only the head"),
    help=mark(
        "The pretrained part stays as it is and its answers are kept: very quick after the first epoch. "
        "Wants a higher learning rate, about 0.001."
    ),
    formula="w ← w − η·g  for the head;  w ← w  for the pretrained encoder",
    source="Peters, Ruder & Smith 2019, To Tune or Not to Tune?, arXiv:1903.05987",
)
def head(net: nn.Module) -> Tuned:
    return freeze(net, poolers_of(net), layers_of(net))


@TUNINGS.add(
    "top-layers",
    title=mark("The top layers and the head"),
    help=mark("The lower layers, which know the language, stay as they are; the upper ones learn your task. Quicker."),
    formula="w ← w − η·g  for the head and the k highest layers;  w ← w  below",
    source="Lee, Tang & Lin 2019, What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning, arXiv:1911.03090",
    options=(
        Option(
            name="top_layers",
            title=mark("Layers that learn"),
            kind="integer",
            default=3,
            minimum=1,
            maximum=100,
            primary=True,
            help=mark("Counted from the top. More can learn more from many rows; fewer are quicker and safer for few."),
        ),
    ),
)
def top_layers(net: nn.Module, *, top_layers: int = 3) -> Tuned:
    layers = layers_of(net)
    if not layers:
        raise refused(
            "T51",
            tr("No layers were found in this model that could be told apart."),
            tr("Let all weights learn, or only the head."),
        )
    if layers_are_shared(net):
        raise refused(
            "T52",
            tr("All layers of this model are one and the same layer that runs several times: none can learn alone."),
            tr("Let all weights learn, or only the head."),
        )
    if top_layers > len(layers):
        raise refused(
            "T53",
            tr("{wanted} layers are to learn, and the model has {count}.", wanted=top_layers, count=len(layers)),
            tr("Possible: {possible}.", possible=f"1 … {len(layers)}"),
        )
    frozen = len(layers) - top_layers
    return freeze(net, [*layers[frozen:], *above_layers(net)], layers[:frozen])


@TUNINGS.add(
    "lora",
    title=mark("Small additions (LoRA)"),
    help=mark(
        "The model's matrices stay as they are; two thin ones learn beside each and are added at the end. "
        "Saves memory. Wants a higher learning rate, about 0.0005."
    ),
    formula="y = (W + (α/r)·B·A)·x;  A is random and B is zero at the start, only A, B and the head learn",
    source="Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, arXiv:2106.09685",
    options=(
        Option(
            name="rank",
            title=mark("Rank"),
            kind="integer",
            default=8,
            minimum=1,
            maximum=256,
            primary=True,
            help=mark("Width of the added matrices. Higher can learn more and has more weights; 8 is often enough."),
        ),
        Option(
            name="alpha",
            title=mark("Alpha"),
            kind="number",
            default=16.0,
            minimum=0.1,
            maximum=1024.0,
            help=mark("The addition counts alpha / rank times. Higher changes the model more; often twice the rank."),
        ),
        Option(
            name="targets",
            title=mark("Where"),
            kind="choice",
            default=ATTENTION,
            choices=((ATTENTION, mark("query and value of the attention")), (ALL_LINEAR, mark("every matrix"))),
            help=mark("Which matrices get an addition. Every matrix learns more and is slower."),
        ),
        Option(
            name="dropout",
            title=mark("Dropout"),
            kind="number",
            default=0.0,
            maximum=0.9,
            help=mark("Share of the addition's inputs left out at random. Higher guards against learning by heart."),
        ),
    ),
)
def lora(
    net: nn.Module, *, rank: int = 8, alpha: float = 16.0, targets: str = ATTENTION, dropout: float = 0.0
) -> Tuned:
    return add_lora(net, rank=rank, alpha=alpha, targets=targets, dropout=dropout)
