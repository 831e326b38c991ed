"""Folding: the same text with plain digits, letters and hyphens, character for character."""

from __future__ import annotations

import re

_WIDE = "@.-+_:/"
_TABLE = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum() or chr(code) in _WIDE}
_TABLE |= dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63"), "-")
_TABLE |= dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\t"), " ")
_TABLE |= {ord("（"): "(", ord("）"): ")"}
_ANY = re.compile("[" + "".join(map(re.escape, map(chr, _TABLE))) + "]")


def fold(text: str) -> str:
    """`text` with full-width digits, letters and marks, odd hyphens and odd spaces as ASCII writes them.

    The length stays, so that places in the one are places in the other. Chinese commas and full stops stay: they end
    an address where their ASCII twins may be a part of it.
    """
    return text.translate(_TABLE) if _ANY.search(text) else text
