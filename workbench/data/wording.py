"""How long a text is: in words, or in characters where words are not set apart by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from workbench.core.fields import Value

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LETTERS = re.compile(r"[^\W\d_]")


def is_wide(columns: Iterable[Sequence[Value]]) -> bool:
    """Whether most letters of these texts are Chinese or Japanese."""
    wide = letters = 0
    for texts in columns:
        for text in texts[:: max(1, len(texts) // 500)]:
            start = str(text)[:500]
            wide += len(_WIDE.findall(start))
            letters += len(_LETTERS.findall(start))
    return wide > 0.3 * letters


def length_of(text: str, wide: bool) -> int:
    """Characters (without spaces) of a `wide` text, else words."""
    words = text.split()
    return sum(map(len, words)) if wide else len(words)
