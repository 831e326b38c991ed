"""A place for runs that are driven without a workspace: folders on disk, nothing checked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.engine.place import RunPlace


class PlainCheckpoints:
    """Keeps every checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[str] = []

    @contextmanager
    def staged(self, step: int) -> Iterator[Path]:
        with folder_at(self.folder / f"step-{step:010d}") as folder:
            yield folder

    def newest(self) -> Path | None:
        found = sorted(self.folder.glob("step-*"))
        return found[-1] if found else None

    @contextmanager
    def staged_rows(self) -> Iterator[Path]:
        with folder_at(self.folder / "rows") as folder:
            yield folder

    def rows(self) -> Path | None:
        return self.folder / "rows" if (self.folder / "rows").is_dir() else None

    def require_room(self, bytes: int) -> None:
        pass

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def folder_at(path: Path) -> Iterator[Path]:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    yield path


def place_at(folder: Path) -> RunPlace:
    """A run's place in `folder`."""
    return RunPlace(
        run="run",
        folder=folder,
        models_folder=folder,
        staged=lambda name: folder_at(folder / name),
        keep_facts=lambda facts: None,
        checkpoints=PlainCheckpoints(folder / "checkpoints"),
    )
