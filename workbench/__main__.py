"""`python -m workbench` and the command `workbench`: the one place that knows both front ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from workbench.cli.main import main as command_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line, or open the window where no command is given. Returns the exit status."""
    return command_line(sys.argv[1:] if arguments is None else arguments, open_window=open_window)


def open_window(arguments: argparse.Namespace | None = None) -> int:
    """The window, imported only now: Qt costs the terminal nothing. Returns the exit status."""
    from workbench.gui.app import main as show

    if arguments is None:
        return show()
    return show([], workspace=arguments.workspace or "", language=arguments.language or "")


if __name__ == "__main__":
    raise SystemExit(main())
