from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from tests.engine.hub_server import COMMIT, Hub, files_of, serving
from tests.engine.tiny_models import write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.core.plan import ModelSpec
from workbench.engine.hub import DownloadStoppedError, downloaded_folder
from workbench.engine.hub import download as hub_download
from workbench.engine.hub_worker import wanted_files
from workbench.engine.pretrained import inspect, load_text_model
from workbench.store.safe_io import staged_folder

pytestmark = pytest.mark.loopback


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    extra = {
        ".gitattributes": b"x",
        "README.md": b"# tiny",
        "pytorch_model.bin": b"\x80\x04evil",
        "modeling_evil.py": b"raise SystemExit",
        "model.onnx": b"onnx",
        "training_args.bin": b"\x80",
    }
    return {**files_of(write_tiny_bert(tmp_path_factory.mktemp("hub") / "tiny")), **extra}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models with spaces 模型"
    folder.mkdir()
    return folder


download = partial(hub_download, staged=staged_folder)


def fetch(hub: Hub, models: Path, hub_id: str = "owner/tiny") -> Path:
    return download(
        hub_id,
        models,
        endpoint=hub.url,
        staged=staged_folder,
        progress=lambda done, total: None,
        cancelled=lambda: False,
    )


def refusal(hub: Hub, models: Path, hub_id: str = "owner/tiny") -> str:
    with pytest.raises(WorkbenchError) as caught:
        fetch(hub, models, hub_id)
    assert list(models.iterdir()) == []
    return f"{caught.value.problems[0].code} {caught.value}"


def test_that_a_model_is_downloaded_from_a_mirror_and_loads(files: dict[str, bytes], models: Path) -> None:
    told: list[tuple[int, int | None]] = []
    with serving(Hub(files)) as hub:
        folder = download(
            "owner/tiny",
            models,
            endpoint=hub.url + "/",
            progress=lambda done, total: told.append((done, total)),
            cancelled=lambda: False,
        )
    wanted = {"config.json", "tokenizer.json", "tokenizer_config.json", "README.md", "model.safetensors"}
    assert {path.name for path in folder.iterdir()} == {*wanted, "workbench-model.json"}
    assert hub.fetched() == wanted
    total = sum(len(files[name]) for name in wanted)
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert downloaded_folder("owner/tiny", models) == folder
    assert COMMIT in (folder / "workbench-model.json").read_text()

    spec = ModelSpec(source="hub", location="owner/tiny")
    assert inspect(spec, models).model_type == "bert"
    loaded = load_text_model(
        spec, "AutoModelForSequenceClassification", models_folder=models, config_changes={"num_labels": 2}
    )
    assert loaded.net.config.name_or_path == "owner/tiny"


def test_that_no_token_and_no_telemetry_leave_the_computer(
    files: dict[str, bytes], models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canaryInTheEnvironment")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token").write_text("hf_canaryInTheFile")
    with serving(Hub(files)) as hub:
        fetch(hub, models)
    assert "hf_canary" not in repr(hub.requests)
    assert not any("authorization" in (name.lower() for name in headers) for _, _, headers in hub.requests)
    assert not any("telemetry" in path for _, path, _ in hub.requests)
    assert os.listdir(tmp_path / "home") == ["token"]


