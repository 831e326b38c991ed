"""Where the words go: results on stdout, everything else on stderr, both in UTF-8 whatever the locale says."""

from __future__ import annotations

import codecs
import io
import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

DONE, OUR_BUG, MENDABLE, STOPPED = 0, 1, 2, 130


def speak_utf8() -> None:
    """Make stdout and stderr UTF-8. What UTF-8 cannot hold (a lone surrogate) becomes its escape, as JSON writes it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


@dataclass(frozen=True)
class Terminal:
    """`results` writes to stdout, `notes` to stderr. Texts are shown as they are: no markup, no emoji codes."""

    results: Console = field(default_factory=lambda: _console(stderr=False))
    notes: Console = field(default_factory=lambda: _console(stderr=True))

    def say(self, text: str | Text) -> None:
        """A line about the work, for people."""
        self.notes.print(text)

    def answer(self, text: str | Text = "") -> None:
        """A line of the result."""
        self.results.print(text)

    def answer_json(self, value: object) -> None:
        """`value` as one line of JSON on stdout."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def piped_text(terminal: Terminal) -> str | None:
    """All of the standard input as text; None if there is none, or if a person sits there. Raises WorkbenchError.

    What the locale says does not count: pipes carry UTF-8 on systems that say GBK, and the other way round.
    """
    if sys.stdin is None or sys.stdin.isatty():
        return None
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read()
    text, encoding = decoded(stream.read())
    if encoding == "gb18030":
        terminal.say(tr("The piped text is not UTF-8; it is read as {encoding}.", encoding="GB18030"))
    return text


def decoded(data: bytes) -> tuple[str, str]:
    """`data` as text, and the encoding: that of its byte order mark, else UTF-8 if it can be, else GB18030.

    Raises WorkbenchError if it is none of them.
    """
    encodings = ("utf-16",) if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise WorkbenchError(
        Problem(
            code="C06",
            where=tr("Standard input"),
            what=tr("The text is neither UTF-8 nor GB18030."),
            remedy=tr("Send it as UTF-8, or give a file with --data."),
        )
    )


def clean(text: str) -> str:
    """`text` without lone surrogates (bytes of the command line that were no UTF-8), which no tokenizer takes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def program() -> str:
    """What to type to call this program again: `workbench` where the shell finds it, else its path or module."""
    started = Path(sys.argv[0])
    if started.stem != "workbench":
        return "python -m workbench"
    return "workbench" if shutil.which("workbench") == str(started) else str(started)
