"""The door tells how long rows are in tokens, what is cut, and shows a row as the model gets it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests.engine.tiny_models import write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.language import set_language
from workbench.core.plan import Choice, DatasetSpec, ModelSpec, TrainingPlan
from workbench.data.mends import TEXTS, registry_of, text_mend
from workbench.studio import Studio, tokens
from workbench.studio.tokens import LanguageShare


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "workspace", settings_path=tmp_path / "settings.json")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    return ModelSpec(source="folder", location=str(write_tiny_bert(tmp_path_factory.mktemp("tiny"))))


def write(path: Path, texts: Sequence[str]) -> Path:
    lines = ["text,label", *(f"{text},{'ab'[number % 2]}" for number, text in enumerate(texts))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def plan(tmp_path: Path, model: ModelSpec) -> TrainingPlan:
    """100 rows with 1 to 100 tokens of text, so 3 to 102 with the special ones."""
    path = write(tmp_path / "rows.csv", ["。" * number for number in range(1, 101)])
    columns = {"text": "text", "label": "label"}
    return TrainingPlan(dataset=DatasetSpec(path=str(path), columns=columns), model=model, max_length=52)


def test_that_lengths_cuts_and_the_suggestion_are_exact(studio: Studio, plan: TrainingPlan) -> None:
    found = studio.token_lengths(plan)
    assert (found.rows, found.total, found.longest) == (100, 100, 102)
    assert found.tokens == sum(range(3, 103))
    assert (found.limit, found.cut, found.cut_share) == (52, 50, 0.5)
    assert sum(found.lengths.counts) == 100
    assert found.suggested == 104
    assert found.suggested_cut == 0
    assert not found.preview


def test_that_the_suggestion_cuts_one_row_in_a_hundred_at_most(studio: Studio, plan: TrainingPlan) -> None:
    texts = ["。" * 10] * 198 + ["。" * 300] * 2
    write(Path(plan.dataset.path), texts)
    found = studio.token_lengths(plan)
    assert (found.suggested, found.suggested_cut, found.longest) == (16, 2, 302)
    write(Path(plan.dataset.path), [*texts[:-1], "。" * 200, "。" * 200])
    assert studio.token_lengths(plan).suggested == 208


def test_that_the_suggestion_is_no_more_than_the_model_reads(studio: Studio, plan: TrainingPlan) -> None:
    write(Path(plan.dataset.path), ["。" * 2000] * 10)
    found = studio.token_lengths(msgspec.structs.replace(plan, max_length=4096))
    assert found.limit == found.suggested == 512
    assert found.cut == found.suggested_cut == 10


def test_that_another_longest_text_is_answered_without_reading_again(studio: Studio, plan: TrainingPlan) -> None:
    studio.token_lengths(plan)
    heard: list[float] = []
    found = studio.token_lengths(msgspec.structs.replace(plan, max_length=92), heard.append)
    assert found.cut == 10
    assert len(heard) < 6


def test_that_a_changed_file_is_counted_anew(studio: Studio, plan: TrainingPlan) -> None:
    assert studio.token_lengths(plan).rows == 100
    write(Path(plan.dataset.path), ["。。"] * 7)
    assert (studio.token_lengths(plan).rows, studio.token_lengths(plan).longest) == (7, 4)


def test_that_of_many_rows_some_are_counted_and_that_is_said(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST_ROWS", 10)
    found = studio.token_lengths(plan)
    assert (found.rows, found.total) == (10, 100)
    assert found.tokens == sum(range(3, 103, 10))


def test_that_of_long_texts_fewer_are_counted(
    studio: Studio, plan: TrainingPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_MOST_CHARACTERS", 1010)
    found = studio.token_lengths(plan)
    assert (found.rows, found.total) == (20, 100)


def test_that_counting_can_be_stopped_and_begun_again(studio: Studio, plan: TrainingPlan) -> None:
    class StoppedError(Exception):
        pass

    def stop(share: float) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        studio.token_lengths(plan, stop)
    heard: list[float] = []
    assert studio.token_lengths(plan, heard.append).rows == 100
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_that_rows_are_counted_before_the_label_is_chosen(studio: Studio, plan: TrainingPlan) -> None:
    dataset = msgspec.structs.replace(plan.dataset, columns={"text": "text"})
    assert studio.token_lengths(msgspec.structs.replace(plan, dataset=dataset)).rows == 100


def test_that_a_missing_file_is_told_in_words(studio: Studio, plan: TrainingPlan) -> None:
    dataset = msgspec.structs.replace(plan.dataset, path=plan.dataset.path + "x")
    for ask in (studio.token_lengths, studio.languages):
        with pytest.raises(WorkbenchError):
            ask(msgspec.structs.replace(plan, dataset=dataset))


def test_that_a_new_models_tokens_are_a_preview_from_the_rows(studio: Studio, plan: TrainingPlan) -> None:
    path = write(Path(plan.dataset.path), ["good days come", "bad days go"] * 20)
    assert path.is_file()
    scratch = ModelSpec(source="scratch", options={"vocabulary": 300})
    changed = msgspec.structs.replace(plan, model=scratch)
    assert studio.token_lengths(changed).preview
    (view,) = studio.tokens_of(changed, ["good days go"])
    assert view.preview
    assert [token.text for token in view.tokens] == ["[CLS]", "good", "days", "go", "[SEP]"]
    assert view.limit == 52


def test_that_pairs_are_shown_and_counted_together(studio: Studio, plan: TrainingPlan) -> None:
    path = Path(plan.dataset.path)
    path.write_text("q,a,label\n" + "。。,。,x\n。,。。。,y\n" * 5, encoding="utf-8")
    columns = {"text": "q", "text_pair": "a", "label": "label"}
    changed = msgspec.structs.replace(plan, dataset=msgspec.structs.replace(plan.dataset, columns=columns))
    found = studio.token_lengths(changed)
    assert (found.rows, found.tokens) == (10, 5 * 6 + 5 * 7)
    (view,) = studio.tokens_of(changed, [("。。", "。")])
    assert [token.part for token in view.tokens if not token.special] == [0, 0, 1]


def test_that_mends_of_texts_come_before_the_tokenizer(studio: Studio, plan: TrainingPlan) -> None:
    text = "Write to mia.lopez@example.com &amp; <b>now</b>\x07 please"
    changed = 0
    registry_of("")  # so that every mend is known
    for name in TEXTS.entries:
        mends = (Choice(name=name),)
        dataset = msgspec.structs.replace(plan.dataset, mends=mends)
        (view,) = studio.tokens_of(msgspec.structs.replace(plan, dataset=dataset), [text])
        assert view.texts == (text_mend(mends)(text),)
        changed += view.texts != (text,)
    assert changed or not TEXTS.entries


def test_that_half_a_character_does_not_break_the_tokenizer(studio: Studio, plan: TrainingPlan) -> None:
    (view,) = studio.tokens_of(plan, ["a \ud83d b"])
    assert view.texts == ("a ? b",)


def test_that_languages_are_named_in_the_language_spoken(studio: Studio, plan: TrainingPlan) -> None:
    write(Path(plan.dataset.path), ["the weather in the city was lovely this whole week"] * 10)
    (share,) = studio.languages(plan)
    assert (share.code, share.share) == ("en", 1.0)
    set_language("zh_CN")
    try:
        assert LanguageShare(code="zh", share=1.0).name
    finally:
        set_language("en")
    assert [LanguageShare(code=code, share=1.0).name for code in ("zh", "", "xx")] == ["Chinese", "unknown", "xx"]
