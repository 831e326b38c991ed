"""Checkpoints are whole, proven and few; what is not right is passed over, with a word about it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import namedtuple
from pathlib import Path

import msgspec
import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.language import set_language
from workbench.store import checkpoints
from workbench.store.checkpoints import CheckpointFolder

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def place(tmp_path: Path, english: None) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "检查点 run" / "checkpoints")


def write(place: CheckpointFolder, step: int, data: bytes = b"w" * 5000) -> Path:
    with place.staged(step) as stage:
        (stage / "model.safetensors").write_bytes(data)
        (stage / "inner").mkdir()
        (stage / "inner" / "state.json").write_bytes(b"%d" % step)
        (stage / "empty").write_bytes(b"")
    return place.path / f"step-{step:010d}"


def names(place: CheckpointFolder) -> list[str]:
    return sorted(path.name for path in place.path.iterdir())


def test_that_a_checkpoint_appears_with_its_manifest(place: CheckpointFolder) -> None:
    folder = write(place, 123)
    assert place.newest() == folder
    manifest = msgspec.json.decode((folder / "MANIFEST.json").read_bytes())
    assert manifest["version"] == 1
    assert sorted(manifest["files"]) == ["empty", "inner/state.json", "model.safetensors"]
    digest = hashlib.sha256(b"w" * 5000).hexdigest()
    assert manifest["files"]["model.safetensors"] == {"size": 5000, "sha256": digest}
    assert place.notes == []


def test_that_without_any_there_is_none(place: CheckpointFolder) -> None:
    assert place.newest() is place.glance() is place.rows() is None
    place.clear()
    place.heal()
    place.path.parent.mkdir()
    place.path.write_text("a file")
    assert place.newest() is None


def test_that_the_last_two_are_kept(place: CheckpointFolder) -> None:
    for step in (1, 9, 10, 11, 100):
        write(place, step)
        assert place.newest() == place.path / f"step-{step:010d}"
    assert names(place) == ["step-0000000011", "step-0000000100"]


def test_that_the_step_decides_and_not_the_time_of_the_file(place: CheckpointFolder) -> None:
    first, second = write(place, 1), write(place, 2)
    os.utime(second, (0, 0))
    os.utime(first, (2e9, 2e9))
    assert place.newest() == second


def test_that_a_block_that_raises_leaves_everything_as_it_was(place: CheckpointFolder) -> None:
    first = write(place, 1)

    def fail() -> None:
        with place.staged(2) as stage:
            (stage / "model.safetensors").write_bytes(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert place.newest() == first
    assert names(place) == ["step-0000000001"]


def test_that_a_step_may_be_written_again(place: CheckpointFolder) -> None:
    write(place, 1, b"old")
    folder = write(place, 1, b"new")
    assert place.newest() == folder
    assert (folder / "model.safetensors").read_bytes() == b"new"


def test_that_it_appears_only_after_what_must_come_before(tmp_path: Path) -> None:
    seen = []
    place = CheckpointFolder(tmp_path / "checkpoints", before=lambda: seen.append(place.newest()))
    write(place, 1)
    assert seen == [None]

    def refuse() -> None:
        raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        write(CheckpointFolder(tmp_path / "checkpoints", before=refuse), 2)
    assert place.newest() == tmp_path / "checkpoints" / "step-0000000001"


def change(folder: Path, kind: str) -> None:
    file, manifest = folder / "model.safetensors", folder / "MANIFEST.json"
    if kind == "missing":
        file.unlink()
    elif kind == "extra":
        (folder / "inner" / "extra").write_bytes(b"")
    elif kind == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    elif kind == "flipped":
        file.write_bytes(b"x" + file.read_bytes()[1:])
    elif kind == "link":
        shutil.copy(file, folder.parent / "elsewhere")
        file.unlink()
        file.symlink_to(folder.parent / "elsewhere")
    elif kind == "folder":
        file.unlink()
        file.mkdir()
    elif kind == "no manifest":
        manifest.unlink()
    elif kind == "rubbish":
        manifest.write_bytes(b"\xff{")
    elif kind == "deep":
        manifest.write_bytes(b"[" * 100_000)
    elif kind == "future":
        manifest.write_bytes(manifest.read_bytes().replace(b'"version": 1', b'"version": 2'))
    elif kind == "file":
        shutil.rmtree(folder)
        folder.write_bytes(b"")
    elif kind == "empty":
        shutil.rmtree(folder)
        folder.mkdir()
    else:
        manifest.write_bytes(b'{"version": 0, "files": {}}')


KINDS = {
    "missing": "model.safetensors is missing",
    "extra": "inner/extra does not belong",
    "shorter": "longer or shorter",
    "flipped": "model.safetensors is damaged",
    "link": "longer or shorter",
    "folder": "model.safetensors is missing",
    "no manifest": "MANIFEST.json is missing",
    "rubbish": "MANIFEST.json is damaged",
    "deep": "MANIFEST.json is damaged",
    "future": "newer version",
    "file": "The folder is gone",
    "empty": "MANIFEST.json is missing",
    "past": "MANIFEST.json is damaged",
}


@pytest.mark.parametrize("kind", KINDS)
def test_that_what_is_not_right_is_passed_over_and_told(place: CheckpointFolder, kind: str) -> None:
    first, second = write(place, 1), write(place, 2)
    change(second, kind)
    assert place.newest() == first
    assert place.glance() == (second if kind == "flipped" else first)
    assert place.newest() == first
    (note,) = place.notes
    assert "step-0000000002" in note
    assert KINDS[kind] in note
    change(first, "flipped")
    assert place.newest() is None


def test_that_damaged_ones_stay_until_a_newer_one_is_there(place: CheckpointFolder) -> None:
    for step in (1, 2):
        write(place, step)
    change(place.path / "step-0000000002", "shorter")
    place.newest()
    place.heal()
    with pytest.raises(KeyError), place.staged(3):
        raise KeyError
    assert names(place) == ["step-0000000001", "step-0000000002"]
    write(place, 3)
    assert names(place) == ["step-0000000001", "step-0000000003"]


def test_that_a_future_that_was_given_up_does_not_come_back(place: CheckpointFolder) -> None:
    write(place, 1)
    change(write(place, 9), "flipped")
    assert place.newest() == place.path / "step-0000000001"
    assert place.newest() != write(place, 5)
    assert names(place) == ["step-0000000001", "step-0000000005"]


def test_that_rows_are_kept_beside_and_checked(place: CheckpointFolder) -> None:
    with place.staged_rows() as stage:
        (stage / "rows.safetensors").write_bytes(b"r" * 100)
    for step in (1, 2, 3):
        write(place, step)
    rows = place.rows()
    assert rows == place.path / "rows"
    assert place.newest() == place.path / "step-0000000003"
    (rows / "rows.safetensors").write_bytes(b"r" * 99 + b"s")
    assert place.rows() is None
    assert "rows" in place.notes[0]


def test_that_clearing_leaves_nothing(place: CheckpointFolder) -> None:
    write(place, 1)
    place.clear()
    assert list(place.path.parent.iterdir()) == []


def test_that_leftovers_of_a_killed_process_are_healed(place: CheckpointFolder) -> None:
    folder = write(place, 1)
    folder.rename(place.path / ".step-0000000001.replaced")
    (place.path / ".0011.part").mkdir()
    assert place.newest() == place.glance() == place.path / ".step-0000000001.replaced"
    place.heal()
    assert place.newest() == folder
    assert names(place) == ["step-0000000001"]


def test_that_one_that_was_moved_aside_gives_way_to_the_new_one(place: CheckpointFolder) -> None:
    write(place, 1).rename(place.path / ".step-0000000001.replaced")
    write(place, 3)
    folder = write(place, 2)
    assert place.newest() == folder
    assert names(place) == [".step-0000000001.replaced", "step-0000000002"]
    place.heal()
    write(place, 3)
    assert names(place) == ["step-0000000002", "step-0000000003"]


def test_that_missing_room_is_told_before_anything_is_written(
    place: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda path: Usage(10**12, 0, 3 * 10**9))
    place.require_room(10**9)
    with pytest.raises(WorkbenchError) as caught:
        place.require_room(10**9 + 1)
    (problem,) = caught.value.problems
    assert problem.code == "S14"
    assert problem.where == str(place.path)
    assert "3,000 MB" in problem.what
    assert problem.remedy
    assert not place.path.exists()


def test_that_room_on_a_disk_that_is_gone_is_told_as_that(
    place: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path) -> None:
        raise OSError(19, "gone")

    monkeypatch.setattr(checkpoints.shutil, "disk_usage", gone)
    with pytest.raises(WorkbenchError) as caught:
        place.require_room(1)
    assert caught.value.problems[0].code == "S04"


def test_that_trouble_that_can_be_mended_passes_nothing_over(
    place: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(place, 1)

    def refuse(path: Path) -> str:
        raise OSError(24, "too many files", str(path))

    monkeypatch.setattr(checkpoints, "_sha256", refuse)
    with pytest.raises(OSError, match="too many"):
        place.newest()


def test_that_links_are_no_part_of_a_checkpoint(place: CheckpointFolder, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plain files"), place.staged(1) as stage:
        (stage / "link").symlink_to(tmp_path)
    assert names(place) == []


def test_that_a_note_follows_the_language(place: CheckpointFolder) -> None:
    change(write(place, 1), "no manifest")
    set_language("en")
    place.newest()
    assert place.notes == ["The checkpoint step-0000000001 was passed over. MANIFEST.json is missing."]
