"""Mends of labels: one class keeps one name."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.core.language import mark
from workbench.core.options import Option
from workbench.data.mends import LABELS, LabelMend

UNKNOWN = frozenset({"na", "none", "-", "--", "?", "unknown", "missing", "无", "未知", "空", "缺失", "."})
"""Labels (in lower case) that may stand for a missing one."""


_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[-_ ]+(?=[^\W\d_])")
_EXACT = 16  # digits up to which two different numbers stay different


def spelling(label: str) -> str:
    """Equal for labels that differ only in case, in the width of characters, or in spaces around and doubled spaces."""
    if not label.isascii():
        label = unicodedata.normalize("NFKC", label)
    return " ".join(label.casefold().split())


def loose_spelling(label: str) -> str:
    """As `spelling`; spaces, hyphens and the way a number is written do not count either."""
    folded = spelling(label)
    try:  # a sign belongs to the number: -1 is another class than 1
        number = float(folded) if len(folded) < _EXACT and "_" not in folded else math.nan
    except ValueError:
        number = math.nan
    return repr(number) if math.isfinite(number) else _BETWEEN_LETTERS.sub("", folded)


def twins(counts: Mapping[str, int], fold: Callable[[str], str] = spelling) -> list[list[str]]:
    """The labels of `counts` ({label: rows}) that `fold` makes equal, the commonest of each first."""
    same: dict[str, list[str]] = {}
    for label in counts:
        same.setdefault(fold(label), []).append(label)
    return [sorted(found, key=lambda label: (-counts[label], label)) for found in same.values() if len(found) > 1]


@LABELS.add(
    "join-spellings",
    title=mark("Spellings of labels joined"),
    help=mark("Labels that differ in case, spaces or width only become one class; the commonest spelling wins."),
    options=(
        Option(
            name="loosely",
            title=mark("Hyphens and numbers too"),
            kind="switch",
            default=False,
            help=mark("Also joins labels that differ in hyphens, in spaces inside or in how a number is written."),
        ),
    ),
)
def join_spellings(cells: Sequence[str], *, loosely: bool = False) -> LabelMend:
    fold = loose_spelling if loosely else spelling
    counts = Counter(stripped for cell in cells if (stripped := cell.strip()))
    winners: dict[str, str] = {}
    for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        winners.setdefault(fold(label), label)

    def joined(cell: str) -> str:
        return winners.get(fold(cell), cell)

    return joined


@LABELS.add(
    "first-label",
    title=mark("First of several labels kept"),
    help=mark("Of several labels in one cell only the first one is learned."),
    options=(
        Option(
            name="separator",
            title=mark("Between labels"),
            kind="choice",
            default=";",
            choices=(
                (";", mark("semicolon")),
                ("|", mark("vertical bar")),
                (",", mark("comma")),
                ("、", mark("enumeration comma")),
                ("/", mark("slash")),
            ),
            help=mark("The sign that stands between the labels of one cell."),
        ),
    ),
)
def first_label(cells: Sequence[str], *, separator: str = ";") -> LabelMend:
    def first(cell: str) -> str:
        return next((part.strip() for part in cell.split(separator) if part.strip()), cell)

    return first


@LABELS.add(
    "unknown-is-missing",
    title=mark("Labels such as “unknown” count as missing"),
    help=mark("Rows whose label only says that there is none (“-”, “none”, “unknown” …) are left out."),
)
def unknown_is_missing(cells: Sequence[str]) -> LabelMend:
    def known(cell: str) -> str:
        return "" if cell.strip().casefold() in UNKNOWN else cell

    return known


def joined_by(labels: Iterable[str], known: Mapping[str, int]) -> bool:
    """Whether one of `labels`, none of which is `known`, is only another spelling of a known one."""
    spellings = {spelling(label) for label in known}
    return any(spelling(label) in spellings for label in labels)
