"""S2, S3 and S6: program code beside a model, settings that reach it, and numbers that are meant to hurt."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import edit_json, write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.engine.intake import admitted_copy, check_folder
from workbench.engine.pretrained import load_text_model

REACHING = {
    "auto_map": {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"},
    "trust_remote_code": True,
    "custom_pipelines": {"evil": {"impl": "evil.Pipeline"}},
    "custom_generate": "someone/evil",
    "attn_implementation": "someone/evil-kernel",
    "_attn_implementation": "someone/evil-kernel",
    "_attn_implementation_internal": "someone/evil-kernel",
    "_experts_implementation": "someone/evil-kernel",
    "experts_implementation": "someone/evil-kernel",
    "kernel_config": {"Linear": "someone/evil-kernel"},
    "kernels": ["someone/evil"],
    "use_kernels": True,
    "quantization_config": {"quant_method": "evil"},
    "transformers_weights": "../../evil.safetensors",
    "fusion_config": {"evil": True},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def model(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def load(folder: Path) -> Any:
    spec = ModelSpec(source="folder", location=str(folder))
    return load_text_model(
        spec, "AutoModelForSequenceClassification", models_folder=folder.parent, config_changes={"num_labels": 2}
    )


def refusal(folder: Path) -> str:
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WorkbenchError) as caught:
        load(folder)
    assert time.perf_counter() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 2**10
    return f"{caught.value.problems[0].code} {caught.value}"


@pytest.fixture(scope="module", autouse=True)
def _warm(original: Path) -> None:
    load(original)  # importing torch is not what the two seconds are about


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "generation_config.json"])
def test_that_program_code_in_the_folder_is_never_imported(model: Path, tmp_path: Path, file: str) -> None:
    marker = tmp_path / "marker"
    code = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\nclass Config: pass\nModel = Tokenizer = Config\n"
    for name in ("evil.py", "modeling_evil.py", "configuration_evil.py", "__init__.py"):
        (model / name).write_text(code)
    (model / "custom_generate").mkdir()
    (model / "custom_generate" / "generate.py").write_text(code)
    targets = ("AutoConfig", "AutoModelForSequenceClassification", "AutoTokenizer")
    if not (model / file).exists():
        (model / file).write_text("{}")
    edit_json(model / file, lambda content: content.update(auto_map={name: ["evil.Model", None] for name in targets}))
    loaded = load(model)
    assert not marker.exists()
    assert not [name for name in sys.modules if "evil" in name or name.startswith("transformers_modules")]
    assert {notice.code for notice in loaded.notices} >= {"M20", "M21"}
    assert type(loaded.net).__module__.startswith("transformers.models.bert")


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("key", REACHING)
def test_that_settings_that_reach_code_are_removed_at_every_depth(
    model: Path, tmp_path: Path, key: str, depth: int
) -> None:
    places = [[], ["id2label"], ["id2label", "deeper", "still"]]

    def plant(config: dict[str, Any]) -> None:
        inner = config
        for name in places[min(depth, 2)]:
            inner = inner.setdefault(name, {})
        inner[key] = REACHING[key]

    edit_json(model / "config.json", plant)
    target = tmp_path / "staging"
    target.mkdir()
    report = admitted_copy(model, target)
    assert key not in (target / "config.json").read_text()
    assert "evil" not in (target / "config.json").read_text()
    if not key.startswith("_") or "implementation" in key:
        assert any(removed.endswith(key) for removed in report.removed_keys)


@pytest.mark.parametrize("key", REACHING)
def test_that_no_planted_setting_reaches_the_loaded_model(model: Path, key: str) -> None:
    edit_json(model / "config.json", lambda config: config.update({key: REACHING[key]}))
    loaded = load(model)
    assert "evil" not in repr(loaded.net.config) + repr(vars(loaded.net.config))
    assert loaded.net.config._attn_implementation in ("sdpa", "eager")


def test_that_private_settings_are_removed_at_every_depth(model: Path, tmp_path: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(_evil=1, id2label={"0": "a", "1": {"_evil": 2}}))
    (tmp_path / "staging").mkdir()
    admitted_copy(model, tmp_path / "staging")
    assert "_evil" not in (tmp_path / "staging" / "config.json").read_text()


def test_that_chat_templates_and_paths_never_reach_the_tokenizer(model: Path) -> None:
    planted = {"chat_template": "{{ evil }}", "tokenizer_file": "/etc/passwd", "vocab_file": "/etc/passwd", "x": "evil"}
    edit_json(model / "tokenizer_config.json", lambda config: config.update(planted))
    (model / "chat_template.jinja").write_text("{{ evil }}")
    loaded = load(model)
    assert loaded.tokenizer.chat_template is None
    assert "evil" not in repr(loaded.tokenizer.init_kwargs)
    assert "/etc/passwd" not in repr(loaded.tokenizer.init_kwargs)


def test_that_only_allowlisted_files_are_copied_and_weights_are_not(model: Path, tmp_path: Path) -> None:
    for name in ("notes.txt", "adapter_config.json", "training_args.bin", "processor_config.json", "tokenizer.model"):
        (model / name).write_text("{}")
    target = tmp_path / "staging"
    target.mkdir()
    report = admitted_copy(model, target)
    assert {path.name for path in target.iterdir()} == set(report.admitted)
    assert set(report.admitted) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert "adapter_config.json" in report.ignored_files
    assert (target / "model.safetensors").samefile(model / "model.safetensors")


HUGE: dict[str, Any] = {
    "vocab_size": 10**12,
    "hidden_size": 10**7,
    "num_hidden_layers": 10**7,
    "num_attention_heads": 10**6,
    "intermediate_size": 10**9,
    "max_position_embeddings": 2**40,
    "type_vocab_size": 10**9,
    "num_labels": 10**6,
    "pad_token_id": 10**12,
    "chunk_size_feed_forward": 2**70,
}
ODD: list[Any] = ["768", -1, 1.5, True, [768], {"a": 1}]


@pytest.mark.parametrize("key", HUGE)
def test_that_huge_numbers_are_refused_before_anything_is_built(model: Path, key: str) -> None:
    edit_json(model / "config.json", lambda config: config.update({key: HUGE[key]}))
    message = refusal(model)
    assert message.startswith("M07 ")
    assert key in message


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "vocab_size"])
def test_that_numbers_of_another_kind_are_refused(model: Path, key: str, value: Any) -> None:
    edit_json(model / "config.json", lambda config: config.update({key: value}))
    assert refusal(model)[:4] in ("M07 ", "M11 ")


@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"])
def test_that_a_zero_is_refused_in_words(model: Path, key: str) -> None:
    edit_json(model / "config.json", lambda config: config.update({key: 0}))
    assert refusal(model).startswith("M07 ")


def test_that_every_number_out_of_bounds_is_told_at_once(model: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(HUGE))
    with pytest.raises(WorkbenchError) as caught:
        check_folder(model)
    assert len(caught.value.problems) == len(HUGE)


def test_that_a_million_labels_are_refused(model: Path) -> None:
    edit_json(model / "config.json", lambda c: c.update(id2label={str(n): "x" for n in range(100_000)}))
    assert refusal(model).startswith("M07 ")


def test_that_a_model_larger_than_the_memory_is_refused_with_both_numbers(model: Path) -> None:
    edit_json(model / "config.json", lambda config: config.update(vocab_size=2**21, hidden_size=16_384))
    message = refusal(model)
    assert message.startswith("M17 ")
    assert "137.4 GB" in message.replace("137.5", "137.4")


def test_that_a_description_far_larger_than_its_weights_is_refused_before_it_is_built(model: Path) -> None:
    edit_json(
        model / "config.json",
        lambda config: config.update(hidden_size=1024, intermediate_size=4096, num_hidden_layers=12),
    )
    message = refusal(model)
    assert message.startswith("M09 ")
    assert "asks for" in message


BROKEN = {
    "empty": b"",
    "not JSON": b"{config",
    "a list": b"[]",
    "a number": b"3",
    "NaN": b'{"model_type": "bert", "hidden_size": NaN}',
    "Infinity": b'{"model_type": "bert", "hidden_size": Infinity}',
    "not UTF-8": b'{"model_type": "\xff"}',
    "lone surrogate": b'{"model_type": "\\ud800"}',
    "cut off": b'{"model_type": "bert", "hidden',
    "200,000 deep": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "40 deep": b'{"model_type": "bert", "a":' + b'{"a":' * 40 + b"1" + b"}" * 41,
    "deep lists": b'{"model_type": "bert", "a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "5 MB": b'{"model_type": "bert", "a": "' + b"a" * 5 * 2**20 + b'"}',
    "NUL bytes": b"\0" * 100,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "tokenizer.json"])
def test_that_broken_json_is_refused_with_the_file_named(model: Path, file: str, content: bytes) -> None:
    (model / file).write_bytes(content)
    message = refusal(model) if file != "tokenizer_config.json" else _refusal_or_none(model)
    assert message is None or file in message


def _refusal_or_none(folder: Path) -> str | None:
    # A tokenizer's settings may be poor JSON values and still mean nothing bad.
    try:
        load(folder)
    except WorkbenchError as error:
        return str(error)
    return None


@pytest.mark.parametrize("kind", ["not-a-model", "", None, 3, ["bert"], "../bert"])
def test_that_unknown_architectures_are_refused(model: Path, kind: Any) -> None:
    edit_json(model / "config.json", lambda config: config.update(model_type=kind))
    assert refusal(model).startswith("M11 ")


def test_that_a_folder_that_is_no_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match=r"config\.json is missing"):
        check_folder(tmp_path)
    with pytest.raises(WorkbenchError, match="cannot be opened"):
        check_folder(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkbenchError, match="cannot be opened"):
        check_folder(tmp_path / "file")


def test_that_a_folder_of_thousands_of_files_is_not_read_through(tmp_path: Path) -> None:
    for number in range(2_100):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(WorkbenchError, match="too many files"):
        check_folder(tmp_path)


def test_that_the_published_limit_for_no_limit_is_dropped(model: Path) -> None:
    text = (model / "tokenizer_config.json").read_text()
    raw = json.loads(text)
    raw["model_max_length"] = 10**30
    (model / "tokenizer_config.json").write_text(json.dumps(raw))
    assert load(model).tokenizer.model_max_length > 0
