"""Findings about the validation and test files beside the training file."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.data.files import shown_name
from workbench.data.findings import SHOWN, Finding, Seen, listed
from workbench.data.parsing import Parsed, inputs_of, text_keys


def other_files(seen: Seen) -> Iterator[Finding]:
    known = set(seen.watch.over(seen.keys)) if seen.others else set()
    for path, part in seen.others.items():
        name = shown_name(path)
        if isinstance(part, WorkbenchError):
            yield Finding(code="other-file", severity="error", message=str(part), path=path)
            continue
        if not len(part):
            message = tr("No row of {file} can be used.", file=name)
            yield Finding(code="other-file", severity="error", message=message, path=path, count=part.total)
            continue
        inputs = [part.values[field] for field in inputs_of(seen.fields, seen.spec.columns)]
        rows = [
            part.numbers[place]
            for place, key in enumerate(seen.watch.over(text_keys(inputs, seen.watch)))
            if key in known
        ]
        if rows:
            message = trn(
                "{number} text of {file} is also in the training file, so results look better than they are.",
                "{number} texts of {file} are also in the training file, so results look better than they are.",
                len(rows),
                file=name,
            )
            shown = tuple(rows[:SHOWN])
            yield Finding(
                code="shared-texts", severity="warning", message=message, rows=shown, count=len(rows), path=path
            )
        yield from _unknown_labels(seen, path, name, part)


def _unknown_labels(seen: Seen, path: str, name: str, part: Parsed) -> Iterator[Finding]:
    if not seen.labels:
        return
    labels = part.values[seen.target]
    places = [place for place, label in enumerate(seen.watch.over(labels)) if label not in seen.classes]
    if places:
        unknown = sorted({str(labels[place]) for place in places})
        message = trn(
            "{number} row of {file} has a label that the training file does not have: {labels}.",
            "{number} rows of {file} have labels that the training file does not have: {labels}.",
            len(places),
            file=name,
            labels=listed(unknown),
        )
        rows = tuple(part.numbers[place] for place in places[:SHOWN])
        yield Finding(code="unknown-labels", severity="error", message=message, rows=rows, count=len(places), path=path)


FINDERS = (other_files,)
