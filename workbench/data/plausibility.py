"""How plausible a decoded text is, for each older encoding: the only way to tell them apart.

`WIDE` measures give one number for a text in an encoding with two bytes per character; `NARROW` measures give a weight
for each non-ASCII character, so that two encodings with one byte per character can be compared where they differ.
All weights are between 0 (impossible) and 1 (common).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from workbench.data.decoding import MARK

_WORD = re.compile(r"[^\W\d_]+")
_HIGH_RUN = re.compile(rb"([A-Za-z]?)([\x80-\xff]+)([A-Za-z]?)")
_SYMBOLS = frozenset("£€’‘“”„–—…«»°©®•½¼¾·¡¿´§\u00a0™×²³ºª‹›¥¢№")
_SHORT = frozenset("ивскоуаязійєοηו")
"""Words of a single letter in the scripts that are told apart here."""
_WORDS_OF_ONE = frozenset("ªºµàáâãäåæéèêëíìîóòôöøúùûüýñçßÀÁÂÄÅÆÉÈÍÓÖØÚÜÇŠšŽžČčşŞİı")
_OPENING = frozenset("¿¡«“‘„‹")


def written_in_pairs(data: bytes, text: str) -> bool:
    """Whether `data`, which is `text` in GB 18030, is Chinese as far as its bytes can tell, however few they are.

    Its bytes above ASCII stand in pairs and apart from ASCII letters, and most of its characters are common ones.
    """
    runs = _HIGH_RUN.findall(data)
    if not runs or any(len(run) % 2 for _, run, _ in runs):
        return False
    apart = sum(1 for before, _, after in runs if not before and not after)
    leads = [_code(char, "gb2312")[0] for char in set(outside(text))]
    common = sum(1 for lead in leads if 0xB0 <= lead <= 0xD7)
    usual = common + sum(1 for lead in leads if lead in (0xA1, 0xA3))
    return apart >= 0.5 * len(runs) and common > 0 and 0 not in leads and usual >= 0.6 * len(leads)


def outside(text: str) -> list[str]:
    """The non-ASCII characters of `text`."""
    return [char for char in text if char > "\x7f"]


def _mean(text: str, weight: Callable[[str], float]) -> float:
    counts = Counter(char for char in text if char > "\x7f" and char != MARK)
    total = counts.total()
    return sum(weight(char) * count for char, count in counts.items()) / total if total else 0.0


def _code(char: str, encoding: str) -> bytes:
    try:
        return char.encode(encoding)
    except UnicodeEncodeError:
        return b"\x00"


def _is_common_big5(char: str) -> bool:
    code = _code(char, "big5")
    return len(code) == 2 and 0xA1 <= code[0] <= 0xC6


def simplified(text: str) -> float:
    """GB 2312 orders its first 3,755 characters by use: Chinese text hardly leaves them."""
    first_level = beyond_hangul = 0
    for char, count in Counter(char for char in text if "\u4e00" <= char <= "\u9fff").items():
        lead = _code(char, "gb2312")[0]
        first_level += count if 0xB0 <= lead <= 0xD7 else 0
        beyond_hangul += count if 0xC8 < lead <= 0xD7 else 0

    def weight(char: str) -> float:
        code = _code(char, "gb2312")
        if len(code) == 2:
            lead = code[0]
            if 0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3):
                return 1.0
            return 0.6 if lead >= 0xD8 else 0.25
        if "\u4e00" <= char <= "\u9fff":
            return 0.85 if _is_common_big5(char) else 0.1
        return 0.5 if ord(char) > 0xFFFF else 0.05

    # Korean text in EUC-KR is common Chinese characters too, but only those of the first 25 rows.
    bias = 1.0 if beyond_hangul > 0.1 * first_level or not first_level else 0.6
    return _mean(text, weight) * bias


def traditional(text: str) -> float:
    """Big5 has its common characters first; two in five of its second bytes lie in the ASCII range."""

    def weight(char: str) -> float:
        if "\ue000" <= char <= "\uf8ff":
            return 0.05
        return 1.0 if _is_common_big5(char) else 0.3

    codes = [code for code in (_code(char, "big5") for char in outside(text)) if len(code) == 2]
    low = sum(1 for code in codes if code[1] < 0x80)
    return _mean(text, weight) * (0.6 if len(codes) >= 10 and low < 0.05 * len(codes) else 1.0)


def japanese(text: str) -> float:
    """Japanese text holds kana, and kanji of the first level."""

    def weight(char: str) -> float:
        if "\u3041" <= char <= "\u30ff" or "\u3000" <= char <= "\u303f" or "\uff01" <= char <= "\uff5e":
            return 1.0
        code = _code(char, "euc_jp")
        if len(code) == 2 and 0xB0 <= code[0] <= 0xCF:
            return 0.95
        return 0.3 if len(code) == 2 and code[0] >= 0xD0 else 0.1

    kana = sum(1 for char in text if "\u3041" <= char <= "\u30ff")
    return _mean(text, weight) * (1.0 if kana >= 0.1 * len(outside(text)) else 0.6)


def korean(text: str) -> float:
    """Korean text is syllables of the 2,350 common ones."""

    def weight(char: str) -> float:
        code = _code(char, "euc_kr")
        if "\uac00" <= char <= "\ud7a3":
            return 1.0 if len(code) == 2 else 0.2
        return 0.8 if len(code) == 2 and code[0] <= 0xA3 else 0.15

    return _mean(text, weight)


_COMMON_HANGUL = frozenset("이다는을의에가고하은지로를도기사인한자서어나해아그리시대게정만있것요")


def reads_korean(text: str) -> bool:
    """Whether some of the syllables of `text` are among those that no Korean text does without."""
    syllables = {char for char in outside(text) if "\uac00" <= char <= "\ud7a3"}
    return len(syllables & _COMMON_HANGUL) >= max(1.0, 0.1 * len(syllables))


_SCRIPTS = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u024f",
    "\u0370-\u03ff",
    "\u0400-\u052f",
    "\u0531-\u0587",
    "\u05d0-\u05ea",
    "\u0620-\u06ff",
)
_PLAIN_LETTER = re.compile(r"[\u0391-\u03c9\u0410-\u044f\u0531-\u0587\u05d0-\u05ea\u0621-\u064a]")
_ONE_SCRIPT = re.compile("|".join(f"[{letters}]+" for letters in _SCRIPTS))


def odd_words(text: str) -> bool:
    """Whether most words of `text` outside ASCII, which is UTF-8, are none: scripts are mixed, or nobody reads them.

    Two bytes of a Chinese character in GBK may be one letter in UTF-8, but hardly one that makes sense.
    """
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    return 2 * sum(map(_is_odd_word, words)) > len(words)


def _is_odd_word(word: str) -> bool:
    if len(word) == 1:
        return word not in _WORDS_OF_ONE and not _PLAIN_LETTER.fullmatch(word)
    lone_latin = word[0] <= "\u024f" and not any(char.isascii() for char in word)
    return lone_latin or not _ONE_SCRIPT.fullmatch(word)


def _latin(*languages: str) -> Callable[[str], list[float]]:
    """Letters of one language among other letters count in full; a symbol inside a word hardly counts."""
    alphabets = [frozenset(letters + letters.upper()) for letters in languages]

    def measure(text: str) -> list[float]:
        context = [
            (char, _fit(char, text[index - 1 : index], text[index + 1 : index + 2]))
            for index, char in enumerate(text)
            if char > "\x7f"
        ]
        counts = Counter(char for char, _ in context)
        best = max(alphabets, key=lambda letters: sum(count for char, count in counts.items() if char in letters))
        return [fit if char in best or char in _SYMBOLS else 0.3 * fit for char, fit in context]

    return measure


def _fit(char: str, before: str, after: str) -> float:
    """How well a character sits between its neighbours in a text with Latin letters."""
    if char in _SYMBOLS:
        if char in _OPENING and after.isalpha() and not before.isalpha():
            return 0.95
        inside = before.isalpha() and after.isalpha()
        return 0.9 if char == "’" or not inside else 0.7 if char in "–—" else 0.1
    if not char.isalpha():
        return 0.05
    if not before.isalpha() and not after.isalpha():
        return 0.5 if char in "àèéóáíöåÀÈÉÓÁÍÖÅ" else 0.2
    in_row = before > "\x7f" and before.isalpha() and after > "\x7f" and after.isalpha()
    return 0.15 if in_row or (char.isupper() and before.islower()) else 1.0


def _script(letters: str, vowels: str = "", *, last: str = "", not_last: str = "") -> Callable[[str], list[float]]:
    """A script of its own: words are of its letters alone, and their case makes sense.

    `vowels` make up at least a quarter of a text; the letters `last` stand only at the end of words, those of
    `not_last` never.
    """
    alphabet = frozenset(letters + letters.upper())
    voiced = frozenset(vowels + vowels.upper())

    def measure(text: str) -> list[float]:
        weights: dict[int, float] = {}
        spoken = count = 0
        for match in _WORD.finditer(text):
            word = match.group()
            foreign = sum(1 for char in word if char not in alphabet)
            cased = word[1:].islower() or word.isupper() or len(word) == 1 or word.upper() == word.lower()
            alone = len(word) == 1 and (word.lower() not in _SHORT or text[match.end() : match.end() + 1].isdigit())
            spoken += sum(1 for char in word if char in voiced)
            count += len(word) - foreign
            for place, char in enumerate(word):
                ending = place == len(word) - 1
                odd = (char in last and not ending) or (char in not_last and ending)
                weights[match.start() + place] = 0.05 if foreign or not cased else 0.1 if odd or alone else 1.0
        bias = min(1.0, 0.4 + 2.2 * spoken / count) if vowels and count else 1.0
        return [
            bias * weights.get(index, 0.3 if char in _SYMBOLS else 0.05)
            for index, char in enumerate(text)
            if char > "\x7f"
        ]

    return measure


def thai(text: str) -> list[float]:
    """Thai writes vowels and tones above and below a consonant, and some vowels before it."""
    weights = []
    for index, char in enumerate(text):
        if char <= "\x7f":
            continue
        before, after = text[index - 1 : index], text[index + 1 : index + 2]
        if not "\u0e01" <= char <= "\u0e5b":
            weights.append(0.05)
        elif char in "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e30\u0e32\u0e33":
            weights.append(0.95 if "\u0e01" <= before <= "\u0e4e" else 0.0)
        elif "\u0e40" <= char <= "\u0e44":
            weights.append(0.95 if "\u0e01" <= after <= "\u0e2e" else 0.0)
        else:
            weights.append(0.95 if "\u0e01" <= char <= "\u0e2e" else 0.2)
    return weights


_WESTERN = (
    "éèêëàâçîïôùûüœæ",
    "äöüß",
    "áéíóúñü",
    "ãõáâàçéêíóôú",
    "àèéìòù",
    "åäöéü",
    "åäöšžé",
    "æøåéö",
    "ëéïèöüêó",
    "áðéíóúýþæö",
    "àçèéíïòóúü",
    "õäöüšž",
)
_RUSSIAN = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
_RUSSIAN_VOWELS = "аеиоуыэюяё"

WIDE: dict[str, Callable[[str], float]] = {
    "gb18030": simplified,
    "big5": traditional,
    "cp932": japanese,
    "euc_jp": japanese,
    "cp949": korean,
}
NARROW: dict[str, Callable[[str], list[float]]] = {
    "cp1252": _latin(*_WESTERN),
    "cp1250": _latin("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ"),
    "cp1254": _latin("çğıİöşüâîû"),
    "mac_roman": _latin(*_WESTERN),
    "cp1251": _script(_RUSSIAN + "іїєґўјљњћџђѓќѕ", _RUSSIAN_VOWELS + "іїє"),
    "koi8_r": _script(_RUSSIAN, _RUSSIAN_VOWELS),
    "cp866": _script(_RUSSIAN, _RUSSIAN_VOWELS),
    "cp1253": _script("αάβγδεέζηήθιίϊΐκλμνξοόπρσςτυύϋΰφχψωώ", "αάεέηήιίϊοόυύωώ", last="ς", not_last="σ"),
    "cp1255": _script("אבגדהוזחטיךכלםמןנסעףפץצקרשת", last="ךםןףץ", not_last="כמנפצ"),
    "cp1256": _script("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگ", "اوي", last="ةى"),
    "cp874": thai,
}
LATIN = frozenset(("cp1252", "cp1250", "cp1254", "mac_roman"))
"""The encodings of languages that write mostly ASCII letters."""
