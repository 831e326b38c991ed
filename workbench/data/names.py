"""Columns' names: trimmed, never blank, never twice."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.core.language import trn

_LONGEST = 200
_BLANKS = " \t\r\n\v\f\ufeff\u200b\u00a0\u3000\x00"


def mend_names(names: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names for `width` columns, made of a header's `names`, and notes on what was mended.

    A blank name becomes "column 3", a name that came before "text (2)". These names stand in plans, so they are the
    same in every language.
    """
    wanted = [" ".join(name.strip(_BLANKS).split())[:_LONGEST] for name in names[:width]]
    wanted += [""] * (width - len(wanted))
    taken = {name for name in wanted if name}
    seen: set[str] = set()
    result: list[str] = []
    blank = repeated = 0
    for index, name in enumerate(wanted, start=1):
        if not name:
            blank += bool(names)
            name = _free(f"column {index}", taken)
        elif name in seen:
            repeated += 1
            name = _free(name, taken, 2)
        seen.add(name)
        taken.add(name)
        result.append(name)
    return tuple(result), _notes(blank, repeated)


def _free(name: str, taken: set[str], count: int = 1) -> str:
    candidate = name if count == 1 else f"{name} ({count})"
    while candidate in taken:
        count += 1
        candidate = f"{name} ({count})"
    return candidate


def _notes(blank: int, repeated: int) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if blank:
        notes += (trn("{number} column had no name.", "{number} columns had no name.", blank),)
    if repeated:
        notes += (trn("{number} column's name stood twice.", "{number} columns' names stood twice.", repeated),)
    return notes
