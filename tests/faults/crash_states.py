"""What a power cut may leave: a model of a disk that forgets, in every way it may, what was not synced.

Data of a file are safe once the file was synced after they were written; a name in a folder (made, moved, taken away)
is safe once that folder was synced. All else may be on the disk or not, each by itself.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Tree = dict[str, bytes | None]
"""{path with "/": contents, None for a folder}."""
_ALL_SUBSETS = 9


class Node:
    """A file, or a folder where `is_folder`. It has no name: folders hold names."""

    def __init__(self, is_folder: bool) -> None:
        self.is_folder = is_folder


@dataclass
class Operation:
    """One call that changed something: `names` are (folder, name, node that is there now or None)."""

    kind: str
    node: Node | None = None
    data: bytes = b""
    names: tuple[tuple[Node, str, Node | None], ...] = ()
    before: Any = None
    after: Any = None


@dataclass
class Disk:
    """The names and contents of one moment."""

    entries: dict[Node, dict[str, Node]] = field(default_factory=dict)
    contents: dict[Node, bytes] = field(default_factory=dict)

    def copy(self) -> Disk:
        return Disk({folder: dict(names) for folder, names in self.entries.items()}, dict(self.contents))

    def apply(self, operation: Operation) -> None:
        for folder, name, node in operation.names:
            if node is not None:
                self.entries.setdefault(folder, {})[name] = node
            elif self.entries.get(folder, {}).get(name) is operation.node:
                del self.entries[folder][name]
        if operation.kind == "write" and operation.node is not None:
            self.contents[operation.node] = self.contents.get(operation.node, b"") + operation.data

    def tree(self, root: Node, above: str = "") -> Tree:
        found: Tree = {}
        for name, node in self.entries.get(root, {}).items():
            found[above + name] = None if node.is_folder else self.contents.get(node, b"")
            if node.is_folder:
                found |= self.tree(node, f"{above}{name}/")
        return found


class Recording:
    """Everything that was done to the disk under `root`. `beside` is called before and after each operation."""

    def __init__(self, root: Path, beside: Callable[[], Any] = lambda: None) -> None:
        self.root = str(root)
        self.beside = beside
        self.operations: list[Operation] = []
        self.top = Node(is_folder=True)
        self.start = Disk()
        self._load(root, self.top)
        self._now = self.start.copy()
        self._files: dict[int, Node] = {}

    def mark(self, label: int) -> None:
        """From here on `label` is acknowledged: it was told to be safe."""
        self.operations.append(Operation("mark", data=str(label).encode(), before=self.beside(), after=self.beside()))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Record what is done in the block."""
        names = ("open", "write", "fsync", "rename", "replace", "unlink", "remove", "rmdir", "mkdir", "close")
        real = {name: getattr(os, name) for name in names}
        doing = {
            "open": self._open, "write": self._write, "fsync": self._fsync, "rename": self._rename,
            "replace": self._rename, "unlink": self._unlink, "remove": self._unlink, "rmdir": self._unlink,
            "mkdir": self._mkdir, "close": self._close,
        }  # fmt: skip
        for name in names:
            setattr(os, name, self._wrapped(real[name], doing[name]))
        try:
            yield
        finally:
            for name in names:
                setattr(os, name, real[name])

    def states(self) -> Iterator[tuple[Tree, int, Any]]:
        """(what is on the disk, the last label acknowledged, what lay beside) for every power cut that there may be."""
        seen = set()
        for end in range(len(self.operations) + 1):
            done = self.operations[:end]
            label = int(([one.data for one in done if one.kind == "mark"] or [b"0"])[-1])
            besides = [done[-1].after] if done else []
            besides += [self.operations[end].before] if end < len(self.operations) else []
            for tree in self._after(done):
                for beside in besides:
                    key = (tuple(sorted(tree.items())), label, repr(beside))
                    if key not in seen:
                        seen.add(key)
                        yield tree, label, beside

    def _after(self, done: list[Operation]) -> Iterator[Tree]:
        pending = [one for number, one in enumerate(done) if _changes(one) and not _is_safe(one, done[number + 1 :])]
        for kept in _choices(len(pending)):
            lost = {id(one) for one, stays in zip(pending, kept, strict=True) if not stays}
            yield self._result(done, lost, torn=None)
        writes = [one for one in pending if one.kind == "write"]
        for one in writes[-1:]:
            yield self._result(done, set(), torn=one)

    def _result(self, done: list[Operation], lost: set[int], torn: Operation | None) -> Tree:
        disk = self.start.copy()
        for one in done:
            if one is torn:
                disk.apply(Operation(one.kind, one.node, one.data[: len(one.data) // 2]))
            elif id(one) not in lost:
                disk.apply(one)
        return disk.tree(self.top)

    def _load(self, path: Path, node: Node) -> None:
        for one in sorted(path.iterdir()):
            inner = self.start.entries.setdefault(node, {})[one.name] = Node(one.is_dir())
            if one.is_dir():
                self._load(one, inner)
            else:
                self.start.contents[inner] = one.read_bytes()

    def _wrapped(self, real: Callable[..., Any], then: Callable[..., Operation | None]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            before = self.beside()
            result = real(*arguments, **options)
            operation = then(result, *arguments, **options)
            if operation is not None:
                operation.before, operation.after = before, self.beside()
                self.operations.append(operation)
                self._now.apply(operation)
            return result

        return call

    def _find(self, path: Any, dir_fd: int | None) -> tuple[Node, str] | None:
        """(folder, name) of `path`; None if it lies elsewhere."""
        text = os.fspath(path)
        if dir_fd is not None:
            return (self._files[dir_fd], text) if dir_fd in self._files else None
        if not text.startswith(self.root + "/"):
            return None
        *above, name = text[len(self.root) + 1 :].split("/")
        folder = self.top
        for one in above:
            folder = self._now.entries[folder][one]
        return folder, name

    def _node(self, place: tuple[Node, str]) -> Node | None:
        return self._now.entries.get(place[0], {}).get(place[1])

    def _open(self, file: int, path: Any, flags: int, mode: int = 0, *, dir_fd: int | None = None) -> Operation | None:
        self._files.pop(file, None)
        place = self._find(path, dir_fd)
        if place is None:
            if os.fspath(path) == self.root:
                self._files[file] = self.top
            return None
        node = self._node(place)
        assert not flags & os.O_TRUNC, "not modelled"
        if node is not None:
            self._files[file] = node
            return None
        node = self._files[file] = Node(is_folder=False)
        return Operation("create", node, names=((*place, node),))

    def _close(self, result: None, file: int) -> None:
        self._files.pop(file, None)

    def _write(self, size: int, file: int, data: Any) -> Operation | None:
        return Operation("write", self._files[file], bytes(data)[:size]) if file in self._files else None

    def _fsync(self, result: None, file: int) -> Operation | None:
        return Operation("sync", self._files[file]) if file in self._files else None

    def _rename(self, result: None, source: Any, target: Any) -> Operation | None:
        start, end = self._find(source, None), self._find(target, None)
        if start is None or end is None:
            return None
        node = self._node(start)
        return Operation("move", node, names=((*start, None), (*end, node)))

    def _unlink(self, result: None, path: Any, *, dir_fd: int | None = None) -> Operation | None:
        place = self._find(path, dir_fd)
        return Operation("remove", self._node(place), names=((*place, None),)) if place else None

    def _mkdir(self, result: None, path: Any, mode: int = 0) -> Operation | None:
        place = self._find(path, None)
        node = Node(is_folder=True)
        return Operation("create", node, names=((*place, node),)) if place else None


def build(tree: Tree, root: Path) -> None:
    """Make `tree` a real one at `root`."""
    root.mkdir(parents=True)
    for name, contents in sorted(tree.items()):
        if contents is None:
            (root / name).mkdir()
        else:
            (root / name).write_bytes(contents)


def _changes(operation: Operation) -> bool:
    return operation.kind not in ("sync", "mark")


def _is_safe(operation: Operation, later: list[Operation]) -> bool:
    synced = {one.node for one in later if one.kind == "sync"}
    if operation.kind == "write":
        return operation.node in synced
    return {folder for folder, _, _ in operation.names} <= synced


def _choices(size: int) -> Iterator[tuple[bool, ...]]:
    """Which of `size` operations are kept: all choices of a few; of many all or none, a beginning, one more or less."""
    if size <= _ALL_SUBSETS:
        yield from itertools.product((False, True), repeat=size)
        return
    for number in range(size + 1):
        yield tuple(place < number for place in range(size))
        yield tuple(place != number for place in range(size))
        yield tuple(place == number for place in range(size))
