"""Starting a module of ours in a separate Python process, with an environment that is known."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent

# Secrets and switches of the parent that a child must not inherit.
_WITHHELD = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def child_command(module: str, *arguments: str) -> list[str]:
    """The command that runs `module`; `-P` keeps the current folder's modules from shadowing ours."""
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The parent's environment without its tokens, with the workbench importable, and with `changes`."""
    kept = {name: value for name, value in os.environ.items() if name not in _WITHHELD}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    kept["PYTHONIOENCODING"] = "utf-8"
    return {**kept, **changes}
