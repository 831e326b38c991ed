"""Apart: libraries that take strangers' binary files to pieces work in a process of their own.

They are written in Rust, and a damaged or hostile file can make one end its whole process, ask for all memory or work
for ever; none of that can be caught. A process of its own has limits and can be ended, and the window stays awake.

A module that works apart has a function that yields messages for an order, and hands it to `serve` when it is run.
"""

from __future__ import annotations

import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from workbench.data.collecting import FIELD_LIMIT
from workbench.data.table import Progress

if TYPE_CHECKING:
    import polars as pl

MOST_TEXT = 2**30
"""The most text, in bytes, that is taken out of one file: packed tables can unfold to a thousand times their size."""

_ROOT = Path(__file__).resolve().parent.parent.parent
_WITHHELD = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACEHUB_API_TOKEN")
_MEMORY_BYTES = 5 * 2**28
_MEMORY_PER_BYTE = 60
_POLL_SECONDS = 0.05
_PIECE_ROWS = 1024
_PIECE_BYTES = 4 * 2**20


class Facts(Struct, tag=True, kw_only=True):
    """What is known before the rows come: the file's own `names` of its columns, its `rows` where they are counted.

    `sheet` of `sheets` is read. `merged` are the first and last rows of merged cells, `uncalculated` counts formulas
    without a value, `opaque` names columns that hold bytes instead of text.
    """

    names: list[str] = []
    rows: int | None = None
    sheets: list[str] = []
    sheet: str = ""
    merged: list[tuple[int, int]] = []
    uncalculated: int = 0
    opaque: list[str] = []


class Block(Struct, tag=True):
    """Consecutive rows, column by column."""

    cells: list[list[str]]


class Failure(Struct, tag=True, kw_only=True):
    """Why nothing more comes; `detail` is the library's own word, `names` are what could be asked for instead."""

    kind: str
    detail: str = ""
    names: list[str] = []


class Done(Struct, tag=True):
    """All has come."""


Message = Facts | Block | Failure | Done


class ApartError(Exception):
    """The work failed. `failure.kind` is the worker's own, or "slow", "broke" or "memory"."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


# In the process that asks.


def answers(
    module: str, order: Mapping[str, Any], size: int, progress: Progress | None = None
) -> Iterator[Facts | Block]:
    """What `module` answers to `order` about a file of `size` bytes. The process ends with the iteration.

    `progress` is called all the while with the share of the rows that came, and may raise to stop. Raises ApartError.
    """
    seconds = 3 + size * 2e-6  # of the processor: half a megabyte a second comes from the slowest machine
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    frames: queue.Queue[bytes] = queue.Queue(maxsize=4)
    over = threading.Event()
    pump = threading.Thread(target=_pump, args=(worker.stdout, frames, over), daemon=True)
    pump.start()
    try:
        with suppress(OSError):  # it ended at once: the pump will tell
            assert worker.stdin is not None
            limits = {"seconds": seconds, "bytes": _MEMORY_BYTES + _MEMORY_PER_BYTE * size}
            worker.stdin.write(json.dumps({**order, **limits}).encode() + b"\n")
            worker.stdin.flush()
        yield from _messages(worker, frames, 15 + 4 * seconds, progress)
    finally:
        over.set()
        worker.kill()
        worker.wait()
        pump.join()
        for pipe in (worker.stdin, worker.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _WITHHELD}
    kept["RUST_BACKTRACE"] = "0"  # to write one takes seconds, and nobody reads it
    kept["POLARS_MAX_THREADS"] = str(min(4, os.cpu_count() or 1))
    kept["MALLOC_ARENA_MAX"] = "2"  # each thread would claim memory beforehand, out of what is allowed
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return kept


def _messages(
    worker: subprocess.Popen[bytes], frames: queue.Queue[bytes], patience: float, progress: Progress | None
) -> Iterator[Facts | Block]:
    decoder = msgspec.msgpack.Decoder(Message)
    last, rows, came = time.monotonic(), 0, 0
    while True:
        if progress:
            progress(min(1.0, came / rows) if rows else 0.0)
        try:
            frame = frames.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if time.monotonic() - last > patience:
                raise ApartError(Failure(kind="slow")) from None
            continue
        last = time.monotonic()
        if not frame:
            raise ApartError(Failure(kind=_ended(worker)))
        message = decoder.decode(frame)
        if isinstance(message, Done):
            return
        if isinstance(message, Failure):
            raise ApartError(message)
        rows = message.rows or 0 if isinstance(message, Facts) else rows
        came += len(message.cells[0]) if isinstance(message, Block) and message.cells else 0
        yield message


def _ended(worker: subprocess.Popen[bytes]) -> str:
    try:
        code = worker.wait(timeout=5)
    except subprocess.TimeoutExpired:
        return "broke"
    return "slow" if code == -24 else "broke"  # SIGXCPU: its time on the processor was over


def _pump(stream: IO[bytes], frames: queue.Queue[bytes], over: threading.Event) -> None:
    with suppress(OSError, ValueError):
        while len(head := stream.read(4)) == 4:
            frame = stream.read(int.from_bytes(head, "little"))
            if len(frame) < int.from_bytes(head, "little") or not _put(frames, frame, over):
                break
    _put(frames, b"", over)


def _put(frames: queue.Queue[bytes], frame: bytes, over: threading.Event) -> bool:
    while not over.is_set():
        with suppress(queue.Full):
            frames.put(frame, timeout=_POLL_SECONDS)
            return True
    return False


# In the process that works.


class RefusedError(Exception):
    """The worker knows why the file cannot be read."""

    def __init__(self, kind: str, detail: str = "", names: list[str] | None = None) -> None:
        super().__init__(kind)
        self.failure = Failure(kind=kind, detail=detail, names=names or [])


def serve(work: Callable[[dict[str, Any]], Iterator[Message]]) -> None:
    """Carry out the order on standard input, send what `work` yields, and end the process."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_resources(order["seconds"], order["bytes"])
    with suppress(OSError):
        for message in (*_guarded(work, order, out), Done()):
            _send(out, message)
        out.flush()
    os._exit(0)


