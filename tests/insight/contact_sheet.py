"""Draws the library's curves, twelve to a page, for a person who judges them. The coach is not asked.

python -m tests.insight.contact_sheet OUTPUT_FOLDER [PART_OF_A_NAME ...]
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from tests.insight.curve_files import FOLDER

ROWS, COLUMNS = 4, 3


def draw(figure: Any, place: Any, name: str, content: dict[str, Any]) -> None:
    """Losses at the left, the headline metric against its baseline and the gradient's norm at the right."""
    left, right = place.subgridspec(1, 2, wspace=0.28).subplots()
    losses = np.array([math.nan if loss is None else loss for loss in content["losses"]], dtype=float)
    steps, looks = np.arange(1, len(losses) + 1), content["looks"]
    at = [look["step"] for look in looks]
    left.plot(steps, losses, color="tab:blue", alpha=0.3, linewidth=0.7)
    window = max(1, min(content["steps_per_epoch"], len(losses) // 5))
    if len(losses) >= 2 * window:
        left.plot(steps[window - 1 :], np.convolve(losses, np.ones(window) / window, "valid"), color="tab:blue")
    left.plot(
        at,
        [math.nan if look["loss"] is None else look["loss"] for look in looks],
        "o--",
        color="tab:orange",
        markersize=3,
    )
    top = np.nanpercentile(losses, 99) if np.isfinite(losses).any() else 1.0
    left.set_ylim(0 if top < 5 else None, None if top < 5 else top * 1.1)
    plan = content["plan"]
    left.set_title(
        f"{name}  lr={plan['learning_rate']:g} {plan['optimizer']['name']} {plan['schedule']['name']}"
        f" e={plan['epochs']} n={content['train_rows']}/{content['validation_rows']} {content['outcome']}",
        fontsize=7,
        loc="left",
    )
    headline = content["headline"]
    values = [look["metrics"].get(headline, math.nan) for look in looks]
    right.plot(at, values, "s-", color="tab:green", markersize=3)
    if content["baseline"]:
        right.axhline(content["baseline"][headline], color="tab:red", linestyle="--", linewidth=0.8)
    right.set_title(f"{headline} {values[-1] if values else math.nan:.3f}  {predicted(looks)}", fontsize=7, loc="right")
    norms = right.twinx()
    norms.plot(
        steps,
        [math.nan if norm is None else norm for norm in content["norms"]],
        color="grey",
        alpha=0.35,
        linewidth=0.6,
    )
    norms.set_yscale("log")
    for axis in (left, right, norms):
        axis.tick_params(labelsize=6)


def predicted(looks: list[dict[str, Any]]) -> str:
    """How many rows were taken for each class at the last look."""
    if not looks or "confusion" not in looks[-1]:
        return ""
    return "pred " + " ".join(map(str, np.sum(looks[-1]["confusion"], axis=0).tolist()))


def main() -> None:
    """Write sheet-NN.png."""
    folder, parts = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    paths = [path for path in sorted(FOLDER.glob("*.json")) if not parts or any(part in path.stem for part in parts)]
    for page in range(0, len(paths), ROWS * COLUMNS):
        figure = plt.figure(figsize=(21, 13), dpi=80)
        grid = figure.add_gridspec(ROWS, COLUMNS, hspace=0.3, wspace=0.16, left=0.02, right=0.98, top=0.97, bottom=0.03)
        for number, path in enumerate(paths[page : page + ROWS * COLUMNS]):
            draw(figure, grid[number], path.stem, json.loads(path.read_text(encoding="utf-8")))
        figure.savefig(folder / f"sheet-{page // (ROWS * COLUMNS):02}.png")
        plt.close(figure)


if __name__ == "__main__":
    main()
