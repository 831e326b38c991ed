"""Too little memory: noticed, mended by smaller pieces where that is possible, and put into words."""

from __future__ import annotations

import sys

from workbench.core.errors import Problem
from workbench.core.events import Notice
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan
from workbench.engine.state import Proposal, RunState


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is Python's, a card's or the CPU allocator's way to say that memory ran out."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def smaller_pieces(state: RunState, rows: int) -> Notice:
    """From now on half as many of `rows` rows at a time, with the same effective batch. Empties a card's cache."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    state.parts *= 2
    message = tr(
        "There was not enough memory for {rows} rows at once. They are now computed {fewer} at a time; each step still "
        "learns from all of them, only more slowly.",
        rows=rows,
        fewer=-(-rows // state.parts),
    )
    return Notice(code="T05", message=message, severity="warning")


def out_of_memory(plan: TrainingPlan) -> Proposal:
    """Where smaller pieces do not help: what the user can do about it."""
    shorter = max(8, plan.max_length // 2)
    remedy = tr("Try shorter texts ({tokens} tokens), or a smaller model.", tokens=shorter)
    what = tr("There was not enough memory. Nothing saved is lost.")
    return Proposal(Problem(code="T04", where="", what=what, remedy=remedy), {"max_length": shorter})


def peak_memory_bytes() -> int:
    """The most memory that the card that trains, or else this process, has held so far; 0 where nobody tells."""
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
