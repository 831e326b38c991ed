"""A checkpoint that the disk changed is never taken for a whole one."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.faults.conftest import contents, read, write
from workbench.store.checkpoints import CheckpointFolder


def damage(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    kind = dice.choice(("flip", "flip", "flip", "cut", "longer", "hole", "empty"))
    if kind == "flip":
        for _ in range(dice.choice((1, 1, 8))):
            changed[dice.randrange(len(changed))] ^= dice.randrange(1, 256)
    elif kind == "cut":
        del changed[dice.randrange(len(changed)) :]
    elif kind == "longer":
        changed += bytes(dice.randrange(1, 100))
    elif kind == "hole":
        start = dice.randrange(len(changed))
        changed[start : start + 512] = bytes(len(changed[start : start + 512]))
    else:
        changed.clear()
    return bytes(changed)


@pytest.mark.parametrize("times", [600, pytest.param(20_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("both", [False, True], ids=["the newest", "both"])
def test_that_damage_falls_back_and_never_slips_through(tmp_path: Path, times: int, both: bool) -> None:
    dice = random.Random(times + both)
    place = CheckpointFolder(tmp_path / "checkpoints")
    for step in (1, 2):
        write(place, step)
    sound = {path: path.read_bytes() for path in place.path.rglob("*") if path.is_file()}
    found = []
    for _ in range(times):
        for step in (1, 2) if both else (2,):
            folder = place.path / f"step-{step:010d}"
            path = dice.choice(sorted(path for path in sound if path.parent == folder))
            path.write_bytes(damage(sound[path], dice))
        newest = place.newest()
        found.append(newest.name if newest else "")
        # Spaces of the manifest may be others: then nothing that matters is damaged.
        assert newest is not None or both
        assert newest is None or read(newest) == contents(int(newest.name[5:]))
        for path, data in sound.items():
            if path.read_bytes() != data:
                path.write_bytes(data)
    assert ("" if both else "step-0000000001") in found
    assert found.count("step-0000000002") < times // 10
    assert all("step-" in note for note in place.notes)


def test_that_files_that_swap_their_contents_are_noticed(tmp_path: Path) -> None:
    place = CheckpointFolder(tmp_path / "checkpoints")
    with place.staged(1) as stage:
        (stage / "a").write_bytes(b"a" * 100)
        (stage / "b").write_bytes(b"b" * 100)
    folder = place.newest()
    assert folder is not None
    shutil.move(folder / "a", folder / "c")
    shutil.move(folder / "b", folder / "a")
    shutil.move(folder / "c", folder / "b")
    assert place.newest() is None
