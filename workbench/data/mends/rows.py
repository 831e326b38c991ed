"""Mends of rows: rows of the training file that would teach or show something wrong are left out, each with its reason.

Rows that cannot be used anyhow (no text, no label) are not touched: reading leaves them out with a better reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from workbench.core.language import mark, tr, trn
from workbench.core.options import Option
from workbench.data.mends import ROWS, Roles
from workbench.data.near import near_twins
from workbench.data.parsing import MISSING, text_keys
from workbench.data.split import Groups
from workbench.data.table import Table
from workbench.data.watching import Watch


@ROWS.add(
    "drop-repeated",
    title=mark("Repeated rows left out"),
    help=mark("Of rows with the same texts and the same label only the first one is kept."),
)
def drop_repeated(table: Table, roles: Roles, watch: Watch) -> Mapping[int, str]:
    reason = tr("It repeats an earlier row.")
    dropped: dict[int, str] = {}
    for group in _same_texts(table, roles, watch):
        seen: set[str] = set()
        for place, label in group:
            if label in seen:
                dropped[place] = reason
            seen.add(label)
    return dropped


@ROWS.add(
    "drop-near-repeated",
    title=mark("Nearly repeated rows left out"),
    help=mark("Of rows with nearly the same text and the same label only the first one is kept."),
)
def drop_near_repeated(table: Table, roles: Roles, watch: Watch) -> Mapping[int, str]:
    reason = tr("It nearly repeats an earlier row.")
    texts = joined_texts([table.cells[name] for name in roles.inputs])
    usable = list(_usable(table, roles, watch))
    labels = [label for _, label in usable] if roles.target else ()
    found = near_twins([texts[place] for place, _ in usable], watch, labels=labels)
    return {usable[number][0]: reason for number in found}


@ROWS.add(
    "drop-conflicting",
    title=mark("Contradicting rows left out"),
    help=mark("Rows with the same text and different labels are left out, all of them."),
)
def drop_conflicting(table: Table, roles: Roles, watch: Watch) -> Mapping[int, str]:
    reason = tr("Other rows have the same text with another label.")
    return {
        place: reason
        for group in _same_texts(table, roles, watch)
        if len({label for _, label in group}) > 1
        for place, _ in group
    }


@ROWS.add(
    "keep-majority-label",
    title=mark("The commonest label of a text kept"),
    help=mark("Of rows with the same text and different labels only those with the commonest label stay."),
)
def keep_majority_label(table: Table, roles: Roles, watch: Watch) -> Mapping[int, str]:
    outvoted = tr("Most rows with the same text have another label.")
    undecided = tr("As many rows with the same text have another label.")
    dropped: dict[int, str] = {}
    for group in _same_texts(table, roles, watch):
        ranked = Counter(label for _, label in group).most_common()
        if len(ranked) < 2:
            continue
        tied = ranked[0][1] == ranked[1][1]
        for place, label in group:
            if tied or label != ranked[0][0]:
                dropped[place] = undecided if tied else outvoted
    return dropped


@ROWS.add(
    "drop-rare-classes",
    title=mark("Rare classes left out"),
    help=mark("Classes with fewer rows than this are left out."),
    options=(
        Option(
            name="minimum",
            title=mark("Fewest rows"),
            kind="integer",
            default=2,
            minimum=2,
            maximum=1_000_000,
            unit=mark("rows"),
            help=mark("Classes with fewer rows are left out. Higher leaves fewer and better known classes."),
        ),
    ),
)
def drop_rare_classes(table: Table, roles: Roles, watch: Watch, *, minimum: int = 2) -> Mapping[int, str]:
    if not roles.target:
        return {}
    counts = Counter(label for _, label in _usable(table, roles, watch))
    reasons = {
        label: trn("Its class has only {number} row.", "Its class has only {number} rows.", count)
        for label, count in counts.items()
        if count < minimum
    }
    return {place: reasons[label] for place, label in _usable(table, roles, watch) if label in reasons}


@ROWS.add(
    "drop-shared",
    title=mark("Rows that are also in the validation or test file left out"),
    help=mark("Training rows whose text is also in the validation or test file are left out: then it judges fairly."),
)
def drop_shared(table: Table, roles: Roles, watch: Watch) -> Mapping[int, str]:
    reason = tr("Its text is also in the validation or test file.")
    known = {
        key
        for other in roles.others
        for key in watch.over(text_keys([other.cells[name] for name in roles.inputs], watch))
    }
    if not known:
        return {}
    keys = _keys(table, roles, watch)
    return {place: reason for place, _ in _usable(table, roles, watch) if keys[place] in known}


def joined_texts(columns: Sequence[Sequence[str]]) -> Sequence[str]:
    """One text for each row, made of all its texts."""
    return columns[0] if len(columns) == 1 else ["\n".join(texts) for texts in zip(*columns, strict=True)]


def _labels(table: Table, roles: Roles) -> Sequence[str]:
    return table.cells[roles.target] if roles.target else ()


def _keys(table: Table, roles: Roles, watch: Watch) -> Sequence[int]:
    return text_keys([table.cells[name] for name in roles.inputs], watch)


def _usable(table: Table, roles: Roles, watch: Watch) -> Iterator[tuple[int, str]]:
    """(place, label) of every row with all its texts and a label."""
    for place in watch.over(range(len(table))):
        label = _usable_label(table, roles, place)
        if label is not None:
            yield place, label


def _usable_label(table: Table, roles: Roles, place: int) -> str | None:
    """The label of a row; "" where nothing is learned, None where a text or the label is missing."""
    if any(not table.cells[name][place].strip() for name in roles.inputs):
        return None
    if not roles.target:
        return ""
    label = table.cells[roles.target][place].strip()
    return label if label and label.casefold() not in MISSING else None


def _same_texts(table: Table, roles: Roles, watch: Watch) -> Iterator[list[tuple[int, str]]]:
    """The (place, label) of the usable rows that share their texts, group by group."""
    for places in watch.over(Groups(_keys(table, roles, watch), watch).repeated()):
        group = [(place, label) for place in places if (label := _usable_label(table, roles, place)) is not None]
        if len(group) > 1:
            yield group
