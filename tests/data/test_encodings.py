"""Encodings: right, or marked unsure. Never wrong characters without a word."""

from __future__ import annotations

import random
import re

import pytest

from tests.data.conftest import Writer
from tests.data.samples import LANGUAGES
from workbench.data.encodings import SURE, guess_encoding
from workbench.data.preview import preview

CASES = [(language, encoding) for language, (_, encodings) in LANGUAGES.items() for encoding in encodings]


def rows_in(language: str, encoding: str, count: int, seed: int) -> str:
    """`count` rows of sentences, holding only what the encoding can write."""
    sentences = re.findall(r"[^.。!！?？]+[.。!！?？]", LANGUAGES[language][0])
    chance = random.Random(seed)
    rows = [f"{chance.choice(sentences).strip()},{chance.choice(('good', 'bad'))}" for _ in range(count)]
    text = "text,label\n" + "\n".join(rows).replace("“", '"') + "\n"
    return text.encode(encoding, "ignore").decode(encoding)


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_that_a_file_with_some_rows_is_decoded_right(language: str, encoding: str) -> None:
    for seed in range(5):
        text = rows_in(language, encoding, 12, seed)
        guess = guess_encoding(text.encode(encoding), complete=True)
        assert text.encode(encoding).decode(guess.encoding) == text, (guess, text)


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_that_a_tiny_file_is_decoded_right_or_marked_unsure(language: str, encoding: str) -> None:
    for seed in range(10):
        text = rows_in(language, encoding, 2, seed)
        data = text.encode(encoding)
        guess = guess_encoding(data, complete=True)
        if not data.isascii() and guess.confidence >= SURE:
            assert data.decode(guess.encoding) == text, (guess, text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_that_unicode_files_are_sure(encoding: str) -> None:
    for language in LANGUAGES:
        text = rows_in(language, "utf-8", 8, 1)
        guess = guess_encoding(text.encode(encoding), complete=True)
        assert guess.confidence >= SURE
        assert text.encode(encoding).decode(guess.encoding).lstrip("\ufeff") == text


def test_that_a_multibyte_character_cut_by_the_sample_is_no_error() -> None:
    text = LANGUAGES["Chinese"][0].rstrip("。")
    assert guess_encoding(text.encode()[:-1], complete=False).encoding == "utf-8"
    assert guess_encoding(text.encode("gb18030")[:-1], complete=False).encoding == "gb18030"


def test_that_a_later_part_of_a_large_file_is_looked_at(write: Writer) -> None:
    plain = "an ordinary line of plain words,good\n" * 40_000
    chinese = "送餐速度很快，味道也不错，下次还会再点,good\n" * 4_000
    path = write("text,label\n" + plain + chinese, encoding="gb18030")
    assert preview(path).reading.encoding == "gb18030"


def test_that_a_doubtful_encoding_says_so_and_offers_others(write: Writer) -> None:
    seen = preview(write(b"text,label\nabc \xb1\xf8\x9f d,good\nplain,bad\n"))
    assert seen.confidence < SURE
    assert seen.notes
    assert len(seen.encodings) > 1
