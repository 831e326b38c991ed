"""The kinds of models that the catalogue offers come in unchanged: nothing that they need is stripped."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import TEXTS, edit_json
from workbench.core.plan import ModelSpec
from workbench.core.resources import resource
from workbench.engine.hub_worker import ADMITTED
from workbench.engine.pretrained import load_text_model

SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 66,
    "num_labels": 3,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48},
    "roberta": {"pad_token_id": 1},
    "xlm-roberta": {"pad_token_id": 1},
    "camembert": {"pad_token_id": 1},
    "albert": {"embedding_size": 16},
    "electra": {"embedding_size": 16},
    "mpnet": {"pad_token_id": 1},
    "deberta-v2": {
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_buckets": 16,
        "norm_rel_ebd": "layer_norm",
    },
    "modernbert": {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "local_attention": 8},
}


def write_tokenizer(folder: Path, unigram: bool) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
    if unigram:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer: Any = trainers.UnigramTrainer(vocab_size=120, special_tokens=special, unk_token="<unk>")
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(vocab_size=290, special_tokens=special)
    tokenizer.train_from_iterator(TEXTS * 5, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=9)
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_that_a_family_loads_with_the_logits_that_transformers_itself_gives(family: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(4)
    config = AutoConfig.for_model(family, **{**SMALL, **FAMILIES[family]})
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path)
    write_tokenizer(tmp_path, unigram=family in ("xlm-roberta", "camembert", "albert"))

    if family == "modernbert":  # its published file still has the older spelling
        edit_json(tmp_path / "config.json", lambda c: (c.pop("rope_parameters"), c.update(global_rope_theta=77.0)))
    expected = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    plain = AutoTokenizer.from_pretrained(tmp_path)
    spec = ModelSpec(source="folder", location=str(tmp_path))
    loaded = load_text_model(
        spec, "AutoModelForSequenceClassification", models_folder=tmp_path, config_changes={"num_labels": 3}
    )
    assert loaded.tokenizer.backend_tokenizer.truncation is None
    assert loaded.tokenizer.backend_tokenizer.padding is None
    batch = plain(TEXTS, padding=True, return_tensors="pt")
    ours = loaded.tokenizer(TEXTS, padding=True, return_tensors="pt")
    assert torch.equal(batch["input_ids"], ours["input_ids"])
    with torch.no_grad():
        assert torch.equal(expected(**batch).logits, loaded.net(**ours).logits)
    assert [notice.code for notice in loaded.notices] == []


def test_that_every_card_of_the_catalogue_is_complete() -> None:
    cards = tomllib.loads(resource("model_catalog.toml").read_text(encoding="utf-8"))["model"]
    assert len({card["id"] for card in cards}) == len(cards)
    needed = {"id", "source", "title", "title_zh", "summary", "summary_zh", "languages", "tasks", "learning_rate"}
    for card in cards:
        assert needed <= set(card), card["id"]
        assert 1e-6 <= card["learning_rate"] <= 1e-2
        assert all(len(sentence.split()) <= 20 for sentence in card["summary"].split(". "))
        if card["source"] == "hub":
            assert "/" in card["location"]
            assert card["licence"]
            # Float32 weights and a tokenizer of at most 20 MB.
            assert 0 <= card["bytes_on_disk"] - 4 * card["parameters"] <= 20_000_000, card["id"]


def test_that_the_files_that_are_fetched_are_files_that_are_let_in() -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "README.md", "LICENSE"):
        assert ADMITTED.fullmatch(name)
    for name in ("pytorch_model.bin", "a.py", "sub/config.json", "adapter_config.json", "tokenizer.model", "x.md"):
        assert not ADMITTED.fullmatch(name)
