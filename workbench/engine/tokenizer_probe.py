"""Does a stranger's tokenizer answer in time? It is tried in a process of its own before it is used.

A tokenizer.json holds regular expressions, and one such as `(a+)+$` needs exponential time or ends in a panic of the
Rust library. A thread that hangs in there cannot be stopped, so a child process is used: it has limits of its own for
memory and processor time, and it can be killed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr
from workbench.engine.child import child_command, child_environment

TEXTS = (
    "The quick brown fox jumps over the lazy dog. 12 dogs' tails, don't they? 模型从数据里学习。",
    "a" * 48 + "!",
    "abababab" * 6 + " " * 48 + "0123456789" * 5 + "?",
    "\n\t " * 20 + "-" * 48 + "_" * 48 + "é" * 48 + ".",
    "中" * 48 + "文。" * 12 + "👍🏽" * 12 + "​" * 12 + "x",
)
MOST_SECONDS = 1.0
_PROCESSOR_SECONDS = 5
_WATCHDOG_SECONDS = 20.0  # the interpreter's start is in it, on a cold disk with a virus scanner too
_MEMORY_BYTES = 2 * 2**30

_answered: set[bytes] = set()


def probe(tokenizer_file: Path, *, watchdog: float = _WATCHDOG_SECONDS) -> None:
    """Raise WorkbenchError (M13) if encoding five short texts takes over a second, hangs, or breaks.

    Contents that answered well once in this process are not tried again.
    """
    key = hashlib.sha256(tokenizer_file.read_bytes()).digest()
    if key in _answered:
        return
    command = child_command(__name__, str(tokenizer_file))
    try:
        done = subprocess.run(
            command,
            env=child_environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=watchdog,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(tr("it gives no answer")) from error
    if done.returncode != 0:
        raise _refused(tr("it breaks on plain texts"))
    seconds = json.loads(done.stdout)["seconds"]
    if seconds > MOST_SECONDS:
        raise _refused(tr("it needs {seconds} s for five short texts", seconds=f"{seconds:.1f}"))
    _answered.add(key)


def _refused(reason: str) -> WorkbenchError:
    return WorkbenchError(
        Problem(
            code="M13",
            where="tokenizer.json",
            what=tr("The model's tokenizer is refused: {reason}.", reason=reason),
            remedy=tr("Nothing was loaded. Choose another model."),
            field="model",
        )
    )


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:  # Windows: the watchdog alone has to do
        return
    limits = {
        resource.RLIMIT_AS: _MEMORY_BYTES,
        resource.RLIMIT_CPU: _PROCESSOR_SECONDS,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        with suppress(ValueError, OSError):  # macOS knows some of these limits by name only
            resource.setrlimit(limit, (most, most))


def _answer(tokenizer_file: str) -> int:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(tokenizer_file)
    started = time.process_time()
    for text in TEXTS:
        tokenizer.encode(text)
    print(json.dumps({"seconds": time.process_time() - started}))
    return 0


if __name__ == "__main__":
    _limit_resources()
    raise SystemExit(_answer(sys.argv[1]))
