"""Pairs: whether a table holds two texts that are read together, such as a question and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from workbench.data.column_facts import ColumnFacts
from workbench.data.role_names import TEXT, name_weight, names_pair

_PROBE = 400
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W_]+")


def second_text(
    text: ColumnFacts, others: Sequence[ColumnFacts], sample: Mapping[str, Sequence[str]]
) -> tuple[ColumnFacts, ColumnFacts | None]:
    """`text` and the text that belongs to it, in their order; None where there is no good evidence of a pair.

    Evidence are names that belong together or, where names say nothing, texts of one kind that share far more words
    with their neighbour than with the neighbours of other rows. Copies of a text are no pair.
    """
    partners = [fact for fact in others if fact is not text and _is_text(fact)]
    for fact in partners if not _is_nameless(text) else ():
        if names_pair(text.tokens, fact.tokens) and not _copies(text, fact, sample):
            return text, fact
        if names_pair(fact.tokens, text.tokens) and not _copies(text, fact, sample):
            return fact, text
    if _says_something(text):
        return text, None
    for fact in partners:
        if not _says_something(fact) and _of_one_kind(text, fact) and _share_words(text, fact, sample):
            return (text, fact) if text.position < fact.position else (fact, text)
    return text, None


def _is_text(fact: ColumnFacts) -> bool:
    return fact.rows > 0 and fact.numeric < 0.3 and fact.coded < 0.3 and fact.varied > 0.1 and fact.words >= 2


def _is_nameless(fact: ColumnFacts) -> bool:
    """Whether the name is only a count of the columns: "column 2", "v2", "Unnamed: 2"."""
    return bool(fact.tokens) and fact.tokens[0] in ("column", "col", "field", "unnamed", "v", "c", "x", "f", "列")


def _says_something(fact: ColumnFacts) -> bool:
    return name_weight(fact.name, fact.tokens, TEXT) > 0


def _of_one_kind(one: ColumnFacts, two: ColumnFacts) -> bool:
    return 0.5 <= one.length / max(1.0, two.length) <= 2 and min(one.varied, two.varied) > 0.3


def _probe(column: str, sample: Mapping[str, Sequence[str]]) -> list[frozenset[str]]:
    cells = sample[column]
    chosen = cells[:: max(1, len(cells) // _PROBE)][:_PROBE]
    return [frozenset(_WORDS.findall(cell.casefold())) for cell in chosen]


def _copies(one: ColumnFacts, two: ColumnFacts, sample: Mapping[str, Sequence[str]]) -> bool:
    """Whether one column is the other one cleaned: nearly all of its words stand there, row by row."""
    rows = [
        (first, second)
        for first, second in zip(_probe(one.name, sample), _probe(two.name, sample), strict=True)
        if first and second
    ]
    inside = sum(1 for first, second in rows if len(first & second) >= 0.95 * min(len(first), len(second)))
    return bool(rows) and inside >= 0.8 * len(rows)


def _share_words(one: ColumnFacts, two: ColumnFacts, sample: Mapping[str, Sequence[str]]) -> bool:
    first, second = _probe(one.name, sample), _probe(two.name, sample)
    if len(first) < 8 or _copies(one, two, sample):
        return False
    own = _overlap(first, second)
    foreign = max(_overlap(first, second[shift:] + second[:shift]) for shift in (1, len(second) // 3, len(second) // 2))
    return own >= 0.1 and own >= 1.7 * foreign


def _overlap(first: Sequence[frozenset[str]], second: Sequence[frozenset[str]]) -> float:
    shares = [len(one & two) / len(one | two) for one, two in zip(first, second, strict=True) if one and two]
    return sum(shares) / len(shares) if shares else 0.0
