"""The command `workbench`: parse, open the studio, hand over; errors become words and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence

from workbench.cli import asking, demo, looking, resuming, sweeping, training
from workbench.cli.parser import build_parser, language_asked_for
from workbench.cli.terminal import DONE, MENDABLE, OUR_BUG, STOPPED, Terminal, speak_utf8
from workbench.core.errors import WorkbenchError
from workbench.core.language import set_language, system_language, tr
from workbench.studio import Studio

Command = Callable[[argparse.Namespace, Studio, Terminal], int]
COMMANDS: dict[str, Command] = {
    "train": training.train,
    "resume": resuming.resume,
    "sweep": sweeping.sweep,
    "predict": asking.predict,
    "runs": looking.runs,
    "check": looking.check,
    "demo": demo.demo,
}


def main(arguments: Sequence[str], *, open_window: Callable[[argparse.Namespace], int]) -> int:
    """Carry out `workbench ARGUMENTS`. `open_window` is called where no command is given. Returns the exit status.

    0 done; 2 the user can mend it; 1 our bug; 130 stopped by the user.
    """
    speak_utf8()
    asked = language_asked_for(arguments)
    set_language(asked or system_language())
    parsed = build_parser().parse_args(arguments)
    terminal = Terminal()
    try:
        if parsed.command is None:
            return _window(parsed, terminal, open_window)
        studio = Studio(parsed.workspace)
        if asked is None and studio.settings.language:
            set_language(studio.settings.language)
        for note in studio.notes:
            terminal.say(note)
        return COMMANDS[parsed.command](parsed, studio, terminal)
    except WorkbenchError as error:
        for problem in error.problems:
            terminal.say(str(problem))
        return MENDABLE
    except KeyboardInterrupt:
        terminal.say(tr("Stopped."))
        return STOPPED
    except BrokenPipeError:
        # Who reads us has seen enough (`workbench runs | head`): end in peace, and keep Python from flushing again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:
        terminal.say(tr("Sorry, this is a mistake of ours. Your files are as they were. Details for a report:"))
        terminal.say(traceback.format_exc())
        return OUR_BUG


def _window(parsed: argparse.Namespace, terminal: Terminal, open_window: Callable[[argparse.Namespace], int]) -> int:
    if _has_display():
        return open_window(parsed)
    terminal.say(tr("There is no display here that a window could open on."))
    terminal.say(tr("On a desktop, or after ssh -X, it opens. A virtual display works too: xvfb-run workbench"))
    terminal.say(tr("The same work in the terminal: workbench demo, or workbench train DATA"))
    return MENDABLE


def _has_display() -> bool:
    """Whether Qt may find a screen. Only Linux tells by its environment; a named Qt platform is taken at its word."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
