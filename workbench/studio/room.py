"""Room: what every part of the door stands in. One workspace, its settings and its history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from workbench.store.disk_errors import explain
from workbench.store.history import History
from workbench.store.settings import Settings, load_settings, save_settings
from workbench.store.workspace import Workspace, default_settings_path, default_workspace
from workbench.studio import exports
from workbench.studio.environment import prepare_environment

T = TypeVar("T")


class Room:
    """One workspace."""

    def __init__(self, workspace: str | Path | None = None, *, settings_path: str | Path | None = None) -> None:
        """`workspace` "" or None: the one in the settings, else the system's place for data. Raises WorkbenchError."""
        prepare_environment()
        self.settings_path = Path(settings_path or default_settings_path())
        self.notes: list[str] = []
        self.settings: Settings = load_settings(self.settings_path, tell=self.notes.append)
        root = Path(workspace or self.settings.workspace or default_workspace()).absolute()
        self._workspace = Workspace(root)
        try:
            self._workspace.create()
            self.history = History(root, tell=self.notes.append)
        except OSError as error:
            raise explain(error, root) from error

    @property
    def workspace(self) -> Path:
        """The folder in which everything of ours lies."""
        return self._workspace.root

    def save_settings(self, settings: Settings) -> None:
        """Keep `settings`. Raises WorkbenchError if they cannot be written."""
        self.settings = settings
        with exports.disk_errors(self.settings_path):
            save_settings(self.settings_path, settings)

    def _ask(self, question: Callable[[History], T]) -> T:
        with exports.disk_errors(self.workspace):
            return question(self.history)
