"""Rows drawn by lot: from each class its share, or whatever their class."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from workbench.core.language import mark
from workbench.data.split import split
from workbench.data.splits import SPLITS, Parts, Rows


@SPLITS.add(
    "even",
    title=mark("At random, every class alike"),
    help=mark("Rows are drawn by lot, from each class (or range of numbers) its share. Identical texts stay together."),
)
def even(rows: Rows, share: float, seed: int) -> Parts:
    """Stratified: every class gives its share."""
    training, validation = split(rows.strata, rows.keys(), share, seed, rows.watch)
    return Parts(training=training, validation=validation)


@SPLITS.add(
    "random",
    title=mark("At random"),
    help=mark(
        "Rows are drawn by lot, whatever their class; a rare one may go unchecked. Identical texts stay together."
    ),
)
def at_random(rows: Rows, share: float, seed: int) -> Parts:
    """Every text has the same chance; only a class that the training rows would miss gets one of its texts back."""
    keys = rows.keys()
    training, validation = split(bytes(len(rows)), keys, share, seed, rows.watch)
    back = _to_take_back(rows.labels, keys, training, validation)
    if back:
        kept_aside = {place for place in validation if keys[place] not in back}
        training = array("L", (place for place in rows.watch.over(range(len(rows))) if place not in kept_aside))
        validation = array("L", sorted(kept_aside))
    return Parts(training=training, validation=validation)


def _to_take_back(
    labels: Sequence[object], keys: Sequence[int], training: Sequence[int], validation: Sequence[int]
) -> set[int]:
    """The keys of the first text of every label that only validation rows have."""
    known = {labels[place] for place in training} if labels else set()
    back: set[int] = set()
    for place in validation if labels else ():
        if labels[place] not in known:
            back.add(keys[place])
            known.add(labels[place])
    return back
