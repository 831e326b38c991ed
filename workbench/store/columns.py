"""Steps as columns of numbers: how a million of them are stored and read in a blink."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence

from workbench.core.events import StepDone

_INTEGERS, _FLOATS = "q", "d"
_WIDTH = 8
_COLUMNS = 5


def pack(steps: Sequence[StepDone]) -> bytes:
    """The columns step (int64), epoch, loss, learning rate and gradient norm (float64), one after another."""
    columns = (
        array(_INTEGERS, [step.step for step in steps]),
        array(_FLOATS, [step.epoch for step in steps]),
        array(_FLOATS, [step.loss for step in steps]),
        array(_FLOATS, [step.learning_rate for step in steps]),
        array(_FLOATS, [step.grad_norm for step in steps]),
    )
    return b"".join(_little_endian(column).tobytes() for column in columns)


def checksum(packed: bytes) -> int:
    """CRC-32: SQLite itself does not notice a flipped bit in a blob."""
    return zlib.crc32(packed)


def unpack(chunks: Iterable[bytes]) -> tuple[list[int], list[float], list[float], list[float], list[float]]:
    """The columns of all `chunks`, in their order."""
    steps = array(_INTEGERS)
    floats = [array(_FLOATS) for _ in range(_COLUMNS - 1)]
    for chunk in chunks:
        size = len(chunk) // _COLUMNS
        steps.frombytes(chunk[:size])
        for place, column in enumerate(floats, start=1):
            column.frombytes(chunk[place * size : (place + 1) * size])
    epochs, losses, learning_rates, grad_norms = (_little_endian(column).tolist() for column in floats)
    return _little_endian(steps).tolist(), epochs, losses, learning_rates, grad_norms


def _little_endian(column: array) -> array:  # type: ignore[type-arg]
    if sys.byteorder == "big":
        column.byteswap()
    return column
