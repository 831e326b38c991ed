"""What is familiar: words that name columns and classes, and what files on this computer are likely written in.

A few characters fit several encodings with two bytes per character equally well. Only what they say, and where the
computer stands, can tell more.
"""

from __future__ import annotations

import locale
import os
import re

from workbench.data.role_names import LABEL, NUMBER, TEXT


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_CHINESE = frozenset(name for names in (TEXT, LABEL, NUMBER) for name in names if not name.isascii())
_JAPANESE = _words(
    "内容 分類 本文 感情 評価 ラベル テキスト レビュー 肯定 否定 中立 ポジティブ ネガティブ はい いいえ 良い 悪い"
)
WORDS: dict[str, frozenset[str]] = {
    "gb18030": _CHINESE
    | _words("好评 中评 差评 正面 负面 中性 积极 消极 正常 垃圾 是 否 好 坏 高 中 低 真 假 有 无 其他"),
    "big5": _words("內容 類別 標籤 文本 評論 情感 標題 分類 好評 差評 正面 負面 中性 積極 消極 是 否 高 低"),
    "cp932": _JAPANESE,
    "euc_jp": _JAPANESE,
    "cp949": _words("내용 분류 라벨 텍스트 감정 제목 리뷰 긍정 부정 중립 예 아니오 좋음 나쁨 높음 낮음"),
}
"""Words that stand in the headers and label columns of data sets, by encoding."""

_WORD = re.compile(r"[^\W\d_]+")
_COUNTRIES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("zh_tw", "zh_hk", "zh_mo", "zh_hant", "chinese (traditional)", "chinese_taiwan", "chinese_hong"), ("big5",)),
    (("zh", "chinese"), ("gb18030",)),
    (("ja", "japanese"), ("cp932", "euc_jp")),
    (("ko", "korean"), ("cp949",)),
)


def known_words(text: str, encoding: str) -> tuple[frozenset[str], bool]:
    """The familiar words in `text`, read in this encoding, and whether no other word outside ASCII stands there."""
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    found = frozenset(words & WORDS[encoding])
    return found, len(found) == len(words)


def home_encodings() -> tuple[str, ...]:
    """The older encodings of the country that this computer is set to; empty where none of them has two bytes."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    wanted = (wanted or locale.getlocale()[0] or "").lower().replace("-", "_")
    return next((encodings for starts, encodings in _COUNTRIES if wanted.startswith(starts)), ())
