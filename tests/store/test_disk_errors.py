"""What the disk says, in words."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from workbench.store.safe_io import explain


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "S01"),
        (errno.EDQUOT, "S01"),
        (errno.EROFS, "S02"),
        (errno.EACCES, "S03"),
        (errno.ENOENT, "S04"),
        (errno.EIO, "S05"),
        (errno.EBUSY, "S06"),
        (errno.EMFILE, "S07"),
    ],
)
def test_that_an_error_is_told_with_its_path_and_a_way_out(tmp_path: Path, number: int, code: str) -> None:
    path = tmp_path / "deep" / "plan.json"
    (problem,) = explain(OSError(number, "raw words"), path).problems
    assert problem.code == code
    assert problem.where == str(path)
    assert problem.what
    assert problem.remedy


def test_that_the_path_of_the_error_itself_comes_first() -> None:
    (problem,) = explain(OSError(errno.EROFS, "x", "/a/b"), "/other").problems
    assert problem.where == "/a/b"


def test_that_a_full_disk_is_told_with_what_is_free(tmp_path: Path) -> None:
    (problem,) = explain(OSError(errno.ENOSPC, "x", str(tmp_path / "gone" / "a"))).problems
    assert "MB" in problem.what


def test_that_a_full_disk_without_a_path_is_told_too() -> None:
    for error in (OSError(errno.ENOSPC, "x"), OSError(errno.ENOSPC, "x", "\0")):
        (problem,) = explain(error).problems
        assert problem.code == "S01"
        assert "MB" not in problem.what
