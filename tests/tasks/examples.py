"""A few rows for every kind of field, so that a new task is tested without a word here."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.core.fields import Example, Field

SUBJECTS = ("The red bus", "A small dog", "My old phone", "The warm soup", "Her new book", "This quiet room")
GOOD = ("was a joy from start to end", "made my whole week better", "works as it should and more")
BAD = ("was a waste of a good day", "broke before it was home", "is the worst of its kind")


def rows(fields: Mapping[str, Field]) -> list[Example]:
    """36 examples: the first half good, the second bad; the optional fields stay without a column."""
    texts = [(f"{subject} {end}", good) for good, ends in ((1, GOOD), (0, BAD)) for end in ends for subject in SUBJECTS]
    values = {
        "text": lambda text, good: text,
        "label": lambda text, good: ("bad", "good")[good],
        "number": lambda text, good: 10.0 + 5 * good,
    }
    used = {name: field for name, field in fields.items() if not field.optional}
    return [
        Example({name: values[field.kind](text, good) for name, field in used.items()}, number)
        for number, (text, good) in enumerate(texts, start=1)
    ]


def csv_of(examples: list[Example]) -> str:
    """The examples as the file that a person would drop."""
    names = list(examples[0].values)
    return "\n".join([",".join(names), *(",".join(str(e.values[name]) for name in names) for e in examples)]) + "\n"