def test_that_downloading_works_while_the_workbench_itself_is_offline(
    files: dict[str, bytes], models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with serving(Hub(files)) as hub:
        assert fetch(hub, models).is_dir()
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_that_cancelling_takes_less_than_a_second_and_leaves_nothing(files: dict[str, bytes], models: Path) -> None:
    asked: list[float] = []

    def progress(done: int, total: int | None) -> None:
        if done > 30_000 and not asked:
            asked.append(time.perf_counter())

    big = {**files, "model.safetensors": files["model.safetensors"] + b"\0" * 20_000_000}
    with serving(Hub(big, seconds_per_chunk=0.02)) as hub:
        with pytest.raises(DownloadStoppedError, match="Nothing of it was kept"):
            download(
                "owner/tiny",
                models,
                endpoint=hub.url,
                progress=progress,
                cancelled=lambda: bool(asked),
            )
        assert time.perf_counter() - asked[0] < 1
    assert list(models.iterdir()) == []
    assert downloaded_folder("owner/tiny", models) is None


def test_that_cancelling_before_the_first_byte_works(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub, pytest.raises(DownloadStoppedError):
        download(
            "owner/tiny",
            models,
            endpoint=hub.url,
            progress=lambda done, total: None,
            cancelled=lambda: True,
        )
    assert list(models.iterdir()) == []


def test_that_an_error_in_the_window_ends_the_worker_too(files: dict[str, bytes], models: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    with serving(Hub(files)) as hub, pytest.raises(ZeroDivisionError):
        download("owner/tiny", models, endpoint=hub.url, progress=progress, cancelled=lambda: False)
    assert list(models.iterdir()) == []


def test_that_a_broken_connection_is_resumed_where_it_broke(files: dict[str, bytes], models: Path) -> None:
    big = {**files, "README.md": b"r" * 600_000}
    with serving(Hub(big, break_once_after=300_000)) as hub:
        folder = fetch(hub, models)
    assert (folder / "README.md").read_bytes() == big["README.md"]
    assert any("Range" in headers for _, _, headers in hub.requests)


def test_that_bytes_that_differ_from_the_promised_digest_are_not_kept(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files, lie=b"\x08")) as hub:
        message = refusal(hub, models)
    assert message.startswith("H06 ")


def test_that_a_mirror_that_tells_no_sizes_works_without_a_total(files: dict[str, bytes], models: Path) -> None:
    totals: list[int | None] = []
    with serving(Hub(files, sizes_known=False)) as hub:
        download(
            "owner/tiny",
            models,
            endpoint=hub.url,
            progress=lambda done, total: totals.append(total),
            cancelled=lambda: False,
        )
    assert set(totals) == {None}


def test_that_a_repository_without_safetensors_is_refused_and_nothing_is_fetched(
    files: dict[str, bytes], models: Path
) -> None:
    with serving(Hub({name: data for name, data in files.items() if name != "model.safetensors"})) as hub:
        message = refusal(hub, models)
    assert message.startswith("M05 ")
    assert "format that can run programs" in message
    assert hub.fetched() == set()


@pytest.mark.parametrize(
    ("status", "error_code", "code"),
    [
        (404, "RepoNotFound", "H01"),
        (401, "RepoNotFound", "H01"),
        (404, "", "H01"),
        (403, "GatedRepo", "H04"),
        (401, "GatedRepo", "H04"),
        (500, "", "H07"),
    ],
)
def test_that_refusals_of_the_hub_are_told_in_words(
    files: dict[str, bytes], models: Path, status: int, error_code: str, code: str
) -> None:
    with serving(Hub(files, status=status, error_code=error_code)) as hub:
        message = refusal(hub, models)
    assert message.startswith(code)
    assert "owner/tiny" in message


def test_that_an_unknown_model_is_told(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub:
        assert refusal(hub, models, "owner/other").startswith("H01 ")


def test_that_no_server_at_all_is_told(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub:
        pass
    assert refusal(hub, models).startswith("H07 ")


def test_that_a_hostile_model_is_not_given_a_name(files: dict[str, bytes], models: Path) -> None:
    hostile = {**files, "model.safetensors": (2**63).to_bytes(8, "little") + b"{}"}
    with serving(Hub(hostile)) as hub:
        assert refusal(hub, models).startswith("M08 ")


def test_that_a_second_download_replaces_the_first_as_a_whole(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub:
        first = fetch(hub, models)
        hub.files = {**files, "README.md": b"# newer"}
        assert fetch(hub, models) == first
    assert (first / "README.md").read_bytes() == b"# newer"
    assert [path.name for path in models.iterdir()] == [first.name]


def test_that_a_failed_second_download_keeps_the_first(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub:
        first = fetch(hub, models)
        hub.status = 500
        with pytest.raises(WorkbenchError):
            fetch(hub, models)
    assert downloaded_folder("owner/tiny", models) == first


def test_that_a_download_that_changed_on_disk_is_not_loaded(files: dict[str, bytes], models: Path) -> None:
    with serving(Hub(files)) as hub:
        folder = fetch(hub, models)
    vocabulary = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(vocabulary.replace(b'"lowercase": true', b'"lowercase": false'))
    assert (folder / "tokenizer.json").read_bytes() != vocabulary
    spec = ModelSpec(source="hub", location="owner/tiny")
    with pytest.raises(WorkbenchError, match=r"changed on disk: tokenizer\.json"):
        load_text_model(spec, "AutoModelForSequenceClassification", models_folder=models, config_changes={})


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://host", "file:///etc", "huggingface.co", "https://", "https://user:secret@host", "http://h?x=1", "http://["],
)
def test_that_other_addresses_are_refused_before_anything_starts(models: Path, endpoint: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        download(
            "owner/tiny",
            models,
            endpoint=endpoint,
            progress=lambda done, total: None,
            cancelled=lambda: False,
        )
    assert caught.value.problems[0].code == "H03"
    assert "secret" not in str(caught.value)
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("hub_id", ["", "../x", "a/../b", "/etc", "a/b/c", "a b", "a/b\n", "ä/b", "a--b/c", "x" * 300])
def test_that_names_that_are_no_names_are_refused(models: Path, hub_id: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        download(hub_id, models, progress=lambda done, total: None, cancelled=lambda: False)
    assert caught.value.problems[0].code == "H01"
    assert list(models.iterdir()) == []
    assert downloaded_folder(hub_id, models) is None


def test_that_a_single_weights_file_is_preferred_and_small_files_come_first() -> None:
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
    names = ["model.safetensors", *shards, "config.json", "pytorch_model.bin", "sub/config.json", "evil.py"]
    assert wanted_files(names) == ["config.json", "model.safetensors"]
    assert wanted_files(names[1:])[1:] == ["model.safetensors.index.json", *shards[:2]]
    assert wanted_files(["config.json", *shards[:2]]) == ["config.json"]
