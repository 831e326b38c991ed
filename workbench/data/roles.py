"""Roles: which column is the text, which the label or the number, and why. The content decides, names help."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from workbench.core.fields import Field
from workbench.core.language import tr
from workbench.data.column_facts import ColumnFacts, facts_of
from workbench.data.pairs import second_text
from workbench.data.preview import Preview
from workbench.data.role_names import CLASS_WORDS, LABEL, NUMBER, OTHER, TEXT, name_weight
from workbench.data.table import Table

TaskName = Literal["text-classification", "text-regression"]

_ROWS = 5000
_MOST_COLUMNS = 400
_FEW_VALUES = 20
_ENOUGH = 0.45


class RoleGuess(Struct, frozen=True, kw_only=True):
    """A column for each field of a task that one was found for. `reasons` say why, by field, in the user's language.

    `confidence` is 0 to 1; `sure` is False where another choice is about as likely or a needed role stays open.
    """

    columns: dict[str, str]
    confidence: float
    sure: bool
    reasons: dict[str, str]


class _Choice(Struct, frozen=True):
    facts: ColumnFacts | None
    score: float
    lead: float


def guess_roles(table: Table | Preview, fields: Mapping[str, Field]) -> RoleGuess:
    """The likeliest column for each of `fields`. Never raises for odd tables: roles may stay open."""
    sample = _sample(table)
    facts = [facts_of(name, place, cells) for place, (name, cells) in enumerate(sample.items())]
    columns: dict[str, str] = {}
    choices: list[_Choice] = []
    reasons: dict[str, str] = {}
    texts = [name for name, field in fields.items() if field.kind == "text"]
    target = next((name for name, field in fields.items() if field.kind in ("label", "number")), "")
    chosen = _choose(facts, text_score)
    if target:
        measure = label_score if fields[target].kind == "label" else number_score
        goal = _choose([fact for fact in facts if fact is not chosen.facts], measure, sample)
        choices.append(goal)
        if goal.facts:
            columns[target] = goal.facts.name
            reasons[target] = _target_reason(goal.facts, fields[target].kind)
    if texts and chosen.facts:
        others = [fact for fact in facts if fact.name not in columns.values()]
        first, second = second_text(chosen.facts, others, sample) if len(texts) > 1 else (chosen.facts, None)
        columns[texts[0]] = first.name
        reasons[texts[0]] = _text_reason(first)
        if second:
            columns[texts[1]] = second.name
            reasons[texts[1]] = tr("It belongs to “{column}”: both hold texts of the same kind.", column=first.name)
            chosen = _Choice(chosen.facts, chosen.score, 1.0)
    choices.append(chosen)
    needed = [name for name, field in fields.items() if not field.optional]
    confidence = min((_confidence(choice) for choice in choices), default=0.0)
    return RoleGuess(
        columns={name: columns[name] for name in fields if name in columns},
        confidence=confidence,
        sure=all(name in columns for name in needed) and confidence >= 0.6,
        reasons=reasons,
    )


def guess_task(table: Table | Preview) -> TaskName:
    """Whether the target is a class or a number. Whole numbers with few values are classes, decimals are numbers."""
    sample = _sample(table)
    facts = [facts_of(name, place, cells) for place, (name, cells) in enumerate(sample.items())]
    text = _choose(facts, text_score).facts
    others = [fact for fact in facts if fact is not text]
    label = _choose(others, label_score, sample)
    number = _choose(others, number_score, sample)
    if not number.facts or (label.facts and label.facts is not number.facts and label.score >= number.score):
        return "text-classification"
    return "text-regression" if _is_quantity(number.facts) else "text-classification"


def _is_quantity(fact: ColumnFacts) -> bool:
    says_class = any(token in CLASS_WORDS for token in fact.tokens)
    if fact.has_decimals:
        return fact.distinct > (50 if says_class else 2)
    return fact.distinct > _FEW_VALUES and not says_class


def _sample(table: Table | Preview) -> dict[str, list[str]]:
    source = table.sample if isinstance(table, Preview) else table
    names = list(source.cells)[:_MOST_COLUMNS]
    step = max(1, len(source) // _ROWS)
    return {name: source.cells[name][::step][:_ROWS] for name in names}


def text_score(fact: ColumnFacts) -> float:
    """How much a column looks like running text: about 0 to 3."""
    name = name_weight(fact.name, fact.tokens, TEXT) - name_weight(fact.name, fact.tokens, OTHER)
    if not fact.rows:
        return 0.5 * name
    content = 2 * math.sqrt(fact.varied) * min(1.0, fact.length / 40) * min(1.0, 0.4 + fact.words / 5)
    content *= (1 - fact.numeric) * (1 - fact.coded) * math.sqrt(fact.filled)
    return content + min(1.0, fact.length / 400) * 0.3 + name * (0.3 if fact.is_numeric else 0.7)


def label_score(fact: ColumnFacts) -> float:
    """How much a column looks like the names of classes: about 0 to 2.5."""
    name = name_weight(fact.name, fact.tokens, LABEL) - name_weight(fact.name, fact.tokens, OTHER)
    if not fact.rows:
        return 0.5 * name
    repeated = 1 - (fact.distinct - 1) / fact.rows
    short = math.pow(min(1.0, 30 / max(1.0, fact.length)), 1.5)
    number_of_classes = 1.0 if fact.distinct <= 30 else 0.85 if fact.distinct <= 150 else 0.5
    content = repeated**2 * short * number_of_classes * fact.filled * (1 - fact.coded)
    if fact.is_numeric and (fact.counting or (fact.has_decimals and fact.distinct > _FEW_VALUES)):
        content *= 0.3
    if fact.distinct == 1:
        content *= 0.6
    return content + name * 0.8


def number_score(fact: ColumnFacts) -> float:
    """How much a column looks like the number to learn: about 0 to 2.5."""
    name = name_weight(fact.name, fact.tokens, NUMBER) - name_weight(fact.name, fact.tokens, OTHER)
    if not fact.rows or fact.numeric < 0.3:
        return 0.2 * name
    content = fact.numeric * fact.filled * (0.2 if fact.counting else 1.0) * (0.3 if fact.distinct == 1 else 1.0)
    return content * (1.0 if fact.has_decimals else 0.8) + name * 0.8


def _choose(
    facts: Sequence[ColumnFacts],
    measure: Callable[[ColumnFacts], float],
    sample: Mapping[str, Sequence[str]] | None = None,
) -> _Choice:
    ranked = sorted(facts, key=lambda fact: (-measure(fact), fact.position))
    if not ranked or measure(ranked[0]) < _ENOUGH:
        return _Choice(None, 0.0, 0.0)
    best = ranked[0]
    rivals = [fact for fact in ranked[1:] if sample is None or not _same_classes(best, fact, sample)]
    lead = measure(best) - (measure(rivals[0]) if rivals else 0.0)
    return _Choice(best, measure(best), lead)


def _same_classes(one: ColumnFacts, two: ColumnFacts, sample: Mapping[str, Sequence[str]]) -> bool:
    """Whether two columns name the same classes in two ways."""
    if one.distinct != two.distinct or one.distinct < 2:
        return False
    return len(set(zip(sample[one.name], sample[two.name], strict=True))) == one.distinct


def _confidence(choice: _Choice) -> float:
    if not choice.facts:
        return 0.0
    return round(
        min(1.0, 0.45 + 0.35 * min(1.0, choice.score) * min(1.0, choice.lead * 4) + 0.2 * min(1.0, choice.lead)), 2
    )


def _text_reason(fact: ColumnFacts) -> str:
    length = round(fact.characters)
    if name_weight(fact.name, fact.tokens, TEXT) > 0:
        return tr("Its name says so, and its cells are texts of about {length} characters.", length=length)
    return tr("Its cells are texts of about {length} characters that hardly repeat.", length=length)


def _target_reason(fact: ColumnFacts, kind: str) -> str:
    words = LABEL if kind == "label" else NUMBER
    named = name_weight(fact.name, fact.tokens, words) > 0
    if kind == "label" and named:
        return tr("Its name says so, and it has {count} different values.", count=fact.distinct)
    if kind == "label":
        return tr("It has {count} different values that repeat in many rows.", count=fact.distinct)
    share = round(100 * fact.numeric)
    if named:
        return tr("Its name says so, and {share} % of its cells are numbers.", share=share)
    return tr("{share} % of its cells are numbers.", share=share)
