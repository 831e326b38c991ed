"""Too little memory, in words."""

from __future__ import annotations

from workbench.core.errors import Problem
from workbench.core.language import tr
from workbench.core.plan import TrainingPlan


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` is Python's, a card's or the CPU allocator's way to say that memory ran out."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def out_of_memory(plan: TrainingPlan) -> Problem:
    """What the user can do about it: smaller batches first, then shorter texts."""
    remedy = (
        tr("Try a batch size of {rows}, or shorter texts.", rows=plan.batch_size // 2)
        if plan.batch_size > 1
        else tr("Try shorter texts, or a smaller model.")
    )
    return Problem(code="T04", what=tr("There was not enough memory. Nothing saved is lost."), remedy=remedy)
