"""Findings about the rows kept aside: whether a model can be judged by them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Choice, DatasetSpec
from workbench.data.column_facts import name_tokens
from workbench.data.findings import SHOWN, Finding, Fix, Seen, listed
from workbench.data.parsing import text_keys
from workbench.data.readers import read_head
from workbench.data.splits import Parts, Rows, column_of, problems_of, split_rows
from workbench.data.splits.grouped import groups_of, is_missing
from workbench.data.splits.moments import Moments, moments_of
from workbench.data.splits.rows import rows_of

_FEW_GROUPS = 10
_LARGE_GROUP = 0.3
_FAR_FROM_SHARE = 0.25
_ENOUGH_ROWS, _FEWEST = 20, 5
_WHOSE = frozenset(
    (
        *("user", "username", "userid", "customer", "customerid", "client", "clientid", "buyer", "seller", "author"),
        *("authorid", "writer", "speaker", "reviewer", "patient", "patientid", "member", "account", "person"),
        *("session", "sessionid", "conversation", "conversationid", "dialogue", "thread"),
    )
)
_WHICH = frozenset(("product", "document", "doc", "article", "shop", "store", "restaurant", "subject", "post", "item"))
_WHOSE_CHINESE = (
    "用户",
    "客户",
    "顾客",
    "买家",
    "卖家",
    "作者",
    "患者",
    "病人",
    "会员",
    "账号",
    "姓名",
    "商家",
    "店铺",
)
"""What columns are called that say whose row it is; the names in `_WHICH` do with "id" beside them."""


def kept_aside(seen: Seen) -> Iterator[Finding]:
    """What the split that is chosen makes of these rows."""
    spec = seen.spec
    if spec.validation_path or len(seen.parsed) < 2 or problems_of(spec, tuple(seen.table.cells)):
        return
    if spec.split.name == "even":
        return  # each class gives its share; one with a single row is found elsewhere
    rows = rows_of(spec, seen.fields, seen.table, seen.parsed, seen.watch, seen.keys)
    try:
        parts = split_rows(rows, spec.split, spec.validation_share, seen.seed)
    except WorkbenchError as error:
        what = error.problems[0].what
        why = tr("Without rows kept aside, nobody knows whether the model learns or only remembers.")
        yield Finding(code="cannot-split", severity="error", message=what, why=why, fixes=(_by_lot(),))
        return
    if spec.split.name == "group":
        yield from _groups(seen, rows)
    if spec.split.name == "time":
        yield from _times(seen, rows, parts)
    yield from _size(seen, parts)
    yield from _unchecked(seen, parts)
    yield from _same_texts(seen, parts)


def _by_lot() -> Fix:
    return Fix(title=tr("Draw by lot, every class alike"), split=Choice(name="even"))


def _groups(seen: Seen, rows: Rows) -> Iterator[Finding]:
    column = column_of(seen.spec)
    groups = groups_of(rows.cells, seen.watch)
    empty = [place for place, cell in enumerate(seen.watch.over(rows.cells)) if is_missing(cell)]
    named = len(groups) - len(empty)
    if named < _FEW_GROUPS:
        message = trn(
            "“{column}” has only {number} value. Which one is kept aside decides the result.",
            "“{column}” has only {number} values. Which of them are kept aside decides the result.",
            named,
            column=column[:60],
        )
        why = tr("Each group counts as one observation: with few of them, another seed can give another result.")
        yield Finding(code="few-groups", severity="warning", message=message, count=named, why=why, fixes=(_by_lot(),))
    largest: Sequence[int] = max(groups.repeated(), key=len, default=())
    if len(largest) >= _LARGE_GROUP * len(rows):
        message = tr(
            "{share} % of the rows have the same value “{value}” in “{column}”.",
            share=f"{100 * len(largest) / len(rows):.3g}",
            value=rows.cells[largest[0]].strip()[:40],
            column=column[:60],
        )
        why = tr("They stay together, so the parts can be far from the share that was asked for.")
        shown = seen.rows(largest)
        yield Finding(code="large-group", severity="warning", message=message, rows=shown, count=len(largest), why=why)
    if empty:
        message = trn(
            "{number} row has no value in “{column}” and counts as a group of its own.",
            "{number} rows have no value in “{column}”. Each counts as a group of its own.",
            len(empty),
            column=column[:60],
        )
        why = tr("Rows that belong together without saying so may stand on both sides.")
        yield Finding(
            code="missing-group", severity="info", message=message, rows=seen.rows(empty), count=len(empty), why=why
        )


def _times(seen: Seen, rows: Rows, parts: Parts) -> Iterator[Finding]:
    column = column_of(seen.spec)
    order = str(seen.spec.split.options.get("order", "auto"))
    moments = moments_of(rows.cells, order, rows.delimiter, seen.watch)
    undated = [place for place in parts.left_out if moments.values[place] is None]
    if undated:
        message = trn(
            "{number} row has no date in “{column}” and is left out: {reason}.",
            "{number} rows have no date in “{column}” and are left out, the first one because {reason}.",
            len(undated),
            column=column[:60],
            reason=parts.left_out[undated[0]],
        )
        why = tr("Nobody knows whether such a row is older or newer than the others.")
        yield Finding(
            code="no-date", severity="warning", message=message, rows=seen.rows(undated), count=len(undated), why=why
        )
    new = [place for place in sorted(parts.left_out) if moments.values[place] is not None]
    if new:
        message = trn(
            "{number} of the newest rows has a label that no older row has, and is left out: {labels}.",
            "{number} of the newest rows have labels that no older row has, and are left out: {labels}.",
            len(new),
            labels=listed(sorted({str(rows.labels[place]) for place in new})),
        )
        why = tr("A model cannot name a class that it has never seen.")
        yield Finding(
            code="new-classes", severity="warning", message=message, rows=seen.rows(new), count=len(new), why=why
        )
    if not moments.sure:
        yield _unclear_dates(seen.spec, rows, moments)


def _unclear_dates(spec: DatasetSpec, rows: Rows, moments: Moments) -> Finding:
    cell, moment = rows.cells[moments.place].strip()[:40], moments.values[moments.place]
    if moment is not None:
        message = trn(
            "{number} date can be read in two ways: “{value}” was read as {date}.",
            "{number} dates can be read in two ways: “{value}” was read as {date}.",
            moments.unclear,
            value=cell,
            date=datetime.fromtimestamp(moment, UTC).date().isoformat(),
        )
    else:
        message = trn(
            "{number} date such as “{value}” can be read in two ways, and other rows contradict each other.",
            "{number} dates such as “{value}” can be read in two ways, and other rows contradict each other.",
            moments.unclear,
            value=cell,
        )
    titles = {"day-month": tr("The day comes first"), "month-day": tr("The month comes first")}
    ways = [name for name in titles if name != moments.order] + [name for name in titles if name == moments.order]
    fixes = tuple(
        Fix(title=titles[name], split=Choice(name="time", options={**spec.split.options, "order": name}))
        for name in ways
    )
    why = tr("With day and month exchanged, old rows count as new ones.")
    return Finding(
        code="unclear-dates", severity="warning", message=message, count=moments.unclear, why=why, fixes=fixes
    )


def _size(seen: Seen, parts: Parts) -> Iterator[Finding]:
    total = len(parts.training) + len(parts.validation)
    asked, got = seen.spec.validation_share, len(parts.validation) / total
    if abs(got - asked) > _FAR_FROM_SHARE * asked and abs(got - asked) * total >= 2:
        message = tr(
            "{got} % of the rows are kept aside instead of {asked} %, because rows that belong together stay together.",
            got=f"{100 * got:.3g}",
            asked=f"{100 * asked:.3g}",
        )
        why = tr("Fewer rows judge less surely; more rows leave less to learn from.")
        yield Finding(code="uneven-parts", severity="info", message=message, count=len(parts.validation), why=why)


def _unchecked(seen: Seen, parts: Parts) -> Iterator[Finding]:
    if not seen.labels:
        return
    checked = {seen.labels[place] for place in parts.validation}
    missing = sorted(label for label in seen.watch.over(seen.classes) if label not in checked)
    if not missing:
        return
    if seen.spec.split.name == "time":
        message = trn(
            "The newest rows have no row of {number} class: {labels}. It is learned from but never checked.",
            "The newest rows have no row of {number} classes: {labels}. They are learned from but never checked.",
            len(missing),
            labels=listed(missing),
        )
    else:
        message = trn(
            "The rows kept aside have no row of {number} class: {labels}. It is learned from but never checked.",
            "The rows kept aside have no row of {number} classes: {labels}. They are learned from but never checked.",
            len(missing),
            labels=listed(missing),
        )
    why = tr("The measures say nothing of such a class, however badly the model does there.")
    yield Finding(
        code="class-not-checked", severity="warning", message=message, count=len(missing), why=why, fixes=(_by_lot(),)
    )


def _same_texts(seen: Seen, parts: Parts) -> Iterator[Finding]:
    learned = {seen.keys[place] for place in seen.watch.over(parts.training)}
    places = [place for place in seen.watch.over(parts.validation) if seen.keys[place] in learned]
    if places:
        message = trn(
            "{number} row kept aside has a text that is also learned from.",
            "{number} rows kept aside have texts that are also learned from.",
            len(places),
        )
        why = tr("A text that was learned by heart looks like one that was understood.")
        yield Finding(
            code="texts-on-both-sides",
            severity="info",
            message=message,
            rows=seen.rows(places),
            count=len(places),
            why=why,
        )


def someones_rows(seen: Seen) -> Iterator[Finding]:
    """A column that says whose row it is, with several rows for each: a split by lot lets the model know them."""
    spec = seen.spec
    if spec.validation_path or spec.split.name not in ("even", "random"):
        return
    taken = {column for column in spec.columns.values() if column}
    named = [name for name in seen.table.columns if name not in taken and _says_whose(name)]
    if not named or len(seen.parsed) < _ENOUGH_ROWS or not os.path.isfile(spec.path):
        return
    head = read_head(spec.path, spec.reading)
    for name in named:
        cells = [cell for cell in head.cells.get(name, []) if not is_missing(cell)]
        keys = text_keys([cells])
        counts = Counter(keys)
        largest = max(counts.values(), default=0)
        if len(cells) < _ENOUGH_ROWS or not _FEWEST <= len(counts) <= 0.9 * len(cells) or largest > len(cells) / 2:
            continue
        message = tr(
            "“{column}” seems to say whose row it is: {count} of the first {rows} rows share their value with another.",
            column=name[:60],
            count=sum(count for count in counts.values() if count > 1),
            rows=len(cells),
        )
        why = tr(
            "With rows of one person on both sides, the model can know the person instead of the matter, and looks "
            "better than it is."
        )
        choice = Choice(name="group", options={"column": name})
        fix = Fix(title=tr("Keep rows with the same “{column}” together", column=name[:40]), split=choice)
        repeated = [place for place, key in enumerate(keys) if counts[key] > 1][:SHOWN]
        shown = tuple(head.numbers[place] for place in repeated) if len(cells) == len(head) else ()
        yield Finding(
            code="maybe-groups", severity="info", message=message, rows=shown, count=len(cells), why=why, fixes=(fix,)
        )


def _says_whose(name: str) -> bool:
    tokens = frozenset(name_tokens(name))
    if tokens & _WHOSE or (tokens & _WHICH and "id" in tokens):
        return True
    return any(word in name for word in _WHOSE_CHINESE)


FINDERS = (kept_aside, someones_rows)
