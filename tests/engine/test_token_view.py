"""What is shown of a text is what a run gets: the same tokens, the same ids, cut at the same place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.tiny_models import TEXTS, edit_json, edit_weights, write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.fields import Example
from workbench.core.plan import ModelSpec
from workbench.engine.scratch import train_tokenizer
from workbench.engine.task import Learner
from workbench.engine.token_view import (
    TextTokenizer,
    TokenView,
    count_tokens,
    pretrained_tokenizer,
    scratch_tokenizer,
    view_of,
)
from workbench.tasks._tokens import encode_texts

AWKWARD = [
    "The parcel came late and broken.",
    "包裹坏了，我要退款。Really?",
    "שלום עולם, مرحبا بالعالم",
    "👍🏽 a family 👨‍👩‍👧 and é è \u0301 \u200b x",
    "line one\nline two\ttab   spaces",
    "",
    "[SEP] typed by hand [UNK]",
    "unusualword" * 30,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> TextTokenizer:
    return pretrained_tokenizer(ModelSpec(source="folder", location=str(folder)), Path())


def encoded_by_a_run(loaded: TextTokenizer, texts: tuple[str, ...], longest: int) -> list[int]:
    """The ids that training makes of `texts`."""
    learner = Learner(cast(Any, None), loaded.tokenizer, None, longest)
    example = Example(dict(zip(("text", "text_pair"), texts, strict=False)))
    return [int(number) for _, item in encode_texts(learner, [example]) for number in item["input_ids"]]


@pytest.mark.parametrize("longest", [8, 9, 16, 400])
@pytest.mark.parametrize("text", AWKWARD)
def test_that_the_kept_ids_are_those_of_a_run(loaded: TextTokenizer, text: str, longest: int) -> None:
    for texts in ((text,), (text, AWKWARD[0]), (AWKWARD[1] * 3, text)):
        view = view_of(loaded, texts, longest)
        assert list(view.ids) == encoded_by_a_run(loaded, texts, longest)
        assert view.texts == texts
        assert view.ids == tuple(token.id for token in view.tokens if token.kept)
        assert view.total == len(view.tokens) == len(view.ids) + view.cut


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    second=st.none() | st.text(max_size=30, alphabet="abc 中文é"),
    longest=st.integers(8, 40),
)
def test_that_any_text_is_shown_as_a_run_gets_it(
    loaded: TextTokenizer, first: str, second: str | None, longest: int
) -> None:
    texts = (first,) if second is None else (first, second)
    view = view_of(loaded, texts, longest)
    assert list(view.ids) == encoded_by_a_run(loaded, texts, longest)
    assert all(0 <= token.start <= token.end <= len(texts[token.part]) for token in view.tokens)


def test_that_a_model_that_cuts_from_the_left_is_shown_so(folder: Path) -> None:
    loaded = pretrained_tokenizer(ModelSpec(source="folder", location=str(folder)), Path())
    loaded.tokenizer.truncation_side = "left"
    for texts in (("The parcel came late and broken.",), ("The parcel came late.", "Great service, thank you! " * 2)):
        view = view_of(loaded, texts, 8)
        assert list(view.ids) == encoded_by_a_run(loaded, texts, 8)
        read = [token.kept for token in view.tokens if token.part == len(texts) - 1 and not token.special]
        assert (read[0], read[-1]) == (False, True)


def test_that_of_a_very_long_text_some_tokens_are_listed_and_all_are_counted(loaded: TextTokenizer) -> None:
    for texts in (("。" * 30_000,), ("。" * 30_000, "a day")):
        view = view_of(loaded, texts, 64)
        assert len(view.tokens) == 10_000
        assert view.total == count_tokens(loaded, [texts]).lengths[0]
        assert list(view.ids) == encoded_by_a_run(loaded, texts, 64)
        assert view.cut == view.total - 64


def test_that_each_token_stands_for_its_characters(loaded: TextTokenizer) -> None:
    text = "Great service, 包裹坏了!"
    view = view_of(loaded, (text,), 64)
    pieces = [text[token.start : token.end] for token in view.tokens if not token.special]
    assert "".join(pieces) == text.replace(" ", "")
    assert [token.special for token in view.tokens] == [True, *[False] * len(pieces), True]
    assert [view.tokens[0].text, view.tokens[-1].text] == ["[CLS]", "[SEP]"]


def test_that_unknown_tokens_are_marked_and_counted(loaded: TextTokenizer) -> None:
    rows = [("ß ∆ day",), ("The parcel",)]
    views = [view_of(loaded, row, 64) for row in rows]
    unknown = [token for token in views[0].tokens if token.unknown]
    assert [rows[0][0][token.start : token.end] for token in unknown] == ["ß", "∆"]
    assert count_tokens(loaded, rows).unknown == 2
    assert not any(token.unknown for token in views[1].tokens)


def test_that_a_token_typed_by_hand_is_no_special_one(loaded: TextTokenizer) -> None:
    view = view_of(loaded, ("a [SEP] b",), 64)
    assert [token.special for token in view.tokens if token.text == "[SEP]"] == [False, True]


def test_that_the_counts_are_the_lengths_of_the_views(loaded: TextTokenizer) -> None:
    rows = [(text,) for text in AWKWARD * 50]
    heard: list[float] = []
    counts = count_tokens(loaded, rows, heard.append)
    expected = [len(view_of(loaded, (text,), 16).tokens) for text in AWKWARD]
    assert list(counts.lengths) == expected * 50
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) >= 2


def test_that_counting_can_be_stopped(loaded: TextTokenizer) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.3:
            raise StoppedError

    with pytest.raises(StoppedError):
        count_tokens(loaded, [("a day",)] * 2000, stop)
    assert list(count_tokens(loaded, [("a",)]).lengths) == [3]


def test_that_a_cut_view_and_a_count_do_not_disturb_each_other(loaded: TextTokenizer) -> None:
    text = "The parcel came late and broken. " * 5
    before = list(count_tokens(loaded, [(text,)]).lengths)
    assert view_of(loaded, (text,), 8).cut > 0
    assert list(count_tokens(loaded, [(text,)]).lengths) == before


def test_that_the_limit_is_the_models_where_that_is_less(folder: Path, tmp_path: Path) -> None:
    loaded = pretrained_tokenizer(ModelSpec(source="folder", location=str(folder)), Path())
    positions = json.loads((folder / "config.json").read_text(encoding="utf-8"))["max_position_embeddings"]
    assert loaded.longest == positions
    assert view_of(loaded, ("a",), 4000).limit == positions


def test_that_a_new_models_tokenizer_is_the_one_that_training_makes() -> None:
    spec = ModelSpec(source="scratch", options={"vocabulary": 300})
    loaded = scratch_tokenizer(spec, TEXTS * 5, 64)
    assert loaded.preview
    assert loaded.tokenizer.get_vocab() == train_tokenizer(TEXTS * 5, 300, 64).get_vocab()
    assert view_of(loaded, ("a",), 2000).limit == 2000


def test_that_a_new_model_with_impossible_knobs_is_refused_in_words() -> None:
    with pytest.raises(WorkbenchError) as refusal:
        scratch_tokenizer(ModelSpec(source="scratch", options={"vocabulary": 3}), TEXTS, 64)
    assert refusal.value.problems[0].field == "vocabulary"


def test_that_no_weight_is_read(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "model")
    edit_weights(folder, lambda tensors: next(iter(tensors.values())).fill_(float("nan")))
    loaded = pretrained_tokenizer(ModelSpec(source="folder", location=str(folder)), tmp_path)
    assert isinstance(view_of(loaded, ("a day",), 16), TokenView)


def test_that_a_damaged_tokenizer_is_refused_in_words(tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "model")
    edit_json(folder / "tokenizer.json", lambda content: content.update(model={"vocab": {"a": "b"}, "type": "What"}))
    with pytest.raises(WorkbenchError) as refusal:
        pretrained_tokenizer(ModelSpec(source="folder", location=str(folder)), tmp_path)
    assert refusal.value.problems[0].field == "model"
    assert refusal.value.problems[0].remedy


def test_that_a_model_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    for spec in (ModelSpec(source="hub", location="a/b"), ModelSpec(source="folder", location=str(tmp_path / "no"))):
        with pytest.raises(WorkbenchError) as refusal:
            pretrained_tokenizer(spec, tmp_path)
        assert refusal.value.problems[0].remedy


@pytest.mark.offline_model
def test_that_the_offline_models_tokenizer_reads_512_tokens() -> None:
    loaded = pretrained_tokenizer(ModelSpec(source="offline"), Path())
    view = view_of(loaded, ("unbelievable",), 128)
    assert [token.text for token in view.tokens] == ["[CLS]", "unbelievable", "[SEP]"]
    assert loaded.longest in (256, 512)


def test_that_importing_this_costs_no_torch() -> None:
    heavy = "{'torch', 'transformers', 'tokenizers'}"
    program = f"import sys, workbench.engine.token_view; assert not {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
