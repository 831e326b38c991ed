"""Mends of texts: what stands in a cell beside what its writer said."""

from __future__ import annotations

import html
import re

from workbench.core.language import mark
from workbench.data.mends import TEXTS, TextMend

_BLOCK_NAMES = """
    address article aside blockquote body br center dd details dialog div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 head header hr html iframe img legend li main menu nav ol option p pre section select summary
    table tbody td template textarea tfoot th thead title tr ul video
"""
_INLINE_NAMES = """
    a abbr acronym audio b base bdi bdo big button canvas caption cite code col colgroup data datalist del dfn em embed
    font frame frameset i input ins kbd label link map mark meta meter noscript object optgroup output param picture
    progress q rp rt ruby s samp script slot small source span strike strong style sub sup svg time track tt u var wbr
    o:p
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_INLINE = frozenset(_INLINE_NAMES.split())
_HIDDEN = frozenset(("script", "style"))
"""What stands between these tags is not meant to be read."""

_NAMES = "|".join(sorted(_BLOCKS | _INLINE, key=lambda name: (-len(name), name)))
_TAG = re.compile(rf"<(?P<end>/?)(?P<name>{_NAMES})(?=[\s/>])[^<>]*>|<!doctype\b[^<>]*>|<!--", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_SPACES = re.compile(r"[ \t\u00a0]{2,}")
_ROUNDS = 4

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
    "|(?:^|(?<=[\x00-\x7f\u4e00-\u9fff]))[\u200c\u200d]+"
)
"""Control characters, zero-width and direction marks. Joiners keep their place in scripts and emoji that need them."""

_SEPARATING = frozenset("\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029")

_MOJIBAKE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0178\u0192\u02c6-\u02dc\u2013-\u2122]|\u00e2\u20ac|\u00f0\u0178|\u00ef\u00bf\u00bd"
    "|[\u00d0\u00d1][\u0080-\u00bf\u0152-\u0178\u0192\u02c6-\u02dc\u2013-\u2122]{1,2}[\u00d0\u00d1]"
    "|[\u00e2-\u00e9][\u0080-\u00bf\u0152-\u0178\u0192\u02c6-\u02dc\u2013-\u2122]{2}"
)
"""UTF-8 that was read as cp1252 or latin-1: “Ã©” for “é”, “â€™” for “’”, “ä½\xa0” for “你”."""


def has_markup(text: str) -> bool:
    """Whether `text` holds tags or entities of HTML."""
    if "<" in text and _TAG.search(text):
        return True
    return "&" in text and any(html.unescape(found.group()) != found.group() for found in _ENTITY.finditer(text))


def has_control(text: str) -> bool:
    """Whether `text` holds control characters, zero-width or direction marks."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def has_mojibake(text: str) -> bool:
    """Whether `text` looks like UTF-8 that was read in another encoding."""
    return not text.isascii() and _MOJIBAKE.search(text) is not None


@TEXTS.add(
    "strip-markup",
    title=mark("HTML removed"),
    help=mark("Tags are removed and entities such as “&amp;” become the characters that they stand for."),
)
def strip_markup() -> TextMend:
    def stripped(text: str) -> str:
        # Markup that was escaped once more shows itself only after the first round.
        for _ in range(_ROUNDS):
            if not has_markup(text):
                break
            text = _SPACES.sub(" ", _ENTITY.sub(_character, _without_tags(text))).strip()
        return text

    return stripped


def _character(entity: re.Match[str]) -> str:
    return html.unescape(entity.group())


def _without_tags(text: str) -> str:
    """`text` without tags and comments; tags that begin a line or block leave a space. Unknown tags are text."""
    parts: list[str] = []
    position = 0
    ends = _Ends(text)
    for tag in _TAG.finditer(text):
        if tag.start() < position:
            continue
        parts.append(text[position : tag.start()])
        position = tag.end()
        name = (tag["name"] or "").lower()
        if name in _BLOCKS:
            parts.append(" ")
        elif name in _HIDDEN and not tag["end"]:
            position = ends.behind(f"</{name}", position)
        elif tag.group() == "<!--":
            position = ends.behind("-->", position)
    return "".join((*parts, text[position:]))


class _Ends:
    """Where comments and scripts of a text end. What was looked for in vain once is not looked for again."""

    def __init__(self, text: str) -> None:
        self._text, self._lowered = text, ""
        self._absent: set[str] = set()

    def behind(self, end: str, position: int) -> int:
        """The place behind the next `end` and the “>” that closes it; `position` where there is none."""
        self._lowered = self._lowered or self._text.lower()
        # Few characters become longer in lower case; where one does, places would not fit.
        whole = self._lowered if len(self._lowered) == len(self._text) else self._text
        found = -1 if end in self._absent else whole.find(end, position)
        closed = whole.find(">", found) if found >= 0 else -1
        if closed < 0:
            self._absent.add(end)
            return position
        return closed + 1


@TEXTS.add(
    "strip-control",
    title=mark("Control characters removed"),
    help=mark("Control characters, zero-width characters and marks of direction, which nobody sees, are removed."),
)
def strip_control() -> TextMend:
    def stripped(text: str) -> str:
        while has_control(text):  # a joiner may come to stand where it joins nothing; each pass leaves less
            text = _CONTROL.sub(_visible, text)
        return text

    return stripped


def _visible(found: re.Match[str]) -> str:
    return " " if found.group() in _SEPARATING else ""


@TEXTS.add(
    "repair-characters",
    title=mark("Broken characters repaired"),
    help=mark("Characters that an earlier program read in the wrong encoding are restored: “Ã©” becomes “é”."),
    source="Speer 2019, ftfy",
)
def repair_characters() -> TextMend:
    from ftfy import TextFixerConfig, fix_encoding

    config = TextFixerConfig(explain=False)

    def repaired(text: str) -> str:
        return fix_encoding(text, config) if has_mojibake(text) else text

    return repaired
