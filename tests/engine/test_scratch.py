from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import SHAPE, TEXTS
from workbench.core.errors import WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.engine import scratch
from workbench.engine.scratch import build_scratch, train_tokenizer

CLASSIFIER = "AutoModelForSequenceClassification"


def build(texts: list[str] = TEXTS, *, seed: int = 1, max_length: int = 64, **options: Any) -> Any:
    spec = ModelSpec(source="scratch", options={**SHAPE, **options})
    return build_scratch(spec, texts, CLASSIFIER, max_length=max_length, config_changes={"num_labels": 3}, seed=seed)


def test_that_equal_arguments_give_equal_vocabularies_and_weights() -> None:
    import torch

    first, second, other = build(), build(), build(seed=2)
    assert first.tokenizer.get_vocab() == second.tokenizer.get_vocab()
    pairs = list(zip(first.net.parameters(), second.net.parameters(), strict=True))
    assert all(bool((a == b).all()) for a, b in pairs)
    assert not torch.equal(first.net.bert.pooler.dense.weight, other.net.bert.pooler.dense.weight)


def test_that_building_does_not_disturb_the_global_random_numbers() -> None:
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    build()
    assert torch.equal(torch.rand(3), expected)


def test_that_the_vocabulary_is_equal_in_every_process() -> None:
    code = (
        "import hashlib\nfrom workbench.engine.scratch import train_tokenizer\n"
        "from tests.engine.tiny_models import TEXTS\n"
        "texts = [f'{t} word{i % 37} 第{i}次 naïve Straße' for i in range(400) for t in TEXTS]\n"
        "print(hashlib.sha256(repr(sorted(train_tokenizer(texts, 400, 64).get_vocab().items())).encode()).hexdigest())"
    )
    root = Path(scratch.__file__).parents[2]
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 1, 2)
    ]
    assert len(set(runs)) == 1


def test_that_the_saved_tokenizer_comes_back_with_equal_ids(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    built = build()
    built.net.save_pretrained(tmp_path)
    built.tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    hard = [*TEXTS, "", "unseen Ünïcode 龘 👍🏽 text_with-marks", "a" * 200, "[MASK] [SEP]"]
    assert again(hard)["input_ids"] == built.tokenizer(hard)["input_ids"]
    assert again(hard, TEXTS + TEXTS)["token_type_ids"] == built.tokenizer(hard, TEXTS + TEXTS)["token_type_ids"]
    assert again.pad_token_id == built.net.config.pad_token_id == 0


def test_that_chinese_characters_are_tokens_of_their_own() -> None:
    tokenizer = build().tokenizer
    assert tokenizer.tokenize("今天天气") == ["今", "天", "天", "气"]


def test_that_new_words_made_of_known_letters_are_not_unknown() -> None:
    tokenizer = build().tokenizer
    assert tokenizer.unk_token not in tokenizer.tokenize("stable carport")


def test_that_frequent_words_become_single_tokens() -> None:
    tokenizer = train_tokenizer(["refund please"] * 50, 300, 64)
    assert tokenizer.tokenize("Refund please") == ["refund", "please"]


def test_that_more_characters_than_the_vocabulary_holds_are_cut_to_the_commonest() -> None:
    rare = [chr(0x4E00 + number) for number in range(900)]
    tokenizer = train_tokenizer(["常常常" + character for character in rare], 200, 64)
    assert len(tokenizer) <= 200
    assert tokenizer.tokenize("常") == ["常"]


@pytest.mark.parametrize("max_length", [8, 512, 700])
def test_that_the_longest_text_has_a_place(max_length: int) -> None:
    built = build(max_length=max_length)
    ids = built.tokenizer(["天" * 2000], truncation=True, max_length=max_length, return_tensors="pt")
    assert ids["input_ids"].shape == (1, max_length)
    assert built.net(**ids).logits.shape == (1, 3)


def test_that_a_width_that_the_heads_do_not_divide_names_widths_that_work() -> None:
    with pytest.raises(WorkbenchError, match="126 or 133"):
        build(hidden_size=130, heads=7)


def test_that_every_wrong_option_is_told_at_once() -> None:
    with pytest.raises(WorkbenchError) as caught:
        build(layers=0, heads=-1, colour=3)
    assert {problem.field for problem in caught.value.problems} == {"layers", "heads", "colour"}


@pytest.mark.parametrize("texts", [[], ["", "  \n"]])
def test_that_no_text_is_told(texts: list[str]) -> None:
    with pytest.raises(WorkbenchError, match="no text"):
        build(texts)
