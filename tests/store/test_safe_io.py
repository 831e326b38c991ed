"""Files and folders are the old ones or the new ones, whole, whatever fails in between."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from workbench.store import safe_io

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EMFILE)


def temps(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


def caught(work: Callable[[], None]) -> OSError | None:
    try:
        work()
    except OSError as problem:
        return problem
    return None


def extend(path: Path) -> None:
    with closing(safe_io.Log(path)) as log:
        log.append(b"second\nthird\n")
        log.sync()


def build(target: Path) -> None:
    with safe_io.staged_folder(target) as stage:
        (stage / "weights").write_bytes(b"new")
        (stage / "inner").mkdir()
        (stage / "inner" / "config").write_bytes(b"new")


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_that_a_file_is_old_or_new_at_every_fault(tmp_path: Path, faulty, sound, error: int) -> None:
    target = tmp_path / "plan.json"
    for number in range(1, 100):
        sound()
        target.write_bytes(b"old")
        disk = faulty(number, error)
        problem = caught(lambda: safe_io.write_bytes(target, b"new" * 1000))
        assert problem is None or (problem.errno, problem.filename) == (error, str(target))
        assert target.read_bytes() == (b"new" * 1000 if "replace" in disk.done else b"old")
        assert temps(tmp_path) == []
        if problem is None:
            assert "replace" in disk.done
        if not disk.failed:
            break
    else:
        pytest.fail("the faults never ended")
    assert number >= 6


@pytest.mark.parametrize("replacing", [True, False])
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_that_a_folder_is_old_or_new_at_every_fault(tmp_path: Path, faulty, sound, error: int, replacing: bool) -> None:
    target = tmp_path / "model"
    for number in range(1, 200):
        sound()
        safe_io.remove_tree(target)
        if replacing:
            target.mkdir()
            (target / "weights").write_bytes(b"old")
        disk = faulty(number, error)
        problem = caught(lambda: build(target))
        assert problem is None or problem.errno == error
        sound()
        found = (target / "weights").read_bytes() if target.exists() else b"nothing"
        complete = 2 if replacing else 1
        expected = b"new" if disk.done.count("replace") == complete and disk.failed != "replace" else None
        assert found == (expected or (b"old" if replacing else b"nothing"))
        assert found != b"new" or (target / "inner" / "config").read_bytes() == b"new"
        assert [name for name in temps(tmp_path) if name.endswith(".part")] == []
        if not disk.failed:
            break
    else:
        pytest.fail("the faults never ended")
    assert temps(tmp_path) == []


def test_that_an_exception_in_the_block_keeps_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "weights").write_bytes(b"old")

    def change() -> None:
        with safe_io.staged_folder(target) as stage:
            (stage / "weights").write_bytes(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert (target / "weights").read_bytes() == b"old"
    assert temps(tmp_path) == []


def test_that_a_folder_moved_aside_by_a_killed_process_comes_back(tmp_path: Path) -> None:
    target = tmp_path / "model"
    (tmp_path / ".model.replaced").mkdir()
    (tmp_path / ".model.replaced" / "weights").write_bytes(b"old")
    safe_io.heal_folder(target)
    assert (target / "weights").read_bytes() == b"old"
    assert temps(tmp_path) == []


def test_that_a_replaced_folder_goes_away_when_the_new_one_is_there(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "weights").write_bytes(b"new")
    (tmp_path / ".model.replaced").mkdir()
    safe_io.heal_folder(target)
    assert (target / "weights").read_bytes() == b"new"
    assert temps(tmp_path) == []


def test_that_chunks_that_raise_keep_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def chunks():
        yield b"a" * 10
        raise RuntimeError

    with pytest.raises(RuntimeError):
        safe_io.write_chunks(target, chunks())
    assert target.read_bytes() == b"old"
    assert temps(tmp_path) == []


def test_that_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(safe_io.os, "write", lambda file, data: real(file, bytes(data)[: max(1, len(data) // 2)]))
    safe_io.write_bytes(tmp_path / "a", bytes(range(256)) * 40)
    assert (tmp_path / "a").read_bytes() == bytes(range(256)) * 40


def test_that_a_rename_is_tried_again_while_another_program_holds_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []
    real = os.replace

    def held(source, target):
        tries.append(target)
        if len(tries) < 4:
            raise PermissionError(errno.EACCES, "held")
        real(source, target)

    monkeypatch.setattr(safe_io, "_RENAME_WAITS", (0.0,) * 5)
    monkeypatch.setattr(safe_io.os, "replace", held)
    safe_io.write_text(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"
    assert len(tries) == 4


def test_that_a_rename_that_stays_forbidden_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(source, target):
        raise PermissionError(errno.EACCES, "held")

    monkeypatch.setattr(safe_io, "_RENAME_WAITS", (0.0,) * 5)
    monkeypatch.setattr(safe_io.os, "replace", held)
    with pytest.raises(PermissionError) as caught:
        safe_io.write_text(tmp_path / "a", "x")
    assert caught.value.filename == str(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="modes are a matter of Unix")
def test_that_private_files_are_for_their_owner_only(tmp_path: Path) -> None:
    safe_io.write_text(tmp_path / "a", "x", private=True)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_that_a_link_stays_a_link_to_the_new_contents(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    safe_io.write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_that_a_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    safe_io.write_text(tmp_path / ("x" * 255), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x" * 255]


def test_that_move_never_replaces(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    with pytest.raises(FileExistsError):
        safe_io.move(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "b"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_that_move_works_between_disks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    source, target = tmp_path / "source", tmp_path / "other" / "target"
    target.parent.mkdir()
    inner = source
    if kind == "folder":
        source.mkdir()
        inner = source / "weights"
    inner.write_text("x")
    real = os.replace

    def other_disk(start, end):
        if Path(start).parent != Path(end).parent:
            raise OSError(errno.EXDEV, "another disk")
        real(start, end)

    monkeypatch.setattr(safe_io.os, "replace", other_disk)
    safe_io.move(source, target)
    assert not source.exists()
    assert (target / "weights" if kind == "folder" else target).read_text() == "x"


def test_that_remove_tree_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data.csv").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    safe_io.remove_tree(tmp_path / "link")
    assert (tmp_path / "precious" / "data.csv").exists()
    assert not (tmp_path / "link").is_symlink()


def test_that_sweep_takes_old_temps_only(tmp_path: Path) -> None:
    for name in (".aa.part", ".bb.part", "mine.part", "data.csv"):
        (tmp_path / name).write_text("x")
    os.utime(tmp_path / ".aa.part", (0, 0))
    os.utime(tmp_path / "mine.part", (0, 0))
    safe_io.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".bb.part", "data.csv", "mine.part"]


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_that_a_log_holds_whole_lines_at_every_fault(tmp_path: Path, faulty, sound, error: int) -> None:
    path = tmp_path / "events.jsonl"
    for number in range(1, 30):
        sound()
        path.write_bytes(b"first\n")
        disk = faulty(number, error)
        problem = caught(lambda: extend(path))
        assert problem is None or problem.filename == str(path)
        assert path.read_bytes() in (b"first\n", b"first\nsecond\nthird\n")
        if not disk.failed:
            break
    else:
        pytest.fail("the faults never ended")


def test_that_half_a_line_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = safe_io.Log(tmp_path / "events.jsonl")
    log.append(b"first\n")
    real = os.write
    calls = []

    def full(file, data):
        calls.append(data)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "full")
        return real(file, bytes(data)[:3])

    with monkeypatch.context() as patch:
        patch.setattr(safe_io.os, "write", full)
        with pytest.raises(OSError, match="full"):
            log.append(b"second\n")
    log.append(b"third\n")
    log.close()
    log.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b"first\nthird\n"


def test_that_a_torn_line_of_a_killed_process_does_not_swallow_the_next(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b'{"ev')
    log = safe_io.Log(tmp_path / "events.jsonl")
    log.append(b"next\n")
    log.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b'{"ev\nnext\n'


def test_that_a_folder_system_without_sync_of_folders_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def sync(file):
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "cannot")
        real(file)

    monkeypatch.setattr(safe_io.os, "fsync", sync)
    safe_io.write_text(tmp_path / "a", "x")
    assert (tmp_path / "a").read_text() == "x"


def test_that_make_folder_makes_those_above_and_refuses_a_file(tmp_path: Path) -> None:
    safe_io.make_folder(tmp_path / "a" / "b" / "c")
    safe_io.make_folder(tmp_path / "a" / "b" / "c")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        safe_io.make_folder(tmp_path / "file" / "x")


def test_that_copy_and_json_write_what_they_are_given(tmp_path: Path) -> None:
    safe_io.write_json(tmp_path / "a.json", {"名": [1, 2]})
    safe_io.copy_file(tmp_path / "a.json", tmp_path / "b.json")
    assert (tmp_path / "b.json").read_text("utf-8") == '{\n  "名": [\n    1,\n    2\n  ]\n}\n'
