"""Whatever the disk refuses while a checkpoint is written, the newest one is the new one or the one before, whole."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import contents, read, step_of, write, write_files
from tests.faults.faulty_io import ERRORS, faults, short_writes
from workbench.store.checkpoints import CheckpointFolder
from workbench.store.safe_io import explain

MOST = 400


def temps(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


def write_rows(place: CheckpointFolder) -> None:
    with place.staged_rows() as stage:
        write_files(stage, {"rows.safetensors": b"new" * 500})


ACTIONS: dict[str, tuple[Callable[[CheckpointFolder], None], set[int]]] = {
    "the next step": (lambda place: write(place, 3), {2, 3}),
    "the same step again": (lambda place: write(place, 2, version=1), {2}),
    "rows": (write_rows, {2}),
    "clear": (lambda place: place.clear(), {0, 2}),
    "heal": (lambda place: place.heal(), {2}),
}


def prepared(path: Path) -> CheckpointFolder:
    """Checkpoints of 1 and 2, old rows, and what a killed process left."""
    place = CheckpointFolder(path / "checkpoints")
    with place.staged_rows() as stage:
        write_files(stage, {"rows.safetensors": b"old" * 500})
    for step in (1, 2):
        write(place, step)
    (place.path / ".0011.part").mkdir()
    return place


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("action", ACTIONS)
def test_that_the_newest_checkpoint_is_whole_at_every_fault(
    tmp_path: Path, action: str, error: int, lasting: bool
) -> None:
    work, allowed = ACTIONS[action]
    origin = prepared(tmp_path / "origin").path
    for number in range(1, MOST):
        place = CheckpointFolder(tmp_path / str(number) / "checkpoints")
        shutil.copytree(origin, place.path)
        problem = None
        with faults(number, error, lasting=lasting) as seen:
            try:
                work(place)
            except OSError as caught:
                problem = caught
        if problem is not None:
            (told,) = explain(problem).problems
            assert str(place.path.parent) in told.where
        assert step_of(place.newest()) in allowed
        place.heal()
        assert step_of(place.newest()) in allowed
        assert temps(place.path) == []
        assert action == "clear" or read(place.rows())["rows.safetensors"] in (b"old" * 500, b"new" * 500)
        work(place)
        assert step_of(place.newest()) == (0 if action == "clear" else max(allowed))
        if action == "the same step again":
            assert read(place.newest()) == contents(2, version=1)
        shutil.rmtree(place.path.parent)
        if not seen.hit:
            assert problem is None
            break
    else:
        pytest.fail("the faults never ended")
    assert number > 3


def test_that_the_calls_watched_are_those_that_the_disk_knows(tmp_path: Path) -> None:
    hit = set()
    for number in range(1, MOST):
        place = prepared(tmp_path / str(number))
        with suppress(OSError), faults(number, errno.EIO) as seen:
            write(place, 3)
        hit.add(seen.hit)
        if not seen.hit:
            break
    assert hit == {"", "open", "write", "fsync", "rename", "unlink", "mkdir", "stat"}


def test_that_short_writes_lose_nothing(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    for number in range(1, MOST):
        with short_writes(number) as seen:
            write(place, 3, version=1)
        assert read(place.newest()) == contents(3, version=1)
        if not seen.hit:
            return
    pytest.fail("the faults never ended")


def test_that_a_file_whose_sync_failed_is_not_used_again(tmp_path: Path) -> None:
    place = prepared(tmp_path)
    stages: list[Path] = []

    def refused() -> None:
        with place.staged(3) as stage:
            stages.append(stage)
            write_files(stage, contents(3))
            raise OSError(errno.EIO, "refused")

    for _ in range(2):
        with pytest.raises(OSError, match="refused"):
            refused()
    assert stages[0] != stages[1]
    assert not any(stage.exists() for stage in stages)


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_that_looking_for_the_newest_gives_a_whole_one_or_an_error(tmp_path: Path, error: int) -> None:
    for number in range(1, MOST):
        place = prepared(tmp_path / str(number))
        newest = None
        with suppress(OSError), faults(number, error) as seen:
            newest = place.newest()
        # The first call lists them: without that nothing can be said.
        allowed = (1, 2) if error == errno.EIO and number > 1 else (0, 2)
        assert step_of(newest) in allowed if seen.hit else step_of(newest) == 2
        if not seen.hit:
            return
    pytest.fail("the faults never ended")
