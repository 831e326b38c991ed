"""Findings about rows, whatever is to be learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.language import tr, trn
from workbench.core.plan import Choice
from workbench.data.encodings import SURE
from workbench.data.findings import SHOWN, Finding, Fix, Seen
from workbench.data.split import Groups

_FEW_ROWS = 50


def no_rows(seen: Seen) -> Iterator[Finding]:
    why = tr("A model learns from rows with everything in them that it reads and that it is to learn.")
    if not seen.table.total:
        yield Finding(code="no-rows", severity="error", message=tr("The file has columns but no rows."), why=why)
    elif not len(seen.parsed):
        message = tr("No row can be used. Check which column plays which role.")
        yield Finding(code="no-rows", severity="error", message=message, count=seen.table.total, why=why)


def left_out_rows(seen: Seen) -> Iterator[Finding]:
    """What the mends of the plan leave out, so that nothing vanishes unsaid."""
    unreadable = {row.row for row in seen.watch.over(seen.table.skipped)}
    mended = [row for row in seen.watch.over(seen.parsed.skipped) if not row.column and row.row not in unreadable]
    if not mended:
        return
    message = trn(
        "{number} row is left out by what was mended. Row {row}: {reason}",
        "{number} rows are left out by what was mended. Row {row}: {reason}",
        len(mended),
        row=mended[0].row,
        reason=mended[0].reason,
    )
    why = tr("The file stays as it is. Take the mend back, and the rows are learned from again.")
    rows = tuple(row.row for row in mended[:SHOWN])
    yield Finding(code="rows-left-out", severity="info", message=message, rows=rows, count=len(mended), why=why)


def unreadable_rows(seen: Seen) -> Iterator[Finding]:
    skipped = seen.table.skipped
    if skipped:
        message = trn(
            "{number} row does not fit the table and is skipped. Line {line}: {reason}",
            "{number} rows do not fit the table and are skipped. Line {line}: {reason}",
            len(skipped),
            line=skipped[0].line,
            reason=skipped[0].reason,
        )
        why = tr("Nobody can tell which cell of such a row belongs to which column. All other rows are used.")
        rows = tuple(row.row for row in skipped[:SHOWN])
        yield Finding(code="ragged-rows", severity="warning", message=message, rows=rows, count=len(skipped), why=why)


def missing_cells(seen: Seen) -> Iterator[Finding]:
    structural = {row.row for row in seen.watch.over(seen.table.skipped)}
    for name, field in seen.fields.items():
        column = seen.spec.columns.get(name, "")
        skipped = [
            row
            for row in seen.watch.over(seen.parsed.skipped)
            if column and row.column == column and row.row not in structural
        ]
        if not skipped:
            continue
        count, reason = len(skipped), skipped[0].reason
        if field.kind == "text":
            code, message = "missing-text", _missing_text(count, column)
            why = tr("Without a text there is nothing to learn the answer from.")
        elif field.kind == "label":
            code, message = "missing-label", _missing_label(count, column)
            why = tr("Without a label nobody can say whether the model is right.")
        else:
            code, message = "not-a-number", _not_a_number(count, column, reason)
            why = tr("A number can only be learned where there is one.")
        rows = tuple(row.row for row in skipped[:SHOWN])
        yield Finding(code=code, severity="warning", message=message, rows=rows, count=count, why=why)


def _missing_text(count: int, column: str) -> str:
    return trn(
        "{number} row has no text in “{column}” and is skipped.",
        "{number} rows have no text in “{column}” and are skipped.",
        count,
        column=column,
    )


def _missing_label(count: int, column: str) -> str:
    return trn(
        "{number} row has no label in “{column}” and is skipped.",
        "{number} rows have no label in “{column}” and are skipped.",
        count,
        column=column,
    )


def _not_a_number(count: int, column: str, reason: str) -> str:
    return trn(
        "{number} row has no number in “{column}” and is skipped: {reason}.",
        "{number} rows have no number in “{column}” and are skipped, the first one because {reason}.",
        count,
        column=column,
        reason=reason,
    )


def unsure_encoding(seen: Seen) -> Iterator[Finding]:
    if seen.table.confidence < SURE:
        message = tr(
            "It is not certain how this file is read ({encoding}). Compare the preview.",
            encoding=seen.table.reading.encoding,
        )
        why = tr("In a wrong encoding the model learns from signs that nobody wrote.")
        yield Finding(code="unsure-reading", severity="warning", message=message, why=why)


def few_rows(seen: Seen) -> Iterator[Finding]:
    count = len(seen.parsed)
    if 0 < count < _FEW_ROWS:
        message = trn(
            "There is only {number} row. Results depend on luck below about {enough} rows.",
            "There are only {number} rows. Results depend on luck below about {enough} rows.",
            count,
            enough=_FEW_ROWS,
        )
        why = tr("A handful of rows kept aside can be judged right or wrong by chance.")
        yield Finding(code="few-rows", severity="warning", message=message, count=count, why=why)


def repeated_texts(seen: Seen) -> Iterator[Finding]:
    target = seen.parsed.values.get(seen.target, [])
    repeated: list[int] = []
    different: list[int] = []
    for places in seen.watch.over(Groups(seen.keys, seen.watch).repeated()):
        known: set[object] = set()
        for place in places:
            value = target[place] if target else ""
            if value in known:
                repeated.append(place)
            elif known:
                different.append(place)
            known.add(value)
    repeated.sort()
    different.sort()
    if repeated:
        message = trn(
            "{number} row repeats an earlier one. Equal texts are kept on one side of the split.",
            "{number} rows repeat earlier ones. Equal texts are kept on one side of the split.",
            len(repeated),
        )
        yield Finding(
            code="duplicate-rows",
            severity="info",
            message=message,
            rows=seen.rows(repeated),
            count=len(repeated),
            why=tr("What stands there several times is learned several times, and counts as often when judged."),
            fixes=(Fix(title=tr("Keep each row once"), mend=Choice(name="drop-repeated")),),
        )
    if different:
        yield _conflict(seen, different)


def _conflict(seen: Seen, places: Sequence[int]) -> Finding:
    count, rows = len(places), seen.rows(places)
    if not seen.labels:
        message = trn(
            "{number} row repeats the text of an earlier one with another number.",
            "{number} rows repeat the text of earlier ones with another number.",
            count,
        )
        return Finding(
            code="conflicting-numbers",
            severity="info",
            message=message,
            rows=rows,
            count=count,
            why=tr("The model can only learn their middle; the rest of the difference stays an error."),
            fixes=(Fix(title=tr("Leave all rows of such texts out"), mend=Choice(name="drop-conflicting")),),
        )
    message = trn(
        "{number} row repeats the text of an earlier one with another label.",
        "{number} rows repeat the text of earlier ones with another label.",
        count,
    )
    return Finding(
        code="conflicting-labels",
        severity="warning",
        message=message,
        rows=rows,
        count=count,
        why=tr("No model can be right about both, and what it learns from one it unlearns from the other."),
        fixes=(
            Fix(title=tr("Keep the commonest label of each text"), mend=Choice(name="keep-majority-label")),
            Fix(title=tr("Leave all rows of such texts out"), mend=Choice(name="drop-conflicting")),
        ),
    )


FINDERS = (
    no_rows,
    unreadable_rows,
    missing_cells,
    left_out_rows,
    unsure_encoding,
    few_rows,
    repeated_texts,
)
