"""Findings about labels and numbers: what is to be learned."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

from workbench.core.fields import NUMBER
from workbench.core.language import tr, trn
from workbench.data.findings import Finding, Seen, listed
from workbench.data.parsing import Parsed, Unclear, inputs_of
from workbench.data.watching import Watch

_IMBALANCE = 0.8
_MANY_CLASSES = 1000
_MAYBE_MISSING = frozenset({"na", "none", "-", "--", "?", "unknown", "missing", "无", "未知", "空", "缺失", "."})


def classes(seen: Seen) -> Iterator[Finding]:
    classes, total = seen.classes, len(seen.labels)
    if len(classes) == 1:
        label = next(iter(classes))
        message = tr("All rows have the same label “{label}”. A classifier needs at least two.", label=label[:60])
        yield Finding(code="one-class", severity="error", message=message, count=total)
    if len(classes) < 2:
        return
    if len(classes) == total and total > 2:
        message = tr("Every row has a label of its own, so there is nothing to learn. Choose another label column.")
        yield Finding(code="all-labels-different", severity="error", message=message, count=total)
        return
    yield from _single_rows(seen)
    label, most = next(iter(classes.items()))
    if most >= _IMBALANCE * total:
        message = tr(
            "{share} % of the rows are “{label}”. Always guessing it is right that often; look at macro-F1.",
            share=f"{100 * most / total:.3g}",
            label=label[:60],
        )
        yield Finding(code="imbalance", severity="warning", message=message, count=most)
    if len(classes) > _MANY_CLASSES:
        message = tr("There are {count} classes. Is “{column}” the label?", count=len(classes), column=seen.column)
        yield Finding(code="many-classes", severity="warning", message=message, count=len(classes))


def _single_rows(seen: Seen) -> Iterator[Finding]:
    single = {label for label, count in seen.classes.items() if count == 1}
    if not single:
        return
    places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if label in single]
    message = trn(
        "{number} class has a single row: {labels}. It is learned from but never checked.",
        "{number} classes have a single row each: {labels}. They are learned from but never checked.",
        len(single),
        labels=listed(sorted(single)),
    )
    rows = seen.rows(places)
    yield Finding(code="single-row-class", severity="warning", message=message, rows=rows, count=len(single))


def label_spellings(seen: Seen) -> Iterator[Finding]:
    spellings: dict[str, list[str]] = {}
    for label in seen.watch.over(seen.classes):
        spellings.setdefault(_spelling(label), []).append(label)
    twins = [sorted(same) for same in spellings.values() if len(same) > 1]
    if twins:
        rare = {label for same in twins for label in same if label != max(same, key=seen.classes.__getitem__)}
        places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if label in rare]
        message = trn(
            "{number} label is spelled in several ways, e.g. {labels}. Each spelling counts as a class.",
            "{number} labels are spelled in several ways, e.g. {labels}. Each spelling counts as a class.",
            len(twins),
            labels=listed(twins[0]),
        )
        rows = seen.rows(places)
        yield Finding(code="label-spellings", severity="warning", message=message, rows=rows, count=len(places))


def _spelling(label: str) -> str:
    """Equal for labels that differ only in case, spaces, width, hyphens or in how a number is written."""
    folded = "".join(unicodedata.normalize("NFKC", label).casefold().split()).replace("-", "_").replace("_", "")
    try:
        return f"{float(folded):g}" if folded and len(folded) < 20 else folded
    except ValueError:
        return folded


def odd_labels(seen: Seen) -> Iterator[Finding]:
    odd = [label for label in seen.watch.over(seen.classes) if label.casefold() in _MAYBE_MISSING]
    if odd:
        count = sum(seen.classes[label] for label in odd)
        message = trn(
            "{labels} counts as a class ({number} row). Leave these cells empty if the label is missing.",
            "{labels} counts as a class ({number} rows). Leave these cells empty if the label is missing.",
            count,
            labels=listed(odd),
        )
        places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if label in odd]
        yield Finding(
            code="maybe-missing-label", severity="warning", message=message, rows=seen.rows(places), count=count
        )
    several = _several_labels(seen.classes, seen.watch)
    if several:
        places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if several in str(label)]
        message = trn(
            "{number} row seems to have several labels in one cell, e.g. “{label}”. Each combination is a class.",
            "{number} rows seem to have several labels in one cell, e.g. “{label}”. Each combination is a class.",
            len(places),
            label=str(seen.labels[places[0]])[:60],
        )
        yield Finding(
            code="several-labels", severity="warning", message=message, rows=seen.rows(places), count=len(places)
        )
    yield from _numbers_as_labels(seen)


def _several_labels(classes: Mapping[str, int], watch: Watch) -> str:
    """The mark that stands between several labels in one cell, if the parts come back in other cells; else ""."""
    for mark in (";", "|", "、", ","):
        joined = [label for label in watch.over(classes) if mark in label]
        if len(joined) < 2:
            continue
        parts = Counter(part.strip() for label in watch.over(classes) for part in label.split(mark) if part.strip())
        again = sum(
            all(parts[part.strip()] > 1 for part in label.split(mark) if part.strip()) for label in watch.over(joined)
        )
        if again >= 0.8 * len(joined) and len(parts) < len(classes):
            return mark
    return ""


def _numbers_as_labels(seen: Seen) -> Iterator[Finding]:
    if len(seen.classes) <= 20:
        return
    numeric = sum(
        1 for label in seen.watch.over(seen.classes) if label.replace(".", "", 1).replace("-", "", 1).isdecimal()
    )
    if numeric >= 0.95 * len(seen.classes):
        message = tr(
            "The labels are {count} different numbers. Regression learns numbers and knows their order.",
            count=len(seen.classes),
        )
        yield Finding(code="labels-are-numbers", severity="warning", message=message, count=len(seen.classes))


def label_in_text(seen: Seen) -> Iterator[Finding]:
    labels = seen.labels
    if not labels or len(seen.classes) < 2 or len(labels) < 20:
        return
    name = inputs_of(seen.fields, seen.spec.columns)[0]
    texts = seen.parsed.values[name]
    step = max(1, len(labels) // 2000)
    probe = range(0, len(labels), step)
    inside = [
        place
        for place in probe
        if len(str(labels[place])) > 2 and str(labels[place]).casefold() in str(texts[place]).casefold()
    ]
    if len(inside) >= 0.9 * len(probe):
        message = tr("Nearly every text contains its own label. The model would only learn to find it there.")
        rows = seen.rows(inside)
        yield Finding(code="label-in-text", severity="warning", message=message, rows=rows, count=len(inside) * step)


def odd_numbers(seen: Seen) -> Iterator[Finding]:
    if not seen.target or seen.fields[seen.target].kind != "number":
        return
    numbers = [float(value) for value in seen.watch.over(seen.parsed.values.get(seen.target, []))]
    if len(numbers) < 2:
        return
    if min(numbers) == max(numbers):
        message = tr("All rows have the same number, so there is nothing to learn. Choose another column.")
        yield Finding(code="one-number", severity="error", message=message, count=len(numbers))
        return
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
        rows = seen.rows(places)
        yield Finding(code="far-numbers", severity="warning", message=message, rows=rows, count=len(places))


def unclear_numbers(seen: Seen) -> Iterator[Finding]:
    for path, part in (("", seen.parsed), *seen.others.items()):
        for unclear in part.unclear if isinstance(part, Parsed) else ():
            yield Finding(
                code="ambiguous-comma",
                severity="warning",
                message=_how_read(unclear),
                rows=unclear.rows,
                count=unclear.count,
                path=path,
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


FINDERS = (
    classes,
    label_spellings,
    odd_labels,
    label_in_text,
    odd_numbers,
    unclear_numbers,
)
