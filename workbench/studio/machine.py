"""What this computer has."""

from __future__ import annotations

import os

from msgspec import Struct

from workbench.engine.warm import is_warm


class Machine(Struct, frozen=True, kw_only=True):
    """`device` is "CPU" until torch is imported and has found more; memory in bytes, `memory_ours` of this process."""

    device: str
    threads: int
    memory_total: int
    memory_free: int
    memory_ours: int


def look() -> Machine:
    """The machine now. Does not import torch."""
    import psutil

    memory = psutil.virtual_memory()
    device, threads = "CPU", len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if is_warm():
        from workbench.engine.devices import best_device, device_title, thread_count

        device, threads = device_title(best_device()), thread_count()
    return Machine(
        device=device,
        threads=threads,
        memory_total=memory.total,
        memory_free=memory.available,
        memory_ours=psutil.Process().memory_info().rss,
    )
