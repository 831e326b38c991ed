"""Languages are told offline, short texts with the help of the others, and what cannot be told is called unknown."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.language import set_language
from workbench.data.language_names import NAMES, language_name
from workbench.data.languages import languages_of

SENTENCES = {
    "de": "Das Wetter in der Stadt war die ganze Woche lang sehr schön.",
    "fr": "Il a fait très beau dans toute la ville pendant la semaine.",
    "es": "El tiempo en la ciudad ha sido muy bueno durante toda la semana.",
    "pt": "O tempo na cidade esteve muito bom durante toda a semana, não foi?",
    "it": "Il tempo in città è stato molto bello per tutta la settimana.",
    "ru": "Погода в городе была очень хорошей всю неделю.",
    "ja": "今週はずっと街の天気がとてもよかったです。",
    "ko": "이번 주 내내 도시의 날씨가 아주 좋았습니다.",
    "zh": "这一周城里的天气一直都非常好。",
    "ar": "كان الطقس في المدينة جميلا جدا طوال الأسبوع.",
    "he": "מזג האוויר בעיר היה יפה מאוד כל השבוע.",
    "en": "The weather in the city was lovely for the whole week.",
}


def rows(path: Path, column: str, most: int = 1000) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row[column] for row in csv.DictReader(file)]
    return texts[:: max(1, len(texts) // most)]


@pytest.mark.parametrize("code", SENTENCES)
def test_that_a_sentence_is_told_by_itself(code: str) -> None:
    assert languages_of([SENTENCES[code]]) == ((code, 1.0),)


def test_that_shares_are_those_of_the_texts_and_the_commonest_comes_first() -> None:
    texts = [SENTENCES["de"]] * 6 + [SENTENCES["zh"]] * 3 + [SENTENCES["fr"]]
    assert languages_of(texts) == (("de", 0.6), ("zh", 0.3), ("fr", 0.1))


def test_that_a_short_text_is_told_by_what_the_others_are_in() -> None:
    assert languages_of(["hotel is fine"]) == (("nl", 1.0),)
    assert dict(languages_of([SENTENCES["en"]] * 50 + ["hotel is fine"])).keys() == {"en", ""}


@pytest.mark.parametrize("texts", [["12345", "99-12", "3.14"], ["xkqz jwpf", "lkjh"], ["", " "], ["🙂🙂", "!!"]])
def test_that_what_is_no_language_is_unknown(texts: list[str]) -> None:
    assert languages_of(texts) == (("", 1.0),)


def test_that_no_text_has_no_language() -> None:
    assert languages_of([]) == ()


def test_that_it_can_be_stopped() -> None:
    class StoppedError(Exception):
        pass

    def stop(_share: float) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        languages_of(["a"] * 100, stop)


def test_that_every_language_that_is_told_often_has_a_name_in_both_languages() -> None:
    assert set(SENTENCES) <= set(NAMES)
    assert language_name("de") == "German"
    assert language_name("ace") == "ace"  # Acehnese: the code has to do
    set_language("zh_CN")
    try:
        assert all(language_name(code) for code in ("zh", ""))
    finally:
        set_language("en")


def test_that_importing_this_reads_no_model() -> None:
    program = "import sys, workbench.data.languages; assert 'py3langid' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


SETS = (
    ("banking77/train.csv", "text", "en", 0.99),
    ("trec6/train.csv", "text", "en", 0.98),
    ("sst2/train.csv", "text", "en", 0.98),
    ("sms_spam/train.csv", "text", "en", 0.94),
    ("stsb_en/train.csv", "sentence1", "en", 0.97),
    ("waimai_10k/train.csv", "review", "zh", 0.99),
    ("tnews_few/train.csv", "sentence", "zh", 0.99),
)


@pytest.mark.parametrize(("file", "column", "code", "least"), SETS)
def test_that_real_data_are_told(shared_data: Path, file: str, column: str, code: str, least: float) -> None:
    found = dict(languages_of(rows(shared_data / file, column)))
    assert found[code] >= least
    assert sum(share for other, share in found.items() if other not in ("", code)) <= 0.01


def test_that_a_few_chinese_rows_among_english_ones_are_found(shared_data: Path) -> None:
    texts = (
        rows(shared_data / "banking77/train.csv", "text")[:950]
        + rows(shared_data / "tnews_few/train.csv", "sentence")[:50]
    )
    found = dict(languages_of(texts))
    assert found["zh"] == pytest.approx(0.05, abs=0.002)
    assert found["en"] >= 0.94
