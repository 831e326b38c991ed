"""Which processor trains, and with how many threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def best_device() -> torch.device:
    """A CUDA card if there is one, else an Apple GPU, else the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_title(device: torch.device) -> str:
    """The device's name for people."""
    import torch

    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return {"mps": "Apple GPU", "cpu": "CPU"}.get(device.type, device.type)


def thread_count() -> int:
    """The threads with which torch computes on the CPU."""
    import torch

    return torch.get_num_threads()
