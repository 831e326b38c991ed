"""S7: tokenizers that hang, break or swell."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import edit_json, write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.engine import tokenizer_probe
from workbench.engine.pretrained import inspect, load_text_model
from workbench.engine.tokenizer_probe import probe


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def model(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "tiny"))


def refusal(folder: Path) -> str:
    spec = ModelSpec(source="folder", location=str(folder))
    started = time.perf_counter()
    with pytest.raises(WorkbenchError) as caught:
        load_text_model(spec, "AutoModelForSequenceClassification", models_folder=folder, config_changes={})
    assert time.perf_counter() - started < 6 + 5  # the import of torch may be part of it
    return f"{caught.value.problems[0].code} {caught.value}"


def split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


BOMBS = [r"(a+)+$", r"(a|aa)+$", r"([a-z]+)*!!", r"(\s+)+x$", r"(.*a){25}", r"(-+)+_-$", r"(\w|\d)+@"]


@pytest.mark.parametrize("pattern", BOMBS)
def test_that_a_search_pattern_that_explodes_is_refused_or_harmless(model: Path, pattern: str) -> None:
    edit_json(model / "tokenizer.json", lambda content: content.update(pre_tokenizer=split(pattern)))
    started = time.perf_counter()
    with contextlib.suppress(WorkbenchError):
        probe(model / "tokenizer.json")
    assert time.perf_counter() - started < 6


def test_that_the_known_bomb_is_refused_when_loading_and_inspecting(model: Path) -> None:
    edit_json(model / "tokenizer.json", lambda content: content.update(pre_tokenizer=split("(a+)+$")))
    edit_json(model / "tokenizer_config.json", lambda c: c.update(tokenizer_class="PreTrainedTokenizerFast"))
    assert refusal(model).startswith("M13 ")
    with pytest.raises(WorkbenchError, match="tokenizer is refused"):
        inspect(ModelSpec(source="folder", location=str(model)), model)


def test_that_a_normalizer_that_explodes_is_refused(model: Path) -> None:
    normalizer = {"type": "Replace", "pattern": {"Regex": "(a+)+$"}, "content": "b"}
    edit_json(model / "tokenizer.json", lambda content: content.update(normalizer=normalizer))
    assert refusal(model).startswith("M13 ")


def test_that_a_hanging_tokenizer_is_killed_by_the_watchdog(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    edit_json(model / "tokenizer.json", lambda content: content.update(version="1.0 "))  # not tried before
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(tokenizer_probe, "child_command", lambda *arguments: command)
    started = time.perf_counter()
    with pytest.raises(WorkbenchError, match="no answer"):
        probe(model / "tokenizer.json", watchdog=0.5)
    assert time.perf_counter() - started < 3


def test_that_a_pattern_that_grows_a_text_beyond_memory_ends_in_a_refusal(model: Path) -> None:
    normalizers = [{"type": "Replace", "pattern": {"Regex": "."}, "content": "a" * 1000} for _ in range(4)]
    edit_json(
        model / "tokenizer.json",
        lambda content: content.update(normalizer={"type": "Sequence", "normalizers": normalizers}),
    )
    assert refusal(model).startswith("M13 ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(added_tokens=[{"id": n, "content": f"t{n}"} for n in range(20_000)]), "too many"),
        (lambda c: c.update(pre_tokenizer=split("a" * 5_000)), "too long"),
        (lambda c: c.update(model=None), "no vocabulary"),
        (lambda c: c.update(model={"type": "WordPiece"}), "no vocabulary"),
        (lambda c: c.update(added_tokens=3), "no vocabulary"),
        (lambda c: c.clear(), "no vocabulary"),
    ],
)
def test_that_a_swollen_or_hollow_tokenizer_is_refused(model: Path, change: Any, words: str) -> None:
    edit_json(model / "tokenizer.json", change)
    message = refusal(model)
    assert message.startswith("M12 ")
    assert words in message


def test_that_a_tokenizer_of_too_many_bytes_is_not_read(model: Path) -> None:
    with (model / "tokenizer.json").open("wb") as file:
        file.truncate(65 * 2**20)
    assert refusal(model).startswith("M12 ")


def test_that_a_tokenizer_of_another_shape_is_refused_in_words(model: Path) -> None:
    edit_json(model / "tokenizer.json", lambda content: content.update(model={"type": "Nonsense", "vocab": {"a": 1}}))
    assert refusal(model).startswith("M13 ")


def test_that_a_model_without_tokenizer_says_so(model: Path) -> None:
    (model / "tokenizer.json").unlink()
    message = refusal(model)
    assert message.startswith("M12 ")
    assert "tokenizer.json is missing" in message


def test_that_good_contents_are_tried_once_only(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe(model / "tokenizer.json")
    monkeypatch.setattr(tokenizer_probe, "child_command", lambda *arguments: ["no such program"])
    probe(Path(shutil.copy(model / "tokenizer.json", tmp_path / "copy.json")))
    content = json.loads((model / "tokenizer.json").read_text())
    (model / "tokenizer.json").write_text(json.dumps(content, indent=3))
    with pytest.raises(FileNotFoundError):
        probe(model / "tokenizer.json")
