"""Which encoding a file is in: byte order mark, strict UTF-8, then how plausible each older encoding's text is.

Every older encoding turns almost any bytes into *some* text, so decoding without an error proves nothing. Each
candidate is scored by what its text looks like (`plausibility`), and is sure only where it is clearly ahead.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections import Counter

from msgspec import Struct

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.data.decoding import MARK, MARK_ERRORS
from workbench.data.familiar import home_encodings, known_words
from workbench.data.plausibility import LATIN, NARROW, WIDE, odd_words, outside, reads_korean, written_in_pairs

ENCODINGS: tuple[str, ...] = ("utf-8", *WIDE, *NARROW, "utf-16", "utf-16-le", "utf-16-be")
"""The encodings worth offering."""

SURE = 0.8
"""From this confidence on a guess is taken without asking."""

_NOT_FOR_FILES = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem", "utf_7"}
_PRIORS = {
    "mac_roman": 0.85,
    "cp1254": 0.98,
    "cp1250": 0.98,
    "cp866": 0.96,
    "cp874": 0.95,
    "cp1255": 0.97,
    "cp1256": 0.97,
}
"""How much rarer an encoding is than its rivals."""

_ENOUGH = 16
"""From this many different characters on, how common they are tells encodings with two bytes per character apart."""

_MOST_OF_FEW = 0.7
"""The highest confidence where there are fewer and their words are unknown."""

_PROBE = 20_000
_ASCII = bytes(range(128))
_NO_LETTERS = bytes(code for code in range(256) if code > 127 or not chr(code).isalpha())
_HALF = 20_000


class EncodingGuess(Struct, frozen=True, kw_only=True):
    """A codec's name, how sure it is (0 to 1), and what else it may be, likeliest first."""

    encoding: str
    confidence: float
    alternatives: tuple[str, ...] = ()


