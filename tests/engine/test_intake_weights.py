"""S1 and S4: weights that run programs, and safetensors files that lie."""

from __future__ import annotations

import io
import json
import pickle
import random
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny_models import edit_json, safetensors_bytes, tensor, write_tiny_bert
from workbench.core.errors import WorkbenchError
from workbench.engine.intake import check_folder
from workbench.engine.weights_file import MOST_HEADER_BYTES, MOST_TENSORS, read_header


class Canary:
    """Unpickling it would create a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return (Path.touch, (self.marker,))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_bert(tmp_path / "tiny")


def canary(marker: Path) -> bytes:
    return pickle.dumps(Canary(marker))


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", data)
    return buffer.getvalue()


def refusal(folder: Path) -> str:
    started = time.perf_counter()
    with pytest.raises(WorkbenchError) as caught:
        check_folder(folder)
    assert time.perf_counter() - started < 2
    return f"{caught.value.problems[0].code} {caught.value}"


_NAME_WORDS = (
    "pytorch_model.bin pytorch_model-00001-of-00002.bin model.pt model.pth model.ckpt model.pkl model.pickle "
    "model.joblib model.npy model.npz model.dill tf_model.h5 model.keras flax_model.msgpack rust_model.ot model.mar "
    "PYTORCH_MODEL.BIN model.zip model.7z model.tar model.tar.gz model.tgz"
)
NAMES = _NAME_WORDS.split()


def test_that_the_canary_works(tmp_path: Path) -> None:
    pickle.loads(canary(tmp_path / "marker"))
    assert (tmp_path / "marker").exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrap", [bytes, zipped], ids=["plain", "zipped"])
def test_that_weights_that_can_run_programs_are_named_and_never_opened(
    model: Path, tmp_path: Path, name: str, wrap: Any
) -> None:
    (model / "model.safetensors").unlink()
    (model / name).write_bytes(wrap(canary(tmp_path / "marker")))
    message = refusal(model)
    assert message.startswith("M05 ")
    assert name in message
    assert "format that can run programs" in message
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("wrap", [bytes, zipped], ids=["plain", "zipped"])
def test_that_a_pickle_under_the_right_name_is_recognised(model: Path, tmp_path: Path, wrap: Any) -> None:
    (model / "model.safetensors").write_bytes(wrap(canary(tmp_path / "marker")))
    message = refusal(model)
    assert message.startswith("M08 ")
    assert "pickle" in message
    assert not (tmp_path / "marker").exists()


def test_that_pickles_beside_safetensors_are_ignored_and_told(model: Path, tmp_path: Path) -> None:
    (model / "pytorch_model.bin").write_bytes(canary(tmp_path / "marker"))
    report = check_folder(model)
    assert report.program_files == ("pytorch_model.bin",)
    assert not (tmp_path / "marker").exists()


FULL = {"a": tensor([2], 0, 8), "b": tensor([2], 8, 16)}
DATA = b"\0" * 16
HOSTILE = {
    "empty file": b"",
    "seven bytes": b"\1" * 7,
    "length 2^63": safetensors_bytes(FULL, DATA, length=2**63),
    "length 2^64 - 1": safetensors_bytes(FULL, DATA, length=2**64 - 1),
    "length beyond the file": safetensors_bytes(FULL, DATA, length=10_000),
    "length 0": safetensors_bytes(FULL, DATA, length=0),
    "not JSON": safetensors_bytes(b"{nonsense", DATA),
    "not UTF-8": safetensors_bytes(b'{"\xff": 1}', DATA),
    "a list": safetensors_bytes([], DATA),
    "no tensor": safetensors_bytes({}, b""),
    "deep": safetensors_bytes(b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "NaN": safetensors_bytes(b'{"a": NaN}', DATA),
    "huge integer": safetensors_bytes(b'{"a": ' + b"9" * 100_000 + b"}", DATA),
    "overlap": safetensors_bytes({"a": tensor([2], 0, 8), "b": tensor([2], 4, 12)}, b"\0" * 12),
    "same place": safetensors_bytes({"a": tensor([2], 0, 8), "b": tensor([2], 0, 8)}, b"\0" * 8),
    "gap": safetensors_bytes({"a": tensor([2], 0, 8), "b": tensor([2], 12, 20)}, b"\0" * 20),
    "starts late": safetensors_bytes({"a": tensor([2], 4, 12)}, b"\0" * 12),
    "cut off": safetensors_bytes(FULL, DATA[:-1]),
    "extra bytes": safetensors_bytes(FULL, DATA + b"\0"),
    "twice the name": safetensors_bytes(
        b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
        DATA[:8],
    ),
    "unknown type": safetensors_bytes({"a": tensor([2], 0, 8, "F33")}, DATA[:8]),
    "type that is no text": safetensors_bytes({"a": {**tensor([2], 0, 8), "dtype": ["F32"]}}, DATA[:8]),
    "size that does not fit": safetensors_bytes({"a": tensor([3], 0, 8)}, DATA[:8]),
    "product overflow": safetensors_bytes({"a": tensor([2**32, 2**32], 0, 0)}, b""),
    "negative shape": safetensors_bytes({"a": tensor([-2, -1], 0, 8)}, DATA[:8]),
    "negative offsets": safetensors_bytes({"a": tensor([2], -8, 0)}, b""),
    "reversed offsets": safetensors_bytes({"a": tensor([2], 8, 0)}, DATA[:8]),
    "float shape": safetensors_bytes({"a": {**tensor([2], 0, 8), "shape": [2.0]}}, DATA[:8]),
    "boolean shape": safetensors_bytes({"a": {**tensor([1], 0, 4), "shape": [True]}}, DATA[:4]),
    "missing key": safetensors_bytes({"a": {"dtype": "F32", "shape": [2]}}, DATA[:8]),
    "extra key": safetensors_bytes({"a": {**tensor([2], 0, 8), "code": "x"}}, DATA[:8]),
    "nine dimensions": safetensors_bytes({"a": tensor([1] * 9, 0, 4)}, DATA[:4]),
    "200,000 empty tensors": safetensors_bytes({f"t{i}": tensor([0], 0, 0) for i in range(200_000)}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_that_a_hostile_header_is_refused_quickly(model: Path, content: bytes) -> None:
    (model / "model.safetensors").write_bytes(content)
    message = refusal(model)
    assert message.startswith("M08 ")
    assert "damaged or hostile" in message


def test_that_a_header_of_100_megabytes_is_not_even_read(model: Path) -> None:
    import resource

    with (model / "model.safetensors").open("wb") as file:
        file.write((100 * 2**20).to_bytes(8, "little") + b"{")
        file.truncate(101 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "takes 104857600 bytes" in refusal(model)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 2**10


def test_that_the_bounds_leave_room_for_real_models() -> None:
    # The largest published shards hold some thousand tensors in headers of some hundred kilobytes.
    assert MOST_TENSORS >= 10_000
    assert MOST_HEADER_BYTES >= 2**20


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link", "device"])
def test_that_weights_that_are_no_file_are_not_opened(model: Path, kind: str) -> None:
    import os

    weights = model / "model.safetensors"
    weights.unlink()
    {
        "folder": weights.mkdir,
        "pipe": lambda: os.mkfifo(weights),
        "dangling link": lambda: weights.symlink_to(model / "nothing"),
        "device": lambda: weights.symlink_to("/dev/zero"),
    }[kind]()
    assert refusal(model).startswith("M05 ")


def test_that_links_into_a_cache_are_followed(model: Path, tmp_path: Path) -> None:
    # So does the library's own cache lay out its snapshots.
    blob = (model / "model.safetensors").rename(tmp_path / "blob")
    (model / "model.safetensors").symlink_to(blob)
    assert check_folder(model).weights == ("model.safetensors",)


def fuzz(path: Path, rounds: int, seed: int) -> tuple[int, int]:
    """Mutate bytes of a good file; whatever we let pass, the library must read without a crash."""
    from safetensors import safe_open

    good = safetensors_bytes({**FULL, "__metadata__": {"format": "pt"}}, DATA)
    generator = random.Random(seed)
    refused = passed = 0
    for _ in range(rounds):
        content = bytearray(good)
        for _ in range(generator.randint(1, 4)):
            content[generator.randrange(len(content))] = generator.randrange(256)
        if generator.random() < 0.2:
            del content[generator.randrange(len(content)) :]
        path.write_bytes(content)
        try:
            header = read_header(path)
        except WorkbenchError:
            refused += 1
            continue
        passed += 1
        with safe_open(path, framework="pt") as file:
            assert {name: tuple(file.get_tensor(name).shape) for name in file.keys()} == {  # noqa: SIM118
                name: entry.shape for name, entry in header.items()
            }
    return refused, passed


def test_that_mutated_files_are_refused_or_read_alike_by_the_library(tmp_path: Path) -> None:
    refused, passed = fuzz(tmp_path / "fuzzed.safetensors", 2_000, seed=1)
    assert refused > 1_000
    assert passed > 20


@pytest.mark.slow
def test_that_a_hundred_thousand_mutated_files_are_refused_or_read_alike(tmp_path: Path) -> None:
    fuzz(tmp_path / "fuzzed.safetensors", 100_000, seed=2)


@pytest.mark.parametrize(
    "weight_map",
    [
        {"a": "../secret.safetensors"},
        {"a": "/etc/passwd"},
        {"a": "model-00001-of-00001.bin"},
        {"a": "model-00001-of-00001.safetensors"},
        {},
        [],
        None,
        {"a": 3},
    ],
    ids=str,
)
def test_that_a_list_of_weights_files_stays_in_the_folder(model: Path, tmp_path: Path, weight_map: Any) -> None:
    (model / "model.safetensors").rename(tmp_path / "secret.safetensors")
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    assert refusal(model).startswith("M08 ")


def test_that_a_list_that_hides_tensors_is_refused(model: Path) -> None:
    shard = "model-00001-of-00001.safetensors"
    (model / "model.safetensors").rename(model / shard)
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    assert "other tensors than their list" in refusal(model)


def test_that_an_adapter_is_told_apart_from_a_model(model: Path) -> None:
    (model / "model.safetensors").rename(model / "adapter_model.safetensors")
    assert "adapter" in refusal(model)


def test_that_a_folder_without_weights_says_so(model: Path) -> None:
    (model / "model.safetensors").unlink()
    assert "holds no weights" in refusal(model)
    edit_json(model / "config.json", lambda config: config.clear())
    assert "holds no weights" in refusal(model)
