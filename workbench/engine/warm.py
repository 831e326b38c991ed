"""Importing what the engine needs, once, before the first run asks for it."""

from __future__ import annotations

import gc
import threading

_lock = threading.Lock()
_warm = False


def warm() -> None:
    """Import torch, transformers and what measures need. Takes seconds the first time, nothing afterwards.

    The collector rests meanwhile, and leaves alone what was imported: walking it again and again held the window up
    for 300 ms.
    """
    global _warm
    with _lock:
        if _warm:
            return
        gc.disable()
        try:
            _import()
            gc.freeze()
        finally:
            gc.enable()
        _warm = True


def _import() -> None:
    # Imported for those who need them later, so that no evaluation and no answer has to wait.
    import scipy.special
    import scipy.stats  # noqa: F401
    import sklearn.metrics  # noqa: F401
    import torch  # noqa: F401
    import transformers.models.auto.modeling_auto  # noqa: F401

    import workbench.engine.pretrained
    import workbench.engine.train  # noqa: F401


def is_warm() -> bool:
    """Whether torch is there already."""
    return _warm
