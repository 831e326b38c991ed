"""With which numbers the net multiplies while it learns. Evaluation and answers are always in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def chosen_precision(wanted: str, device: torch.device) -> str:
    """ "float32" or "bfloat16" for the plan's `wanted`.

    "auto" takes bfloat16 where the processor multiplies it natively (CUDA cards that do, AMX, AVX-512 BF16): there it
    was never slower. A rule and not a measurement, so that equal plans on equal machines give equal runs.
    """
    if wanted != "auto":
        return wanted
    return "bfloat16" if _is_native(device) else "float32"


def _is_native(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # newer than our oldest torch
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
