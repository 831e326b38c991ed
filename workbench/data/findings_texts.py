"""Findings about the texts that a model is to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.core.language import tr, trn
from workbench.core.plan import Choice
from workbench.data.findings import Finding, Fix, Seen, Setting
from workbench.data.mends.texts import has_control, has_markup, has_mojibake, repair_characters
from workbench.data.near import LONGEST, near_twins
from workbench.data.parsing import inputs_of

_LONG_WORDS = 300
_LONG_CHARACTERS = 500
_TOKENS_PER_WORD = 1.4
_MOST_TOKENS = 512
_SPECIAL = 3
_TRIED = 500
_RARE = 0.01

_COMPARED_ROWS = 20_000
_COMPARED_CHARACTERS = 3_000_000
_RUN = 100
"""Rows in a row: near duplicates often follow one another."""


def troubled_texts(seen: Seen) -> Iterator[Finding]:
    """Broken characters, HTML and control characters, found in one pass."""
    broken: list[int] = []
    markup: list[int] = []
    control: list[int] = []
    for name in inputs_of(seen.fields, seen.spec.columns):
        for place, value in enumerate(seen.watch.over(seen.parsed.values[name])):
            text = str(value)
            if not text.isascii() and ("\ufffd" in text or has_mojibake(text)):
                broken.append(place)
            if ("<" in text or "&" in text) and has_markup(text):
                markup.append(place)
            if not text.isprintable() and has_control(text):
                control.append(place)
    yield from _broken(seen, broken)
    if markup:
        message = trn(
            "{number} text holds tags or entities of HTML, such as “<br>” or “&amp;”.",
            "{number} texts hold tags or entities of HTML, such as “<br>” or “&amp;”.",
            len(markup),
        )
        yield Finding(
            code="markup",
            severity="warning" if len(markup) > _RARE * len(seen.parsed) else "info",
            message=message,
            rows=seen.rows(markup),
            count=len(markup),
            why=tr(
                "They take the room of words, and the model may learn where a text is from instead of what it says."
            ),
            fixes=(Fix(title=tr("Remove HTML"), mend=Choice(name="strip-markup")),),
        )
    if control:
        message = trn(
            "{number} text holds characters that nobody sees: control, zero-width or direction marks.",
            "{number} texts hold characters that nobody sees: control, zero-width or direction marks.",
            len(control),
        )
        yield Finding(
            code="control-characters",
            severity="info",
            message=message,
            rows=seen.rows(control),
            count=len(control),
            why=tr("Words with such characters inside are other words to a model."),
            fixes=(Fix(title=tr("Remove them"), mend=Choice(name="strip-control")),),
        )


def _broken(seen: Seen, places: Sequence[int]) -> Iterator[Finding]:
    if not places:
        return
    names = inputs_of(seen.fields, seen.spec.columns)
    repair = repair_characters()
    kept: list[int] = []
    repairable = tried = 0
    for place in seen.watch.over(sorted(set(places))):
        texts = [str(seen.parsed.values[name][place]) for name in names]
        lost = any("\ufffd" in text for text in texts)
        if tried < _TRIED:  # what looks broken is tried; of very many the first ones speak for all
            tried += 1
            changes = any(repair(text) != text for text in texts)
            repairable += changes
        else:
            changes = repairable > 0.5 * _TRIED
        if lost or changes:
            kept.append(place)
    if not kept:
        return
    message = trn(
        "{number} text holds characters that an earlier program broke, such as “\ufffd” or “Ã©”.",
        "{number} texts hold characters that an earlier program broke, such as “\ufffd” or “Ã©”.",
        len(kept),
    )
    fix = Fix(title=tr("Repair the characters"), mend=Choice(name="repair-characters"))
    yield Finding(
        code="broken-characters",
        severity="warning",
        message=message,
        rows=seen.rows(kept),
        count=len(kept),
        why=tr("Broken words are unknown words to a model, and real texts will not have them."),
        fixes=(fix,) if repairable else (),
    )


def long_texts(seen: Seen) -> Iterator[Finding]:
    limit = _limit(seen)
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
    yield Finding(
        code="long-texts",
        severity="info",
        message=message,
        rows=seen.rows(places),
        count=count,
        why=tr("What decides the answer may stand in the part that is cut off."),
        fixes=_longer(seen),
    )


def _limit(seen: Seen) -> int:
    """The longest text, in words or characters, that is read whole, as far as that can be told without a tokenizer."""
    if not seen.max_length:
        return _LONG_CHARACTERS if seen.wide else _LONG_WORDS
    return max(1, int((seen.max_length - _SPECIAL) / (1.0 if seen.wide else _TOKENS_PER_WORD)))


def _longer(seen: Seen) -> tuple[Fix, ...]:
    longest = max(seen.lengths) * (1.0 if seen.wide else _TOKENS_PER_WORD) + _SPECIAL
    wanted = min(_MOST_TOKENS, -(-int(longest + 1) // 16) * 16)
    if not seen.max_length or wanted <= seen.max_length:
        return ()
    title = tr("Read up to {number} tokens", number=wanted)
    return (Fix(title=title, setting=Setting(group="plan", name="max_length", value=wanted)),)


def near_repeated_texts(seen: Seen) -> Iterator[Finding]:
    places, whole = _compared(seen)
    names = inputs_of(seen.fields, seen.spec.columns)
    columns = [[str(seen.parsed.values[name][place]) for place in seen.watch.over(places)] for name in names]
    if not columns or len(places) < 2:
        return
    texts = columns[0] if len(columns) == 1 else ["\n".join(parts) for parts in zip(*columns, strict=True)]
    target = seen.parsed.values.get(seen.target, [])
    labels = [str(target[place]) for place in places] if target else ()
    twins = near_twins(texts, seen.watch, labels=labels)
    if not twins:
        return
    count = len(twins)
    if not whole:
        message = trn(
            "Of {looked} rows that were compared, {number} nearly repeats another one.",
            "Of {looked} rows that were compared, {number} nearly repeat others.",
            count,
            looked=f"{len(places):,}",
        )
    else:
        message = trn(
            "{number} row nearly repeats an earlier one: only a few characters differ.",
            "{number} rows nearly repeat earlier ones: only a few characters differ.",
            count,
        )
    yield Finding(
        code="near-duplicates",
        severity="info",
        message=message,
        rows=seen.rows(places[later] for later in twins),
        count=count,
        why=tr("One of them may be learned from and the other one kept aside: then the model looks better than it is."),
        fixes=(Fix(title=tr("Keep one of each"), mend=Choice(name="drop-near-repeated")),),
    )


def _compared(seen: Seen) -> tuple[list[int], bool]:
    """The places of the texts to compare, and whether these are all: else runs of rows from everywhere.

    Exact repeats are left out.
    """
    total = len(seen.parsed)
    names = inputs_of(seen.fields, seen.spec.columns)
    probe = range(0, total, max(1, total // 200))
    characters = sum(min(LONGEST, len(str(seen.parsed.values[name][place]))) for name in names for place in probe)
    average = characters / max(1, len(probe)) or 1.0
    most = min(_COMPARED_ROWS, max(_RUN, int(_COMPARED_CHARACTERS / average)))
    step = max(1, -(-total // most))
    known: set[int] = set()
    places: list[int] = []
    for start in seen.watch.over(range(0, total, _RUN * step)):
        for place in range(start, min(total, start + _RUN)):
            if seen.keys[place] not in known:
                known.add(seen.keys[place])
                places.append(place)
    return places, step == 1


FINDERS = (troubled_texts, long_texts, near_repeated_texts)
