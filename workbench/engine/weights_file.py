"""Safetensors headers, read by hand and within bounds, before any library sees the file.

Format: 8 bytes little-endian length N, N bytes of JSON, then the tensors' bytes without gaps or overlaps
(https://github.com/huggingface/safetensors#format). Nothing here allocates more than the header.
"""

from __future__ import annotations

import json
import math
import stat
from pathlib import Path
from typing import Any

from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

MOST_HEADER_BYTES = 8 * 2**20
MOST_TENSORS = 20_000

_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip

FLOATS = frozenset({"F8_E4M3", "F8_E5M2", "F16", "BF16", "F32", "F64"})

# What other formats begin with. Both zip (torch.save) and pickle can run programs when they are opened.
_OTHER_FORMATS = ((b"PK\x03\x04", "zip / pickle"), (b"\x80", "pickle"), (b"7z\xbc\xaf", "7z"), (b"\x1f\x8b", "gzip"))


class Tensor(Struct, frozen=True):
    """What a header says of one tensor: its type, shape and number of values."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """{tensor name: Tensor} of a safetensors file. Raises WorkbenchError (M08) if it is damaged or hostile."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, tr("it is not an ordinary file"))
    with path.open("rb") as file:
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > status.st_size - 8 or length > MOST_HEADER_BYTES:
            raise _refused(path, _reason_of_start(start, length, status.st_size))
        header = file.read(length)
    tensors = _parse(path, header)
    _check_offsets(path, tensors, status.st_size - 8 - length)
    return {name: Tensor(entry["dtype"], tuple(entry["shape"])) for name, entry in tensors.items()}


def _parse(path: Path, header: bytes) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(header.decode("utf-8"), object_pairs_hook=_without_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _refused(path, tr("its list of tensors cannot be read")) from error
    if not isinstance(content, dict):
        raise _refused(path, tr("its list of tensors cannot be read"))
    content.pop("__metadata__", None)
    if not content or len(content) > MOST_TENSORS:
        raise _refused(path, tr("it lists {count} tensors", count=len(content)))
    for name, entry in content.items():
        if not _is_tensor(entry):
            raise _refused(path, tr("tensor {name} is not described as the format asks", name=name[:80]))
    return content


def _is_tensor(entry: Any) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        return False
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not isinstance(shape, list) or not isinstance(offsets, list) or len(shape) > 8 or len(offsets) != 2:
        return False
    if not all(type(number) is int and 0 <= number < 2**63 for number in (*shape, *offsets)):
        return False
    # Python's integers do not overflow, so a product of shapes beyond 2^64 cannot pass for a small one.
    width = _BYTES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    return width is not None and math.prod(shape) * width == offsets[1] - offsets[0]


def _check_offsets(path: Path, tensors: dict[str, dict[str, Any]], data_bytes: int) -> None:
    position = 0
    for begin, end in sorted(tuple(entry["data_offsets"]) for entry in tensors.values()):
        if begin != position:
            raise _refused(path, tr("its tensors overlap or leave gaps"))
        position = end
    if position != data_bytes:
        raise _refused(path, tr("it holds {found} bytes of weights instead of {due}", found=data_bytes, due=position))


def _reason_of_start(start: bytes, length: int, file_bytes: int) -> str:
    for magic, kind in _OTHER_FORMATS:
        if start.startswith(magic):
            return tr("it is really a file of the kind {kind}", kind=kind)
    if length > file_bytes - 8:
        return tr("it is shorter than its beginning says")
    return tr("its list of tensors takes {size} bytes", size=length)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name stands twice")
    return content


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _refused(path: Path, reason: str) -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="M08",
            where=path.name,
            what=tr("The weights file is damaged or hostile: {reason}.", reason=reason),
            remedy=tr("Nothing was loaded. Get the model again from its source, or choose another one."),
            field="model",
        )
    )