def require_encoding(name: str) -> str:
    """The codec's name for `name`. Raises WorkbenchError if it is no encoding of text."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        info = None
    if info is None or not getattr(info, "_is_text_encoding", True) or info.name.replace("-", "_") in _NOT_FOR_FILES:
        raise WorkbenchError(
            Problem(
                code="D06",
                where=tr("Encoding"),
                what=tr("There is no encoding named “{name}”.", name=name[:40]),
                remedy=tr("Possible: {possible}.", possible=", ".join(ENCODINGS)),
                field="encoding",
            )
        )
    return name


def guess_encoding(sample: bytes, *, complete: bool) -> EncodingGuess:
    """The encoding of `sample`; `complete` tells that it is the whole file and not only its beginning."""
    marked = _from_mark(sample)
    if marked:
        return EncodingGuess(encoding=marked, confidence=1.0, alternatives=("utf-8", "gb18030"))
    wide = _without_mark_16(sample)
    if wide:
        return EncodingGuess(encoding=wide, confidence=0.95, alternatives=("utf-8", "gb18030"))
    if b"\x1b$B" in sample or b"\x1b$@" in sample:
        return EncodingGuess(encoding="iso2022_jp", confidence=0.95, alternatives=("utf-8",))
    if _decodes_as_utf_8(sample, complete):
        disguised = None if sample.isascii() else _from_disguise(sample)
        if disguised is not None:
            return disguised
        certain = complete or not sample.isascii()
        return EncodingGuess(encoding="utf-8", confidence=1.0 if certain else 0.9, alternatives=("gb18030", "cp1252"))
    return _guess_older(sample)


def _from_mark(sample: bytes) -> str:
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)) and len(sample) % 4 == 0:
        return "utf-32"
    return "utf-16" if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def _without_mark_16(sample: bytes) -> str:
    """UTF-16 without its mark: line ends and commas are two bytes, one of them zero, always on the same side."""
    if len(sample) < 4 or b"\x00" not in sample:
        return ""
    even, odd = sample[0 : 2 * _HALF : 2], sample[1 : 2 * _HALF : 2]
    found = {
        "utf-16-le": sum(high == 0 and 0 < low < 128 for low, high in zip(even, odd, strict=False)),
        "utf-16-be": sum(high == 0 and 0 < low < 128 for high, low in zip(even, odd, strict=False)),
    }
    best, worse = sorted(found, key=lambda name: -found[name])
    if found[best] < max(2, 0.02 * len(odd)) or found[best] < 4 * found[worse]:
        return ""
    text = sample[: len(sample) // 2 * 2].decode(best, MARK_ERRORS)[:_HALF]
    kinds = Counter(unicodedata.category(char)[0] for char in text)
    odd_ones = kinds["C"] - text.count("\n") - text.count("\r") - text.count("\t")
    return best if odd_ones <= 0.02 * len(text) + 1 else ""


def _decodes_as_utf_8(sample: bytes, complete: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=complete)
    except UnicodeDecodeError:
        return False
    return True


def _from_disguise(sample: bytes) -> EncodingGuess | None:
    """A few characters in GBK whose bytes happen to be letters in UTF-8, which make no word there; else None."""
    lines = _around_non_ascii(sample)
    text = lines.decode("utf-8", MARK_ERRORS)
    if any(char > "\u07ff" for char in text) or len(set(outside(text))) >= _ENOUGH:
        return None
    chinese = lines.decode("gb18030", MARK_ERRORS)
    words, alone = known_words(chinese, "gb18030")
    told = alone and any(len(word) > 1 for word in words)
    if not written_in_pairs(lines, chinese) or not (told or odd_words(text)):
        return None
    return EncodingGuess(encoding="gb18030", confidence=_MOST_OF_FEW if told else 0.6, alternatives=("utf-8",))


def _guess_older(sample: bytes) -> EncodingGuess:
    lines = _around_non_ascii(sample)
    texts = {encoding: lines.decode(encoding, MARK_ERRORS) for encoding in (*WIDE, *NARROW)}
    weights = {encoding: measure(texts[encoding]) for encoding, measure in NARROW.items()}
    scores = {encoding: measure(texts[encoding]) for encoding, measure in WIDE.items()}
    scores |= {encoding: sum(found) / max(1, len(found)) for encoding, found in weights.items()}
    plausible = {name: score * _unbroken(texts[name]) * _fit_of_script(name, lines) for name, score in scores.items()}
    few = _guess_few(lines, texts, plausible)
    if few:
        return few
    scores = {name: _PRIORS.get(name, 1.0) * score for name, score in plausible.items()}
    ranked = sorted(scores, key=lambda name: -scores[name])
    best = ranked[0]
    if scores[best] < 0.85 and _share_utf_8(sample) > 0.9:
        return EncodingGuess(encoding="utf-8", confidence=0.6, alternatives=tuple(ranked[:2]))
    rivals = [name for name in ranked[1:] if texts[name] != texts[best]]
    margin = min((_margin(best, rival, texts, weights, plausible) for rival in rivals), default=1.0)
    confidence = max(0.05, min(0.98, plausible[best])) * min(1.0, 0.5 + 2.5 * margin)
    alternatives = tuple(name for name in rivals if scores[name] > 0.2)[:4] or ("utf-8", "gb18030")
    few_told = len(set(outside(texts[best]))) < _ENOUGH or (best == "cp949" and not reads_korean(texts[best]))
    if best in WIDE and few_told:
        confidence = min(confidence, _MOST_OF_FEW)
    if scores[best] < 0.6:
        return _second_opinion(lines, best, (best, *alternatives))
    return EncodingGuess(encoding=best, confidence=round(confidence, 3), alternatives=alternatives)


def _guess_few(lines: bytes, texts: dict[str, str], plausible: dict[str, float]) -> EncodingGuess | None:
    """The encoding of a few characters with two bytes each, such as two labels or a header; None if it is no such text.

    Familiar words tell it; without any, Simplified Chinese is likeliest, or what is written where the computer stands.
    """
    readable = [name for name in WIDE if MARK not in texts[name] and len(set(outside(texts[name]))) < _ENOUGH]
    known = {name: known_words(texts[name], name) for name in readable}
    characters = {name: sum(map(len, known[name][0])) for name in readable}
    most = max(characters.values(), default=0)
    home = home_encodings()
    if most > 1:
        possible = [name for name in readable if characters[name] == most]
    elif "gb18030" in readable and written_in_pairs(lines, texts["gb18030"]):
        possible = [name for name in readable if name == "gb18030" or (name in home and plausible[name] >= 0.5)]
    else:
        return None
    best = min(possible, key=lambda name: (name not in home, list(WIDE).index(name)))
    words, alone = known.get(best, (frozenset(), False))
    long_words = sum(1 for word in words if len(word) > 1)
    told = len(possible) == 1 and alone and long_words >= (1 if best in home else 2)
    confidence = 0.9 if told else _MOST_OF_FEW if best in home or words else 0.6
    others = sorted((name for name in plausible if texts[name] != texts[best]), key=lambda name: -plausible[name])
    others = [name for name in others if name in WIDE or plausible[name] > 0.5][:4]
    return EncodingGuess(encoding=best, confidence=confidence, alternatives=tuple(others))


def _margin(
    best: str,
    rival: str,
    texts: dict[str, str],
    weights: dict[str, list[float]],
    plausible: dict[str, float],
) -> float:
    """How far `best` is ahead. Two encodings with one byte per character are compared where they differ."""
    ahead = plausible[best] - plausible[rival]
    if best not in weights or rival not in weights:
        return ahead
    pairs = zip(outside(texts[best]), outside(texts[rival]), strict=True)
    places = [place for place, (one, two) in enumerate(pairs) if one != two]
    differing = sum(weights[best][place] - weights[rival][place] for place in places) / max(1, len(places))
    return max(ahead, 0.5 * differing)


def _fit_of_script(encoding: str, lines: bytes) -> float:
    """A text in a script of its own has few ASCII letters; a European one in Latin letters has mostly those."""
    high = len(lines.translate(None, _ASCII))
    share = high / max(1, high + len(lines.translate(None, _NO_LETTERS)))
    if encoding in LATIN:
        return 1.0 if share < 0.5 else 0.7
    return 1.0 if share > 0.12 else 0.7


def _unbroken(text: str) -> float:
    broken, count = text.count(MARK), len(outside(text))
    return 0.0 if not count or broken > 0.02 * count else 1 - 5 * broken / count


def _second_opinion(lines: bytes, best: str, alternatives: tuple[str, ...]) -> EncodingGuess:
    """Where nothing looks plausible: an encoding of which only charset-normalizer knows, never as a sure guess."""
    from charset_normalizer import from_bytes

    found = from_bytes(lines[:_HALF], cp_exclusion=["utf_7", "utf_8", "utf_16", "utf_32"]).best()
    if found is None or found.encoding in (*WIDE, *NARROW):
        return EncodingGuess(encoding=best, confidence=0.4, alternatives=alternatives[1:])
    return EncodingGuess(encoding=found.encoding, confidence=0.4, alternatives=alternatives)


def _share_utf_8(sample: bytes) -> float:
    """The share of non-ASCII sequences that are right UTF-8: near 1 for UTF-8 with a few broken bytes."""
    found = outside(sample.decode("utf-8", MARK_ERRORS))
    return 1 - found.count(MARK) / len(found) if found else 0.0


def _around_non_ascii(sample: bytes) -> bytes:
    """The lines of `sample` that hold non-ASCII bytes: only they tell older encodings apart."""
    found: list[bytes] = []
    size = 0
    for line in sample.splitlines(keepends=True):
        if not line.isascii():
            found.append(line[:8000])
            size += len(found[-1])
            if size > _PROBE:
                break
    return b"".join(found)
