"""Folders of texts by class: each file is a row, whatever else lies there is told, and nothing hangs."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data.samples import CLASSIFICATION
from workbench.core.errors import WorkbenchError
from workbench.core.plan import DatasetSpec, Reading
from workbench.data import folders
from workbench.data.dataset import digest_of, load
from workbench.data.files import sha256_of
from workbench.data.preview import preview
from workbench.data.readers import read_table
from workbench.data.roles import guess_roles


def made(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


REVIEWS = {"pos/1.txt": "Lovely\r\n", "pos/2.txt": "很好", "neg/1.txt": "Grim\nand loud\n", "neg/deeper/3.txt": "bad"}
ROWS = {
    "text": ["Grim\nand loud", "bad", "Lovely", "很好"],
    "label": ["neg", "neg", "pos", "pos"],
    "file": ["neg/1.txt", "neg/deeper/3.txt", "pos/1.txt", "pos/2.txt"],
}


def test_that_each_text_is_a_row_with_its_class(tmp_path: Path) -> None:
    folder = made(tmp_path, REVIEWS)
    table = read_table(folder)
    assert table.cells == ROWS
    assert (list(table.numbers), table.total, table.skipped, table.kind) == ([1, 2, 3, 4], 4, (), "folder")
    seen = preview(folder)
    assert seen.total_rows == 4
    assert guess_roles(seen, CLASSIFICATION).columns == {"text": "text", "label": "label"}
    assert read_table(folder, only={"label"}).cells == {"label": ROWS["label"]}
    assert read_table(folder, limit=3).cells["label"] == ROWS["label"][:3]


def test_that_the_training_half_is_read_and_the_other_is_told(tmp_path: Path, english: None) -> None:
    made(tmp_path / "train", REVIEWS)
    made(tmp_path / "test", {"pos/9.txt": "not this", "neg/9.txt": "nor this"})
    made(tmp_path, {"README": "About", "train/unsup/1.txt": "no label", "train/words.feat": "1 2 3"})
    table = read_table(tmp_path)
    assert table.cells == ROWS
    notes = " ".join(table.notes)
    assert "“train”" in notes
    assert "“test” can be chosen" in notes
    assert "“unsup” have no label" in notes
    assert read_table(tmp_path / "test").cells["label"] == ["neg", "pos"]


def test_that_what_is_no_text_is_left_out_and_told(tmp_path: Path, english: None) -> None:
    made(tmp_path, REVIEWS)
    made(
        tmp_path,
        {
            "pos/.hidden.txt": "x",
            ".git/config": "x",
            "pos/photo.jpg": b"\xff\xd8\xff",
            "pos/README.md": "about",
            "neg/4.txt": b"\x7fELF\0\0",
            "neg/5.txt": b"one \x80\x81\xfe\xff wrong",
            "neg/6.txt": "x" * 1_000_001,
            "neg/7.txt": "",
        },
    )
    (tmp_path / "pos" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "pos" / "nowhere.txt").symlink_to(tmp_path / "absent")
    table = read_table(tmp_path, Reading(encoding="utf-8"))
    assert table.cells["file"] == ["neg/1.txt", "neg/7.txt", *ROWS["file"][1:]]
    assert len(table) + len(table.skipped) == table.total == 8
    reasons = {row.row: row.reason for row in table.skipped}
    assert "neg/4.txt" in reasons[2]
    assert "program" in reasons[2]
    assert "encoding" in reasons[3]
    assert "longer than" in reasons[4]
    assert any("4 other files" in note and ".jpg" in note for note in table.notes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_that_pipes_are_not_waited_for(tmp_path: Path) -> None:
    made(tmp_path, REVIEWS)
    os.mkfifo(tmp_path / "pos" / "pipe.txt")
    assert read_table(tmp_path).cells == ROWS


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_that_a_text_without_permission_is_listed(tmp_path: Path) -> None:
    made(tmp_path, REVIEWS)
    (tmp_path / "pos" / "1.txt").chmod(0)
    table = read_table(tmp_path)
    assert (len(table), len(table.skipped)) == (3, 1)
    assert digest_of(DatasetSpec(path=str(tmp_path)))


REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nothing": ({}, "no texts"),
    "one table": ({"reviews.csv": "text,label\na,b\n", "photo.png": b"x"}, "reviews.csv"),
    "several tables": ({"train.csv": "text,label\n", "test.csv": "text,label\n"}, "test.csv, train.csv"),
    "a table further inside": ({"data/reviews.jsonl": "{}"}, "reviews.jsonl"),
    "a model": ({"config.json": "{}", "model.safetensors": b"x"}, "model"),
    "texts without a class": ({"1.txt": "a", "2.txt": "b"}, "each of two classes"),
    "one class": ({"pos/1.txt": "a"}, "each of two classes"),
    "pictures": ({"cat/1.png": b"x", "dog/1.png": b"x"}, "no texts"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_that_another_folder_is_explained(tmp_path: Path, english: None, kind: str) -> None:
    files, words = REFUSED[kind]
    with pytest.raises(WorkbenchError) as refused:
        preview(made(tmp_path, files))
    (problem,) = refused.value.problems
    assert problem.code == "D68"
    assert words in f"{problem.what} {problem.remedy}"


def test_that_half_a_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    with pytest.raises(WorkbenchError) as refused:
        preview(made(tmp_path, REVIEWS))
    assert refused.value.problems[0].code == "D69"


def test_that_the_fingerprint_tells_every_change(tmp_path: Path) -> None:
    folder = made(tmp_path, REVIEWS)
    known = {sha256_of([folder])}
    assert sha256_of([made(tmp_path / "copy", REVIEWS)]) in known
    for change in (
        lambda: (folder / "pos" / "1.txt").write_text("lovely"),
        lambda: (folder / "pos" / "1.txt").rename(folder / "pos" / "4.txt"),
        lambda: (folder / "neg" / "9.txt").write_text("more"),
    ):
        change()
        found = sha256_of([folder])
        assert found not in known
        known.add(found)


def test_that_a_dataset_is_loaded_from_folders(tmp_path: Path) -> None:
    texts = {f"{label}/{place}.txt": f"{label} text {place}" for label in ("good", "bad") for place in range(20)}
    made(tmp_path / "train", texts)
    made(tmp_path / "test", {"good/a.txt": "good new", "bad/a.txt": "bad new"})
    columns = {"text": "text", "label": "label"}
    spec = DatasetSpec(path=str(tmp_path), columns=columns, test_path=str(tmp_path / "test"))
    dataset = load(spec, CLASSIFICATION, seed=1)
    assert len(dataset.train) + len(dataset.validation) == 40
    assert dataset.test is not None
    assert dataset.test.column("label") == ["bad", "good"]
    assert dataset.sha256 == digest_of(spec)


def test_that_the_head_of_a_large_folder_shows_every_class(tmp_path: Path) -> None:
    made(tmp_path, {f"{label}/{place}.txt": label for label in ("a", "b", "c") for place in range(600)})
    seen = preview(tmp_path)
    assert set(seen.sample.cells["label"]) == {"a", "b", "c"}
    assert seen.estimated_rows == 1800
    assert len(seen.sample) < 1800


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-16")), max_size=6))
def test_that_any_files_are_read_or_explained(tmp_path: Path, contents: list[bytes]) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    made(folder, REVIEWS)
    made(folder, {f"any/{place}": content for place, content in enumerate(contents)})
    table = read_table(folder)
    assert len(table) + len(table.skipped) == table.total == 4 + len(contents) == preview(folder).total_rows
    assert all(cell.encode() is not None for cells in table.cells.values() for cell in cells)
