"""Where the files that come with the workbench lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """The path of `resources/NAME`. Raises FileNotFoundError if the installation is incomplete."""
    for root in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"resources/{name} is missing: the installation of Model Workbench is incomplete")
