"""The only writes of the way in: a clean copy of a model in a folder that was made for it and goes away.

The user's own folder is never written to, and the weights are linked rather than copied where the disk allows it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr


def stage(target: Path, contents: dict[str, bytes], links: dict[str, Path]) -> None:
    """Put `contents` ({name: bytes}) and the weights `links` ({name: source}) into `target`, which exists.

    Raises WorkbenchError (M16) if the disk is full or cannot be written.
    """
    try:
        for name, data in contents.items():
            (target / name).write_bytes(data)
        for name, source in links.items():
            _link(source, target / name)
    except OSError as error:
        raise WorkbenchError(
            Problem(
                code="M16",
                where=str(target),
                what=tr("The model cannot be prepared there: {reason}.", reason=error.strerror or str(error)),
                remedy=tr("Free some space for temporary files, then try again. The model itself is unchanged."),
                field="model",
            )
        ) from error


def _link(source: Path, target: Path) -> None:
    for link in (os.symlink, os.link):
        try:
            link(source, target)
            return
        except OSError:
            continue  # Windows allows links only to some users; another volume has no hard links
    shutil.copyfile(source, target)


def clear(folder: Path) -> None:
    """Take away what a library left in a staged folder."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A temporary folder that is gone when the block ends.

    Links in it may still be mapped into memory then: Windows refuses to remove those, and that is only untidy.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-model-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
