"""Findings about labels that are to be learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from workbench.core.language import tr, trn
from workbench.core.plan import Choice
from workbench.data.findings import Finding, Fix, Seen, Setting, listed
from workbench.data.mends.labels import UNKNOWN, loose_spelling, twins
from workbench.data.parsing import inputs_of
from workbench.data.watching import Watch

_IMBALANCE = 0.8
_MANY_CLASSES = 1000


def classes(seen: Seen) -> Iterator[Finding]:
    classes, total = seen.classes, len(seen.labels)
    if len(classes) == 1:
        label = next(iter(classes))
        message = tr("All rows have the same label “{label}”. A classifier needs at least two.", label=label[:60])
        why = tr("Whoever always gives the same answer is always right here, and has learned nothing.")
        yield Finding(code="one-class", severity="error", message=message, count=total, why=why)
    if len(classes) < 2:
        return
    if len(classes) == total and total > 2:
        message = tr("Every row has a label of its own, so there is nothing to learn. Choose another label column.")
        why = tr("A class is learned from several rows, and judged by rows that were not learned from.")
        numeric = _mostly_numbers(classes, seen.watch)
        yield Finding(
            code="all-labels-different",
            severity="error",
            message=message,
            count=total,
            why=why,
            fixes=(_as_numbers(),) if numeric else (),
        )
        return
    yield from _single_rows(seen)
    yield from _imbalance(seen)
    if len(classes) > _MANY_CLASSES:
        message = tr("There are {count} classes. Is “{column}” the label?", count=len(classes), column=seen.column)
        why = tr("With so many classes each has few rows, and a column of names or numbers looks just like that.")
        yield Finding(code="many-classes", severity="warning", message=message, count=len(classes), why=why)


def _imbalance(seen: Seen) -> Iterator[Finding]:
    total = len(seen.labels)
    label, most = next(iter(seen.classes.items()))
    if most < _IMBALANCE * total:
        return
    message = tr(
        "{share} % of the rows are “{label}”. Always guessing it is right that often; look at macro-F1.",
        share=f"{100 * most / total:.3g}",
        label=label[:60],
    )
    weights = Setting(group="task", name="class_weights", value="balanced")
    sampling = Setting(group="task", name="sampling", value="balanced")
    yield Finding(
        code="imbalance",
        severity="warning",
        message=message,
        count=most,
        why=tr("A model that never names the rare classes is nearly always right, and useless where they matter."),
        fixes=(
            Fix(title=tr("Let rare classes count as much"), setting=weights),
            Fix(title=tr("Show every class equally often"), setting=sampling),
        ),
    )


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
    fix = Fix(title=tr("Leave such classes out"), mend=Choice(name="drop-rare-classes", options={"minimum": 2}))
    yield Finding(
        code="single-row-class",
        severity="warning",
        message=message,
        rows=seen.rows(places),
        count=len(single),
        why=tr("One row is not enough to tell what a class has in common, and none is left to judge it by."),
        fixes=(fix,),
    )


def label_spellings(seen: Seen) -> Iterator[Finding]:
    found = twins(seen.classes)
    if found:
        fix = Fix(title=tr("Join the spellings"), mend=Choice(name="join-spellings"))
        yield _spellings(seen, found, fix)
        return
    loose = twins(seen.classes, loose_spelling)
    if loose:
        fix = Fix(title=tr("Join the spellings"), mend=Choice(name="join-spellings", options={"loosely": True}))
        yield _spellings(seen, loose, fix)


def _spellings(seen: Seen, found: list[list[str]], fix: Fix) -> Finding:
    rare = {label for same in found for label in same[1:]}
    places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if label in rare]
    message = trn(
        "{number} label is spelled in several ways, e.g. {labels}. Each spelling counts as a class.",
        "{number} labels are spelled in several ways, e.g. {labels}. Each spelling counts as a class.",
        len(found),
        labels=listed(sorted(found[0])),
    )
    why = tr("The model has to guess the spelling too, and what is one class is learned from fewer rows.")
    rows = seen.rows(places)
    return Finding(
        code="label-spellings",
        severity="warning",
        message=message,
        rows=rows,
        count=len(places),
        why=why,
        fixes=(fix,),
    )


def odd_labels(seen: Seen) -> Iterator[Finding]:
    odd = [label for label in seen.watch.over(seen.classes) if label.casefold() in UNKNOWN]
    if odd:
        count = sum(seen.classes[label] for label in odd)
        message = trn(
            "{labels} counts as a class ({number} row). Leave these cells empty if the label is missing.",
            "{labels} counts as a class ({number} rows). Leave these cells empty if the label is missing.",
            count,
            labels=listed(odd),
        )
        places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if label in odd]
        fix = Fix(title=tr("Treat them as missing"), mend=Choice(name="unknown-is-missing"))
        yield Finding(
            code="maybe-missing-label",
            severity="warning",
            message=message,
            rows=seen.rows(places),
            count=count,
            why=tr("Rows without a label have nothing in common; as a class they only confuse the others."),
            fixes=(fix,),
        )
    yield from _several(seen)
    yield from _numbers_as_labels(seen)


def _several(seen: Seen) -> Iterator[Finding]:
    several = _several_labels(seen.classes, seen.watch)
    if not several:
        return
    places = [place for place, label in enumerate(seen.watch.over(seen.labels)) if several in str(label)]
    message = trn(
        "{number} row seems to have several labels in one cell, e.g. “{label}”. Each combination is a class.",
        "{number} rows seem to have several labels in one cell, e.g. “{label}”. Each combination is a class.",
        len(places),
        label=str(seen.labels[places[0]])[:60],
    )
    fix = Fix(title=tr("Keep the first label"), mend=Choice(name="first-label", options={"separator": several}))
    yield Finding(
        code="several-labels",
        severity="warning",
        message=message,
        rows=seen.rows(places),
        count=len(places),
        why=tr("Combinations are rarer than labels, and a new combination can never be named."),
        fixes=(fix,),
    )


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
    if len(seen.classes) <= 20 or not _mostly_numbers(seen.classes, seen.watch):
        return
    message = tr(
        "The labels are {count} different numbers. Regression learns numbers and knows their order.",
        count=len(seen.classes),
    )
    yield Finding(
        code="labels-are-numbers",
        severity="warning",
        message=message,
        count=len(seen.classes),
        why=tr("To a classifier 4 is as far from 5 as from 100, and a number that is new can never be the answer."),
        fixes=(_as_numbers(),),
    )


def _mostly_numbers(classes: Mapping[str, int], watch: Watch) -> bool:
    numeric = sum(1 for label in watch.over(classes) if label.replace(".", "", 1).replace("-", "", 1).isdecimal())
    return numeric >= 0.95 * len(classes)


def _as_numbers() -> Fix:
    return Fix(title=tr("Learn the numbers"), setting=Setting(group="plan", name="task", value="text-regression"))


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
        why = tr("Texts that come without their label, as real ones do, would leave such a model helpless.")
        yield Finding(
            code="label-in-text",
            severity="warning",
            message=message,
            rows=seen.rows(inside),
            count=len(inside) * step,
            why=why,
        )


FINDERS = (
    classes,
    label_spellings,
    odd_labels,
    label_in_text,
)
