"""Roles and tasks: guessed from what the columns hold, with names as a help."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.data.samples import CLASSIFICATION, LANGUAGES, REGRESSION, sentences, table_of
from workbench.data.preview import preview
from workbench.data.roles import guess_roles, guess_task

ROWS = 300
_chance = random.Random(4)
TEXTS = sentences(ROWS)
OTHERS = sentences(ROWS, 1)
LONG = [f"{one}. {two}. {one}" for one, two in zip(OTHERS, TEXTS, strict=True)]
SECOND = [" ".join(text.split()[2:]) + " indeed" for text in TEXTS]
CHINESE = [LANGUAGES["Chinese"][0][place % 40 : place % 40 + 20] + str(place) for place in range(ROWS)]
KEYS = [_chance.randrange(10**9, 10**10) for _ in range(ROWS)]
DATES = [f"2015-02-{_chance.randint(1, 28):02d} 11:{_chance.randint(0, 59):02d}" for _ in range(ROWS)]
UNIQUE = [f"user{number}" for number in KEYS]


def any_of(*values: object) -> list[object]:
    return [_chance.choice(values) for _ in range(ROWS)]


def decimals(low: float, high: float) -> list[float]:
    return [round(_chance.uniform(low, high), 2) for _ in range(ROWS)]


Columns = Mapping[str, Sequence[object]]
CLASSES: dict[str, tuple[Columns, dict[str, str]]] = {
    "tweets": (
        {
            "tweet_id": KEYS,
            "airline_sentiment": any_of("negative", "neutral", "positive"),
            "airline_sentiment_confidence": decimals(0, 1),
            "airline": any_of("North", "South", "West"),
            "name": UNIQUE,
            "text": TEXTS,
            "tweet_created": DATES,
        },
        {"text": "text", "label": "airline_sentiment"},
    ),
    "topics": (
        {"Class Index": any_of(1, 2, 3, 4), "Title": [text[:30] for text in OTHERS], "Description": LONG},
        {"text": "Description", "label": "Class Index"},
    ),
    "no names": ({"column 1": any_of(1, 2), "column 2": TEXTS}, {"text": "column 2", "label": "column 1"}),
    "disasters": (
        {"id": range(ROWS), "keyword": any_of("", "fire", "flood"), "text": TEXTS, "target": any_of(0, 1)},
        {"text": "text", "label": "target"},
    ),
    "spam": ({"Category": any_of("ham", "spam"), "Message": TEXTS}, {"text": "Message", "label": "Category"}),
    "inference": (
        {"premise": TEXTS, "hypothesis": OTHERS, "label": any_of("yes", "no", "maybe")},
        {"text": "premise", "text_pair": "hypothesis", "label": "label"},
    ),
    "paraphrases": (
        {"Quality": any_of(0, 1), "#1 ID": KEYS, "#1 String": TEXTS, "#2 String": SECOND},
        {"text": "#1 String", "text_pair": "#2 String", "label": "Quality"},
    ),
    "pairs without names": (
        {"column 1": TEXTS, "column 2": SECOND, "column 3": any_of(0, 1)},
        {"text": "column 1", "text_pair": "column 2", "label": "column 3"},
    ),
    "a cleaned copy is no pair": (
        {"text": TEXTS, "text2": [text.upper() for text in TEXTS], "label": any_of("a", "b")},
        {"text": "text", "label": "label"},
    ),
    "two unrelated texts are no pair": (
        {"column 1": TEXTS, "column 2": LONG[::-1], "column 3": any_of("a", "b")},
        {"text": "column 2", "label": "column 3"},
    ),
    "yes or no is the label, not a pair": (
        {"question": TEXTS, "answer": any_of("yes", "no")},
        {"text": "question", "label": "answer"},
    ),
    "Chinese names": (
        {"序号": range(1, ROWS + 1), "用户": UNIQUE, "评论内容": CHINESE, "情感倾向": any_of("正面", "负面")},
        {"text": "评论内容", "label": "情感倾向"},
    ),
    "Chinese pair": (
        {"句子1": CHINESE, "句子2": CHINESE[::-1], "标签": any_of(0, 1)},
        {"text": "句子1", "text_pair": "句子2", "label": "标签"},
    ),
    "stars": ({"comment": TEXTS, "stars": any_of(1, 2, 3, 4, 5)}, {"text": "comment", "label": "stars"}),
    "fine and coarse": (
        {"fine_label": any_of(*range(40)), "label": any_of(*range(6)), "text": TEXTS},
        {"text": "text", "label": "label"},
    ),
    "sorted by class": ({"label": ["1"] * ROWS, "review": TEXTS}, {"text": "review", "label": "label"}),
    "an unnamed index": (
        {"column 1": range(ROWS), "tweet": TEXTS, "class": any_of(0, 1, 2)},
        {"text": "tweet", "label": "class"},
    ),
}
NUMBERS: dict[str, tuple[Columns, dict[str, str]]] = {
    "similarity": (
        {"sentence_A": TEXTS, "sentence_B": SECOND, "relatedness_score": decimals(1, 5)},
        {"text": "sentence_A", "text_pair": "sentence_B", "number": "relatedness_score"},
    ),
    "prices": ({"title": TEXTS, "price": decimals(1, 500)}, {"text": "title", "number": "price"}),
    "essays": (
        {"essay_id": range(ROWS), "essay": LONG, "score": [_chance.randint(0, 60) for _ in range(ROWS)]},
        {"text": "essay", "number": "score"},
    ),
    "Chinese scores": ({"评论": CHINESE, "评分": decimals(1, 5)}, {"text": "评论", "number": "评分"}),
    "readability": (
        {"id": UNIQUE, "excerpt": LONG, "target": decimals(-3, 2), "standard_error": decimals(0, 1)},
        {"text": "excerpt", "number": "target"},
    ),
    "dirty numbers": (
        {"text": TEXTS, "score": any_of(3, "4,5", "5 stars", "n/a", 2.5, "1e1", "", -1)},
        {"text": "text", "number": "score"},
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_that_texts_and_labels_are_found(name: str) -> None:
    columns, expected = CLASSES[name]
    table = table_of(columns)
    guess = guess_roles(table, CLASSIFICATION)
    assert guess_task(table) == "text-classification"
    assert guess.columns == expected
    assert set(guess.reasons) == set(expected)
    assert all(guess.reasons.values())


@pytest.mark.parametrize("name", NUMBERS)
def test_that_texts_and_numbers_are_found(name: str) -> None:
    columns, expected = NUMBERS[name]
    table = table_of(columns)
    assert guess_task(table) == "text-regression"
    assert guess_roles(table, REGRESSION).columns == expected


def test_that_a_plain_case_is_sure_and_an_open_one_is_not() -> None:
    plain = guess_roles(table_of({"text": TEXTS, "label": any_of("a", "b")}), CLASSIFICATION)
    unnamed = {"column 1": TEXTS, "column 2": any_of("a", "b"), "column 3": any_of("x", "y")}
    assert plain.sure
    assert not guess_roles(table_of(unnamed), CLASSIFICATION).sure
    assert not guess_roles(table_of({"a": range(ROWS), "b": KEYS}), CLASSIFICATION).sure


def test_that_two_names_for_the_same_classes_are_no_doubt() -> None:
    codes = any_of(0, 1, 2)
    names = [("sports", "stocks", "story")[int(str(code))] for code in codes]
    assert guess_roles(table_of({"text": TEXTS, "label": codes, "label_name": names}), CLASSIFICATION).sure


@pytest.mark.parametrize("columns", [{"a": []}, {"a": ["x"]}, {"a": [""], "b": [""]}, {"": ["1", "2"]}])
def test_that_odd_tables_are_no_error(columns: Columns) -> None:
    table = table_of(columns)
    for fields in (CLASSIFICATION, REGRESSION, {}):
        assert set(guess_roles(table, fields).columns.values()) <= set(columns)
    assert guess_task(table) == "text-classification"


SHELF = {
    "banking77/train.csv": ("text", "category"),
    "sst2/train.csv": ("text", "label"),
    "sst5/train.csv": ("text", "label"),
    "trec6/train.csv": ("text", "label"),
    "sms_spam/train.csv": ("text", "label"),
    "sms_spam/original_spam.csv": ("v2", "v1"),
    "waimai_10k/train.csv": ("review", "label"),
    "waimai_10k/original_waimai_10k.csv": ("review", "label"),
    "tnews_few/train.csv": ("sentence", "label_zh"),
}


@pytest.mark.parametrize("name", SHELF)
def test_that_real_classification_sets_are_understood(shared_data: Path, name: str) -> None:
    text, label = SHELF[name]
    seen = preview(shared_data / name)
    guess = guess_roles(seen, CLASSIFICATION)
    assert guess_task(seen) == "text-classification"
    assert guess.columns == {"text": text, "label": label}
    assert guess.sure


@pytest.mark.parametrize("name", ["train.csv", "dev.csv", "original_noheader/stsb-en-train.csv"])
def test_that_a_real_regression_set_is_understood(shared_data: Path, name: str) -> None:
    seen = preview(shared_data / "stsb_en" / name)
    guess = guess_roles(seen, REGRESSION)
    assert guess_task(seen) == "text-regression"
    assert tuple(guess.columns.values()) == seen.columns
    assert tuple(guess.columns) == ("text", "text_pair", "number")
    assert guess.sure


def test_that_the_reason_counts_chinese_characters_once(tmp_path: Path) -> None:
    rows = "".join(f"这家店的面很好吃{n % 10}号,{'好评' if n % 2 else '差评'}\n" for n in range(40))
    path = tmp_path / "评论.csv"
    path.write_text("评论,情感\n" + rows, encoding="utf-8")
    assert "about 10 characters" in guess_roles(preview(path), CLASSIFICATION).reasons["text"]
