"""Findings about people: texts that hold personal data. What was found is counted and never repeated."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from workbench.core.fields import Value
from workbench.core.language import tr, trn
from workbench.core.plan import Choice
from workbench.data.findings import SHOWN, Finding, Fix, Seen
from workbench.data.mends.masking import MASK_PERSONAL, MOST_KEY
from workbench.data.parsing import inputs_of
from workbench.data.personal import KINDS, found_in

# A look takes about five microseconds at a short text with nothing in it, and a quarter of a millisecond at a find.
_MOST_ROWS = 100_000
_MOST_CHARACTERS = 20_000_000
_MOST_FINDS = 6_000
_PROBE = 500
_LONG = 10_000


@lru_cache(maxsize=64)
def fresh_key(path: str) -> int:
    """A secret number for the pseudonyms of the file at `path`; the same one while this program runs."""
    return 1 + secrets.randbelow(MOST_KEY)


def personal_data(seen: Seen) -> Iterator[Finding]:
    columns = [seen.parsed.values[name] for name in inputs_of(seen.fields, seen.spec.columns)]
    step = _step(columns, len(seen.parsed))
    places: list[int] = []
    kinds = Counter[str]()
    looked_at = range(0, len(seen.parsed), step)
    for place in seen.watch.over(looked_at):
        found = [span.kind for column in columns for span in found_in(str(column[place]))]
        if found:
            places.append(place)
            kinds.update(found)
    if not places:
        return
    yield Finding(
        code="personal-data",
        severity="warning",
        message=_message(len(places), kinds, len(looked_at), len(seen.parsed)),
        rows=seen.rows(places[:SHOWN]),
        count=len(places),
        why=tr(
            "A model can learn such values by heart and give them away to whoever uses it, and it learns nothing "
            "useful from them. Names of people are not looked for."
        ),
        fixes=_fixes(seen.spec.path),
    )


def _step(columns: Sequence[Sequence[Value]], rows: int) -> int:
    """Every how many rows one is looked at, so that the look takes about two seconds however large the file is."""
    probe = range(0, rows, max(1, rows // _PROBE))
    texts = [[str(column[place]) for column in columns] for place in probe]
    characters = sum(len(text) for row in texts for text in row)
    finds = sum(len(found_in(text[:_LONG])) for row in texts for text in row)
    most = min(
        _MOST_ROWS,
        _MOST_CHARACTERS * len(probe) // max(1, characters),
        _MOST_FINDS * len(probe) // max(1, finds),
    )
    return max(1, -(-rows // max(1, most)))


def _message(count: int, kinds: Counter[str], looked_at: int, rows: int) -> str:
    listed = tr(", ").join(
        tr("{kind}: {count}", kind=tr(KINDS[name].title), count=f"{number:,}") for name, number in kinds.most_common()
    )
    if looked_at < rows:
        return trn(
            "{found} of {looked} rows that were looked at, out of {rows}, holds personal data. {kinds}.",
            "{found} of {looked} rows that were looked at, out of {rows}, hold personal data. {kinds}.",
            count,
            found=f"{count:,}",
            looked=f"{looked_at:,}",
            rows=f"{rows:,}",
            kinds=listed,
        )
    return trn(
        "{number} row holds personal data. {kinds}.",
        "{number} rows hold personal data. {kinds}.",
        count,
        kinds=listed,
    )


def _fixes(path: str) -> tuple[Fix, ...]:
    keyed = Choice(name=MASK_PERSONAL, options={"style": "pseudonyms", "key": fresh_key(path)})
    return (
        Fix(title=tr("Mask with tags"), mend=Choice(name=MASK_PERSONAL, options={"style": "tags"})),
        Fix(title=tr("Mask with pseudonyms"), mend=keyed),
    )


FINDERS = (personal_data,)
