"""A few characters outside ASCII, such as two labels: right, or shown as unsure, and Chinese before Korean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.conftest import Writer
from tests.data.samples import LANGUAGES, REVIEWS
from workbench.data.encodings import SURE, EncodingGuess, guess_encoding
from workbench.data.plausibility import odd_words
from workbench.data.preview import preview

COMMON = "好评差正负面高低是否真假对错男女大小优良满意体育财经科技开心难过生气投诉咨询建议重要一般内容类别标签文本"


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def table(labels: list[str], header: str = "text,label", rows: int = 24) -> str:
    lines = (f"{REVIEWS[row % 8]},{labels[row % len(labels)]}" for row in range(rows))
    return header + "\n" + "\n".join(lines) + "\n"


def guess(text: str, encoding: str) -> EncodingGuess:
    return guess_encoding(text.encode(encoding), complete=True)


@pytest.mark.parametrize(
    ("labels", "header"),
    [
        (["好评", "差评"], "text,label"),
        (["高", "低"], "text,label"),
        (["是", "否"], "text,label"),
        (["优", "良", "中", "差"], "text,label"),
        (["体育", "财经", "科技"], "text,label"),
        (["满意", "不满意"], "text,label"),
        (["谣言", "非谣言"], "text,label"),
        (["good", "bad"], "内容,类别"),
        (["good", "bad"], "评论,情感"),
        (["good", "bad"], "评价内容,评分"),
        (["good", "bad"], "text,标签"),
        (["good", "bad"], "正文,label"),
    ],
)
def test_that_chinese_labels_and_headers_are_not_taken_for_korean(
    write: Writer, labels: list[str], header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = preview(write(table(labels, header), encoding="gbk"))
    assert seen.reading.encoding == "gb18030"
    assert seen.columns == tuple(header.split(","))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert guess(table(labels, header), "gbk").encoding == "gb18030"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(COMMON), min_size=1, max_size=6, unique=True), st.data())
def test_that_a_few_chinese_characters_are_read_as_chinese(characters: list[str], data: st.DataObject) -> None:
    word = "".join(characters)
    cut = data.draw(st.integers(0, len(word)))
    labels = [part for part in (word[:cut], word[cut:]) if part]
    for text in (table(labels), table(["good", "bad"], ",".join(labels) if cut else f"text,{word}")):
        assert guess(text, "gbk").encoding == "gb18030" or is_a_word_in_utf_8(text)


def is_a_word_in_utf_8(text: str) -> bool:
    """Whether the bytes in GBK are letters of one script in UTF-8: "小" is "С" there, and nothing tells them apart."""
    try:
        other = text.encode("gbk").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not odd_words(other)


def test_that_unknown_words_of_few_characters_are_never_sure() -> None:
    for labels in (["体育", "财经"], ["对", "错"], ["甲", "乙", "丙"]):
        found = guess(table(labels), "gbk")
        assert found.confidence < SURE
        assert "cp949" in found.alternatives
    assert guess(table(["好评", "差评"]), "gbk").confidence >= SURE


def test_that_many_unusual_characters_are_not_surely_korean() -> None:
    labels = ["肪喝提", "哎屁七", "拿", "卑", "毕", "牧步累", "荐藩", "呛冻", "渐捆", "柔呐"]
    found = guess(table(labels, rows=40), "gbk")
    assert found.encoding == "gb18030" or found.confidence < SURE


@pytest.mark.parametrize(
    ("labels", "header", "encoding"),
    [
        (["긍정", "부정"], "text,label", "cp949"),
        (["좋음", "나쁨"], "text,label", "cp949"),
        (["a", "b"], "내용,분류", "cp949"),
        (["肯定", "否定"], "text,label", "euc_jp"),
        (["肯定", "否定"], "text,label", "cp932"),
        (["はい", "いいえ"], "text,label", "euc_jp"),
        (["ポジティブ", "ネガティブ"], "text,label", "cp932"),
        (["a", "b"], "內容,類別", "big5"),
        (["好評", "差評"], "text,label", "big5"),
    ],
)
def test_that_the_words_of_the_neighbours_are_known(labels: list[str], header: str, encoding: str) -> None:
    text = table(labels, header)
    assert text.encode(encoding).decode(guess(text, encoding).encoding) == text


@pytest.mark.parametrize(
    ("country", "found"), [("ko_KR.UTF-8", "cp949"), ("ja_JP.UTF-8", "gb18030"), ("zh_CN.UTF-8", "gb18030")]
)
def test_that_the_country_decides_what_nothing_else_can(
    country: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", country)
    seen = guess(table(["참", "거짓"]), "cp949")
    assert seen.encoding == found
    assert seen.confidence < SURE


@pytest.mark.parametrize("country", ["C", "ko_KR.UTF-8", "ja_JP.UTF-8", "zh_TW.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize("language", ["Chinese", "Traditional Chinese", "Japanese", "Korean"])
def test_that_whole_texts_do_not_depend_on_the_country(
    country: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", country)
    text, (encoding, *_) = LANGUAGES[language]
    found = guess("text,label\n" + f"{text},好\n" * 8 if encoding == "gb18030" else f"text,label\n{text},a\n", encoding)
    assert found.encoding == encoding
    assert found.confidence >= SURE


@pytest.mark.parametrize(
    "labels",
    [
        ["да", "нет"],
        ["А", "Б", "В"],
        ["ναι", "όχι"],
        ["כן", "לא"],
        ["نعم", "لا"],
        ["այո", "ոչ"],
        ["é", "à"],
        ["café", "naïve"],
        ["5°", "£7", "1º", "3 µ"],
        ["«ok»", "§ 5"],
        ["schön", "hässlich"],
        ["żółty", "łąka"],
        ["İyi", "kötü"],
    ],
)
def test_that_a_few_letters_in_utf_8_stay_sure(labels: list[str]) -> None:
    found = guess(table(labels), "utf-8")
    assert found.encoding == "utf-8"
    assert found.confidence >= SURE


@pytest.mark.parametrize("labels", [["专业"], ["模式"], ["偶然"], ["摘要"], ["一"], ["女"]])
def test_that_chinese_whose_bytes_are_letters_in_utf_8_is_noticed(labels: list[str]) -> None:
    text = table([*labels, "other"])
    assert text.encode("gbk").decode("utf-8") != text
    assert guess(text, "gbk").encoding == "gb18030"


@pytest.mark.parametrize(
    ("labels", "encoding"),
    [(["schön", "für"], "cp1252"), (["хорошо", "плохо"], "cp1251"), (["it’s", "“ok”"], "cp1252"), (["£5"], "cp1252")],
)
def test_that_a_few_letters_of_one_byte_are_not_taken_for_chinese(labels: list[str], encoding: str) -> None:
    text = table(labels)
    assert text.encode(encoding).decode(guess(text, encoding).encoding) == text
