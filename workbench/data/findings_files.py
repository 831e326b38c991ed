"""Findings about the validation and test files beside the training file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from workbench.core.errors import WorkbenchError
from workbench.core.language import tr, trn
from workbench.core.plan import Choice
from workbench.data.files import shown_name
from workbench.data.findings import SHOWN, Finding, Fix, Seen, listed
from workbench.data.mends.labels import joined_by
from workbench.data.parsing import Parsed, inputs_of, text_keys


def other_files(seen: Seen) -> Iterator[Finding]:
    known = set(seen.watch.over(seen.keys)) if seen.others else set()
    for path, part in seen.others.items():
        name = shown_name(path)
        why = tr("Without rows that were not learned from, nobody knows how good the model is.")
        if isinstance(part, WorkbenchError):
            yield Finding(code="other-file", severity="error", message=str(part), path=path, why=why)
            continue
        if not len(part):
            message = tr("No row of {file} can be used.", file=name)
            yield Finding(code="other-file", severity="error", message=message, path=path, count=part.total, why=why)
            continue
        inputs = [part.values[field] for field in inputs_of(seen.fields, seen.spec.columns)]
        shared = {
            place: key for place, key in enumerate(seen.watch.over(text_keys(inputs, seen.watch))) if key in known
        }
        if shared:
            yield _shared(seen, path, name, part, shared)
        yield from _unknown_labels(seen, path, name, part)


def _shared(seen: Seen, path: str, name: str, part: Parsed, shared: Mapping[int, int]) -> Finding:
    """The rows of a file that can be answered by heart: {place in the file: key of its text}."""
    message = trn(
        "{number} text of {file} is also in the training file, so results look better than they are.",
        "{number} texts of {file} are also in the training file, so results look better than they are.",
        len(shared),
        file=name,
    )
    return Finding(
        code="shared-texts",
        severity="warning",
        message=message,
        rows=tuple(part.numbers[place] for place in list(shared)[:SHOWN]),
        count=len(shared),
        path=path,
        why=_by_heart(seen, name, part, shared),
        fixes=(Fix(title=tr("Leave these texts out of the training rows"), mend=Choice(name="drop-shared")),),
    )


def _by_heart(seen: Seen, name: str, part: Parsed, shared: Mapping[int, int]) -> str:
    """What a model gets for remembering alone: the share of the file's rows that it answers rightly from memory."""
    share = f"{100 * len(shared) / len(part):.3g}"
    if not seen.labels:
        return tr(
            "A model that only remembers knows the answer to {share} % of the rows of {file}.", share=share, file=name
        )
    keys = set(shared.values())
    remembered: dict[int, Counter[object]] = {}
    for key, label in seen.watch.over(zip(seen.keys, seen.labels, strict=True)):
        if key in keys:
            remembered.setdefault(key, Counter())[label] += 1
    answers = {key: counts.most_common(1)[0][0] for key, counts in remembered.items()}
    labels = part.values[seen.target]
    right = sum(answers[key] == labels[place] for place, key in shared.items())
    return tr(
        "A model that only remembers is right about {right} % of the rows of {file} and has understood nothing: "
        "{share} % of them stand in the training file.",
        right=f"{100 * right / len(part):.3g}",
        share=share,
        file=name,
    )


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
        fix = Fix(title=tr("Join the spellings"), mend=Choice(name="join-spellings"))
        yield Finding(
            code="unknown-labels",
            severity="error",
            message=message,
            rows=tuple(part.numbers[place] for place in places[:SHOWN]),
            count=len(places),
            path=path,
            why=tr("A model can only answer with labels that it has learned."),
            fixes=(fix,) if joined_by(unknown, seen.classes) else (),
        )


FINDERS = (other_files,)
