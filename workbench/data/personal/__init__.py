"""Personal data in texts: what has a pattern is found, in Chinese and English surroundings.

Names of people are not looked for: the libraries that work offline name more words than people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from workbench.data.personal.addresses import credential_urls, emails, ip_addresses
from workbench.data.personal.folding import fold
from workbench.data.personal.kinds import KINDS, Kind, Span
from workbench.data.personal.numbers import bank_cards, chinese_ids, ibans
from workbench.data.personal.phones import blanked, phones

__all__ = ["KINDS", "Kind", "Span", "found_in"]

# Seven digits with at most three marks between two of them, or four numbers with points between.
_NUMBERS = re.compile(
    r"[0-9０-９](?:(?:\W{0,3}[0-9０-９]){6}|[0-9０-９]{0,2}(?:[.．][0-9０-９]{1,3}){3})",
)

_FINDERS: tuple[Callable[[str], Iterable[Span]], ...] = (
    credential_urls,
    emails,
    ip_addresses,
    chinese_ids,
    ibans,
    bank_cards,
    phones,
)


def found_in(text: str) -> tuple[Span, ...]:
    """What is personal in `text`, from left to right. Spans do not overlap: the most specific kind has a place.

    Most texts hold nothing that could be personal, and a first look of a few microseconds sees that.
    """
    if not _may_hold(text):
        return ()
    folded = fold(text)
    found: list[Span] = []
    for find in _FINDERS:
        new = list(find(folded))
        if new:
            new.sort(key=lambda span: span.start)
            folded = blanked(folded, new)
            found += new
    return tuple(sorted(found, key=lambda span: span.start))


def _may_hold(text: str) -> bool:
    if "@" in text or "＠" in text or "://" in text or "::" in text:
        return True
    return _NUMBERS.search(text) is not None or text.count(":") >= 7
