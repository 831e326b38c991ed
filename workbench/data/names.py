"""Columns' names: trimmed, never blank, never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

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
    trimmed = sum(1 for name in names[:width] if name.strip(_BLANKS) not in ("", name.strip("\ufeff")))
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
    counts = {"blank": blank, "repeated": repeated, "trimmed": trimmed}
    return tuple(result), tuple(_NOTES[fault](count) for fault, count in counts.items() if count)


def faults_in(notes: Iterable[str], width: int) -> dict[str, int]:
    """{"blank", "repeated", "trimmed": how many names} of a header of `width` columns, found in the notes on it."""
    found = set(notes)
    return {
        fault: count
        for fault, note in _NOTES.items()
        for count in range(1, (width if found else 0) + 1)
        if note(count) in found
    }


def _free(name: str, taken: set[str], count: int = 1) -> str:
    candidate = name if count == 1 else f"{name} ({count})"
    while candidate in taken:
        count += 1
        candidate = f"{name} ({count})"
    return candidate


def _blank(count: int) -> str:
    return trn("{number} column had no name.", "{number} columns had no name.", count)


def _repeated(count: int) -> str:
    return trn("{number} column's name stood twice.", "{number} columns' names stood twice.", count)


def _trimmed(count: int) -> str:
    return trn(
        "Spaces around {number} column's name were dropped.",
        "Spaces around {number} columns' names were dropped.",
        count,
    )


_NOTES: dict[str, Callable[[int], str]] = {"blank": _blank, "repeated": _repeated, "trimmed": _trimmed}
