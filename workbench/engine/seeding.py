"""One seed for every source of random numbers, and one for every step.

What a step draws (dropout, crops, masks) depends on the plan's seed and the step's number alone, and on nothing that
was drawn before. So a resumed run, or a step that is tried again, draws what an uninterrupted run would have drawn, on
every device, and no generator's state has to be kept.
"""

from __future__ import annotations

import random


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch (every device)."""
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def seed_step(seed: int, step: int) -> int:
    """Seed everything for the step that follows `step` updates; returns the 64-bit seed that was used.

    NumPy's SeedSequence mixes the two numbers, so that neighbouring steps have nothing in common (O'Neill 2015).
    """
    import numpy as np
    import torch

    from workbench.engine.quick.dropout import seed_dropout

    mixed = int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0])
    random.seed(mixed)
    np.random.seed(mixed % 2**32)
    # `torch.manual_seed` writes down its caller for a card that may be started later: a millisecond at each step.
    torch.default_generator.manual_seed(mixed)
    if torch.cuda.is_available():
        torch.cuda.manual_seed_all(mixed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(mixed)
    seed_dropout(mixed)
    return mixed
