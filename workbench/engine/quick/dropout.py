"""Dropout on a processor: torch draws one random number for each element, one thread at a time.

Here the numbers come from SFC64 (Chris Doty-Humphrey's, as in NumPy), 16 bits for each element, several times as fast.
The rate is met to 1/65536 and the scale is exact for the rate that is met, so the mean is kept as in Srivastava et al.
2014. The numbers depend on the step alone: see `seeding`.
"""

from __future__ import annotations

import weakref
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor, dtype, nn

_LEVELS = 65536


class _Bits:
    """Random numbers of this thread of training. One run trains at a time; each step seeds it anew."""

    def __init__(self) -> None:
        self.source = np.random.SFC64(0)

    def draw(self, count: int) -> np.ndarray:
        """`count` numbers, uint16."""
        words: np.ndarray = np.asarray(self.source.random_raw((count + 3) // 4))
        return words.view(np.uint16)[:count]


_bits = _Bits()


def seed_dropout(seed: int) -> None:
    """Begin the numbers of one step."""
    _bits.source = np.random.SFC64(seed)


def dropout_mask(shape: tuple[int, ...], rate: float, dtype: dtype) -> Tensor:
    """Zeros with probability `rate`, else 1 / (1 - rate), in `dtype` (bfloat16 or float32)."""
    import torch

    dropped = min(_LEVELS - 1, round(rate * _LEVELS))
    kept = _bits.draw(int(np.prod(shape))) >= np.uint16(dropped)
    word, pattern = _pattern(_LEVELS / (_LEVELS - dropped), dtype)
    # A bit pattern times 0 or 1: cheaper than a comparison, a conversion and a product of floats.
    mask = np.multiply(kept, pattern, dtype=word)
    signed = mask.view(np.int16 if word is np.uint16 else np.int32)
    return torch.from_numpy(signed).view(dtype).view(shape)


@cache
def _pattern(scale: float, dtype: dtype) -> tuple[type[np.generic], np.generic]:
    import torch

    if dtype == torch.bfloat16:
        return np.uint16, np.uint16(int(torch.tensor(scale, dtype=dtype).view(torch.int16)) & 0xFFFF)
    return np.uint32, np.float32(scale).view(np.uint32)


def quicken_dropout(net: nn.Module) -> int:
    """Let every plain dropout module of `net` draw from here; returns how many there are."""
    from torch import nn

    modules = [module for module in net.modules() if type(module) is nn.Dropout]
    for module in modules:
        module.forward = _Forward(module)  # type: ignore[method-assign, assignment]
    return len(modules)


class _Forward:
    """The forward of one dropout module, which it does not hold on to: see `SeenTokens`."""

    def __init__(self, module: nn.Dropout) -> None:
        self._held = weakref.ref(module)

    def __call__(self, values: Tensor) -> Tensor:
        module = self._held()
        assert module is not None
        rate = module.p
        if not module.training or rate == 0:
            return values
        if values.device.type != "cpu" or not can_mask(values.dtype):
            return _library_dropout(values, rate)
        return values * dropout_mask(tuple(values.shape), rate, values.dtype)


def can_mask(dtype: dtype) -> bool:
    """Whether `dropout_mask` knows `dtype`."""
    import torch

    return dtype in (torch.bfloat16, torch.float32)


def _library_dropout(values: Tensor, rate: float) -> Tensor:
    from torch.nn.functional import dropout

    return dropout(values, rate, training=True)
