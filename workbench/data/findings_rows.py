"""Findings about rows and texts, whatever is to be learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.language import tr, trn
from workbench.data.encodings import SURE
from workbench.data.findings import SHOWN, Finding, Seen
from workbench.data.parsing import inputs_of
from workbench.data.split import Groups

_FEW_ROWS = 50
_LONG_WORDS = 300
_LONG_CHARACTERS = 500


def no_rows(seen: Seen) -> Iterator[Finding]:
    if not seen.table.total:
        yield Finding(code="no-rows", severity="error", message=tr("The file has columns but no rows."))
    elif not len(seen.parsed):
        message = tr("No row can be used. Check which column plays which role.")
        yield Finding(code="no-rows", severity="error", message=message, count=seen.table.total)


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
        rows = tuple(row.row for row in skipped[:SHOWN])
        yield Finding(code="ragged-rows", severity="warning", message=message, rows=rows, count=len(skipped))


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
        elif field.kind == "label":
            code, message = "missing-label", _missing_label(count, column)
        else:
            code, message = "not-a-number", _not_a_number(count, column, reason)
        rows = tuple(row.row for row in skipped[:SHOWN])
        yield Finding(code=code, severity="warning", message=message, rows=rows, count=count)


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
        yield Finding(code="unsure-reading", severity="warning", message=message)


def broken_characters(seen: Seen) -> Iterator[Finding]:
    names = inputs_of(seen.fields, seen.spec.columns)
    places = [
        place
        for name in names
        for place, text in enumerate(seen.watch.over(seen.parsed.values[name]))
        if not str(text).isascii() and ("\ufffd" in str(text) or "Ã©" in str(text) or "â€" in str(text))
    ]
    if places:
        message = trn(
            "{number} text holds characters that an earlier program broke, such as “\ufffd” or “Ã©”.",
            "{number} texts hold characters that an earlier program broke, such as “\ufffd” or “Ã©”.",
            len(places),
        )
        rows = seen.rows(places)
        yield Finding(code="broken-characters", severity="warning", message=message, rows=rows, count=len(places))


def few_rows(seen: Seen) -> Iterator[Finding]:
    count = len(seen.parsed)
    if 0 < count < _FEW_ROWS:
        message = trn(
            "There is only {number} row. Results depend on luck below about {enough} rows.",
            "There are only {number} rows. Results depend on luck below about {enough} rows.",
            count,
            enough=_FEW_ROWS,
        )
        yield Finding(code="few-rows", severity="warning", message=message, count=count)


def repeated_texts(seen: Seen) -> Iterator[Finding]:
    target = seen.parsed.values.get(seen.target, [])
    repeated: list[int] = []
    different: list[int] = []
    for first, *later in seen.watch.over(Groups(seen.keys, seen.watch).repeated()):
        for place in later:
            (repeated if not target or target[first] == target[place] else different).append(place)
    repeated.sort()
    different.sort()
    if repeated:
        message = trn(
            "{number} row repeats an earlier one. Equal texts are kept on one side of the split.",
            "{number} rows repeat earlier ones. Equal texts are kept on one side of the split.",
            len(repeated),
        )
        rows = seen.rows(repeated)
        yield Finding(code="duplicate-rows", severity="info", message=message, rows=rows, count=len(repeated))
    if different:
        yield _conflict(seen, different)


def _conflict(seen: Seen, places: Sequence[int]) -> Finding:
    count = len(places)
    if seen.labels:
        message = trn(
            "{number} row repeats the text of an earlier one with another label.",
            "{number} rows repeat the text of earlier ones with another label.",
            count,
        )
        return Finding(
            code="conflicting-labels", severity="warning", message=message, rows=seen.rows(places), count=count
        )
    message = trn(
        "{number} row repeats the text of an earlier one with another number.",
        "{number} rows repeat the text of earlier ones with another number.",
        count,
    )
    return Finding(code="conflicting-numbers", severity="info", message=message, rows=seen.rows(places), count=count)


def long_texts(seen: Seen) -> Iterator[Finding]:
    limit = _LONG_CHARACTERS if seen.wide else _LONG_WORDS
    places = [place for place, length in enumerate(seen.watch.over(seen.lengths)) if length > limit]
    if not places:
        return
    count = len(places)
    if seen.wide:
        message = trn(
            "{number} text is longer than {limit} characters. The model reads only its beginning.",
            "{number} texts are longer than {limit} characters. The model reads only their beginnings.",
            count,
            limit=limit,
        )
    else:
        message = trn(
            "{number} text is longer than {limit} words. The model reads only its beginning.",
            "{number} texts are longer than {limit} words. The model reads only their beginnings.",
            count,
            limit=limit,
        )
    yield Finding(code="long-texts", severity="info", message=message, rows=seen.rows(places), count=count)


FINDERS = (
    no_rows,
    unreadable_rows,
    missing_cells,
    unsure_encoding,
    broken_characters,
    few_rows,
    repeated_texts,
    long_texts,
)