def _guarded(
    work: Callable[[dict[str, Any]], Iterator[Message]], order: dict[str, Any], out: IO[bytes]
) -> Iterator[Message]:
    """Send what `work` yields; what is left to send is why it failed, if it did."""
    try:
        for message in work(order):
            _send(out, message)
    except RefusedError as error:
        yield error.failure
    except MemoryError:
        yield Failure(kind="memory")
    except BaseException as error:  # panics of Rust are no Exceptions
        lines = str(error).strip().splitlines() or [type(error).__name__]
        yield Failure(kind="failed", detail=lines[0].encode(errors="replace").decode()[:200])


def _send(out: IO[bytes], message: Message) -> None:
    frame = msgspec.msgpack.encode(message)
    out.write(len(frame).to_bytes(4, "little") + frame)
    out.flush()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


def _limit_resources(seconds: float, most_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's patience alone has to do
        return
    limits = {"RLIMIT_AS": (most_bytes, most_bytes), "RLIMIT_CORE": (0, 0)}
    limits["RLIMIT_CPU"] = (math.ceil(seconds), math.ceil(seconds) + 1)
    for name, limit in limits.items():
        with suppress(ValueError, OSError, AttributeError):  # macOS knows some of these limits by name only
            resource.setrlimit(getattr(resource, name), limit)


def text_blocks(frame: pl.DataFrame) -> Iterator[Block]:
    """The rows of `frame`, whose columns are text without nulls, in blocks of some megabytes at most.

    A cell beyond `FIELD_LIMIT` is cut one character behind it. Raises RefusedError ("large") beyond `MOST_TEXT`.
    """
    import polars as pl

    total = 0
    for piece in frame.iter_slices(_PIECE_ROWS):
        longest = piece.select(pl.all().str.len_bytes().max().fill_null(0)).row(0)
        if max(longest, default=0) > FIELD_LIMIT:
            piece = piece.select(pl.all().str.slice(0, FIELD_LIMIT + 1))
        size = sum(piece.select(pl.all().str.len_bytes().sum()).row(0))
        total += size
        if total > MOST_TEXT:
            raise RefusedError("large")
        step = max(1, min(_PIECE_ROWS, _PIECE_ROWS * _PIECE_BYTES // max(1, size)))
        for part in piece.iter_slices(step):
            yield Block([series.to_list() for series in part])
