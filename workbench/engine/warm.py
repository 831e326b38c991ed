"""Importing what the engine needs, once, before the first run asks for it."""

from __future__ import annotations

import gc
import threading

_lock = threading.Lock()
_warm = False


def warm() -> None:
    """Import torch, transformers and what measures need. Takes seconds the first time, nothing afterwards.

    The collector is told to leave what was imported alone: walking it again and again held the window up for 300 ms.
    """
    global _warm
    with _lock:
        if _warm:
            return
        import sklearn.metrics  # noqa: F401 - imported here so that no evaluation has to wait for it
        import torch  # noqa: F401
        import transformers.models.auto.modeling_auto  # noqa: F401

        import workbench.engine.pretrained
        import workbench.engine.train  # noqa: F401

        gc.collect()
        gc.freeze()
        _warm = True


def is_warm() -> bool:
    """Whether torch is there already."""
    return _warm
