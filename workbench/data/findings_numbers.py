"""Findings about numbers that are to be learned."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.fields import NUMBER
from workbench.core.language import tr, trn
from workbench.data.findings import Finding, Fix, Seen, Setting
from workbench.data.parsing import Parsed, Unclear

_FEW_NUMBERS = 10


def odd_numbers(seen: Seen) -> Iterator[Finding]:
    if not seen.target or seen.fields[seen.target].kind != "number":
        return
    numbers = [float(value) for value in seen.watch.over(seen.parsed.values.get(seen.target, []))]
    if len(numbers) < 2:
        return
    if min(numbers) == max(numbers):
        message = tr("All rows have the same number, so there is nothing to learn. Choose another column.")
        why = tr("Whoever always says this number is always right here, and has learned nothing.")
        yield Finding(code="one-number", severity="error", message=message, count=len(numbers), why=why)
        return
    yield from _numbers_as_classes(seen, numbers)
    yield from _far_numbers(seen, numbers)


def _numbers_as_classes(seen: Seen, numbers: list[float]) -> Iterator[Finding]:
    different: set[float] = set()
    for number in seen.watch.over(numbers):
        different.add(number)
        if len(different) > _FEW_NUMBERS:
            return
    if len(numbers) < 10 * len(different) or not all(number.is_integer() for number in different):
        return
    message = trn(
        "The numbers are only {number} value: {values}. If they are names of classes, learn classes.",
        "The numbers are only {number} values: {values}. If they are names of classes, learn classes.",
        len(different),
        values=", ".join(f"{number:g}" for number in sorted(different)),
    )
    fix = Fix(title=tr("Learn classes"), setting=Setting(group="plan", name="task", value="text-classification"))
    yield Finding(
        code="numbers-are-classes",
        severity="warning" if len(different) == 2 else "info",
        message=message,
        count=len(different),
        why=tr("Between two classes there is nothing, but a model of numbers answers with what lies between them."),
        fixes=(fix,),
    )


def _far_numbers(seen: Seen, numbers: list[float]) -> Iterator[Finding]:
    middle = sorted(numbers[:: max(1, len(numbers) // 10_000)])
    low, high = middle[len(middle) // 20], middle[-1 - len(middle) // 20]
    reach = 5 * (high - low) or 1e-9
    places = [
        place for place, number in enumerate(seen.watch.over(numbers)) if not low - reach <= number <= high + reach
    ]
    if places and len(numbers) >= 20 and high > low:
        message = trn(
            "{number} number lies far from all others, e.g. {value}. Is it a mark for “unknown”?",
            "{number} numbers lie far from all others, e.g. {value}. Are they marks for “unknown”?",
            len(places),
            value=f"{numbers[places[0]]:g}",
        )
        why = tr("A few huge errors decide what is learned, and all other rows count for little.")
        rows = seen.rows(places)
        yield Finding(code="far-numbers", severity="warning", message=message, rows=rows, count=len(places), why=why)


def unclear_numbers(seen: Seen) -> Iterator[Finding]:
    why = tr("A number that was read a thousand times too large or too small is learned as it was read.")
    for path, part in (("", seen.parsed), *seen.others.items()):
        for unclear in part.unclear if isinstance(part, Parsed) else ():
            yield Finding(
                code="ambiguous-comma",
                severity="warning",
                message=_how_read(unclear),
                rows=unclear.rows,
                count=unclear.count,
                path=path,
                why=why,
            )


def _how_read(unclear: Unclear) -> str:
    if not unclear.marks.decimal:
        return trn(
            "{number} number such as “{value}” can be read in two ways, and other rows contradict each other. "
            "Such rows are skipped if the mark is a comma.",
            "{number} numbers such as “{value}” can be read in two ways, and other rows contradict each other. "
            "Such rows are skipped if the mark is a comma.",
            unclear.count,
            value=unclear.cell,
        )
    return trn(
        "{number} number can be read in two ways: “{value}” was read as {read}. "
        "If that is wrong, write it without a mark between thousands.",
        "{number} numbers can be read in two ways: “{value}” was read as {read}. "
        "If that is wrong, write them without marks between thousands.",
        unclear.count,
        value=unclear.cell,
        read=f"{NUMBER.parse(unclear.marks.plain(unclear.cell)):g}",
    )


FINDERS = (odd_numbers, unclear_numbers)
