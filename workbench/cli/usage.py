"""argparse in our words: its own messages go through the catalogue, and none of them scolds."""

from __future__ import annotations

import argparse
from typing import NoReturn

from workbench.core.language import mark, tr

# argparse's message -> ours, with the same placeholders.
_WORDS = {
    "usage: ": mark("usage: "),
    "positional arguments": mark("what to give"),
    "options": mark("options"),
    "subcommands": mark("commands"),
    "show this help message and exit": mark("show this help and end"),
    "show program's version number and exit": mark("show the version and end"),
    "the following arguments are required: %s": mark("these are missing: %s"),
    "unrecognized arguments: %s": mark("these words are not known here: %s"),
    "argument %(argument_name)s: %(message)s": mark("%(argument_name)s: %(message)s"),
    "invalid choice: %(value)r (choose from %(choices)s)": mark("there is no %(value)r. Possible: %(choices)s"),
    "expected one argument": mark("a value is missing after it"),
    "expected at least one argument": mark("at least one value is missing after it"),
    "ignored explicit argument %r": mark("it takes no value, but got %r"),
    "%(prog)s: error: %(message)s\n": mark("%(prog)s: %(message)s\n"),
}


def _translated(message: str) -> str:
    return tr(_WORDS.get(message, message))


class Parser(argparse.ArgumentParser):
    """A parser without abbreviations, whose errors end with exit status 2 and the way to the help."""

    def __init__(self, *args: object, **settings: object) -> None:
        settings = {"allow_abbrev": False, **settings}
        super().__init__(*args, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        more = tr("More: {command}", command=f"{self.prog} --help")
        self.exit(
            2, _translated("%(prog)s: error: %(message)s\n") % {"prog": self.prog, "message": message} + more + "\n"
        )


def speak_our_words() -> None:
    """From now on argparse takes its messages from our catalogue.

    argparse looks its `_` up as a global at every message; there is no other door to its words.
    """
    setattr(argparse, "_", _translated)  # noqa: B010 - private for argparse, so mypy must not see an attribute
