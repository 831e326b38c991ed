"""The words of the terminal, as an argument parser."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from workbench import __version__
from workbench.cli.flags import SHARE_HELP, add_flags
from workbench.cli.mending import add_mend_flag
from workbench.cli.resuming import OPTIONS as RESUME_OPTIONS
from workbench.cli.splitting import add_split_flags
from workbench.cli.sweeping import METHODS
from workbench.cli.usage import Parser, speak_our_words
from workbench.core.language import LANGUAGES, mark, tr
from workbench.studio import FAMILIES, sinks, task_infos

FAMILY_HELP = {
    "loss": mark("What counts as wrong, and how much."),
    "optimizer": mark("How the weights are changed at each step."),
    "schedule": mark("How the learning rate moves during the run."),
    "tuning": mark("Which weights learn."),
}


def language_asked_for(arguments: Sequence[str]) -> str | None:
    """The value of --language, looked up before parsing because the help is already spoken in it."""
    first = Parser(add_help=False)
    first.add_argument("--language", choices=tuple(LANGUAGES))
    known, _ = first.parse_known_args([word for word in arguments if word != "--"])
    language: str | None = known.language
    return language


def build_parser() -> argparse.ArgumentParser:
    """The parser of `workbench`, in the language spoken now."""
    speak_our_words()
    parser = Parser(
        prog="workbench",
        description=tr("Build a first large model: choose a model, give it a table, watch it learn, try it."),
        epilog=tr("Without a command the window opens. Nothing leaves this computer."),
    )
    parser.add_argument("--version", action="version", version=f"workbench {__version__}")
    parser.add_argument("--sample", action="store_true", help=tr("open the window on the sample project"))
    _common(parser)
    commands = parser.add_subparsers(dest="command", metavar=tr("COMMAND"), title=tr("commands"))
    _train(commands)
    _resume(commands)
    _sweep(commands)
    _predict(commands)
    _command(commands, "runs", tr("List the runs of the workspace."), json=True)
    _check(commands)
    _command(commands, "demo", tr("Train on the sample, classify three sentences, draw the curves."), json=False)
    return parser


def _command(commands: argparse._SubParsersAction[Parser], name: str, summary: str, *, json: bool) -> Parser:
    parser = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    _common(parser, nested=True)
    if json:
        parser.add_argument("--json", action="store_true", help=tr("print JSON instead of text"))
    return parser


def _common(parser: argparse.ArgumentParser, *, nested: bool = False) -> None:
    # A nested default would overwrite what stands before the command.
    default = argparse.SUPPRESS if nested else None
    folder, words = tr("the folder of runs and models"), tr("the language of messages")
    parser.add_argument("--workspace", metavar=tr("DIR"), default=default, help=folder)
    parser.add_argument("--language", choices=tuple(LANGUAGES), default=default, help=words)


def _train(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(commands, "train", tr("Train a model on a table."), json=True)
    parser.add_argument("--events", metavar="-", help=tr("print every event as a line of JSON"))
    kinds = "|".join(sinks())
    there = tr("write the curves for another program too: into a folder, or to the address of a server of yours")
    parser.add_argument("--log", metavar=tr("{kinds}=FOLDER", kinds=kinds), action="append", help=there)
    _add_plan(parser)


def _sweep(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(commands, "sweep", tr("Train with several values of some settings, and compare."), json=True)
    values = tr("values to try, e.g. learning_rate=1e-5,1e-4 or epochs=1..3; may be given again for another setting")
    parser.add_argument("--over", metavar=tr("NAME=VALUES"), action="append", required=True, help=values)
    how = tr("every combination, at random, or where the best is expected (needs the extra “sweeps”)")
    parser.add_argument("--method", choices=METHODS, default="grid", help=how)
    most = tr("how many runs at most; a grid makes all of them, the others 10, if left out")
    parser.add_argument("--trials", metavar="N", help=most)
    _add_plan(parser)


def _add_plan(parser: Parser) -> None:
    """Everything that a plan is made of."""
    parser.add_argument("data", metavar=tr("DATA"), help=tr("a CSV, TSV or similar table"))
    parser.add_argument("--task", metavar="|".join(task_infos()), help=tr("what to learn; guessed if left out"))
    _add_columns(parser)
    parser.add_argument("--model", metavar=tr("offline|scratch|FOLDER|HUB_ID"), help=tr("the model to start from"))
    once = tr("fetch the model from the hub first, if it is not here; the only step that uses the network")
    parser.add_argument("--download", action="store_true", help=once)
    address = tr("the address of the hub, for this download only; else the settings or HF_ENDPOINT say it")
    parser.add_argument("--hub-endpoint", metavar="URL", help=address)
    for family, registry in FAMILIES.items():
        names = "|".join(registry.entries)
        parser.add_argument(f"--{family}", metavar=names, help=tr(FAMILY_HELP[family]))
    parser.add_argument("--validation", metavar=tr("FILE|FRACTION"), help=tr(SHARE_HELP))
    add_split_flags(parser)
    add_mend_flag(parser)
    parser.add_argument("--test", metavar=tr("FILE"), help=tr("a file with rows for one last honest measure"))
    parser.add_argument("--name", metavar=tr("NAME"), help=tr("the name of the run"))
    add_flags(parser)


def _add_columns(parser: argparse.ArgumentParser) -> None:
    column = tr("COL")
    parser.add_argument("--text", metavar=column, help=tr("the column that is read"))
    parser.add_argument("--text-pair", metavar=column, help=tr("a second column that is read with it"))
    parser.add_argument("--label", metavar=column, help=tr("the column that is learned: a class or a number"))
    parser.add_argument("--encoding", metavar=tr("NAME"), help=tr("the file's encoding; detected if left out"))
    parser.add_argument("--delimiter", metavar=tr("SIGN"), help=tr("the sign between cells; detected if left out"))
    sheet = tr("the sheet of a workbook; the first one with a table if left out")
    parser.add_argument("--sheet", metavar=tr("NAME"), help=sheet)


def _resume(commands: argparse._SubParsersAction[Parser]) -> None:
    summary = tr("Go on with a run that was paused, stopped or interrupted.")
    parser = _command(commands, "resume", summary, json=True)
    parser.add_argument("run", metavar=tr("RUN"), help=tr("the name of a run; see: workbench runs"))
    parser.add_argument("--events", metavar="-", help=tr("print every event as a line of JSON"))
    for option in RESUME_OPTIONS:
        words = tr("{help} Unchanged if left out.", help=tr(option.help)).replace("%", "%%")
        parser.add_argument(option.flag, metavar="N" if option.kind == "integer" else "X", help=words)


def _predict(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(commands, "predict", tr("Ask the model of a run."), json=True)
    parser.add_argument("run", metavar=tr("RUN"), help=tr("the name of a run; see: workbench runs"))
    parser.add_argument("texts", metavar=tr("TEXT"), nargs="*", help=tr("the texts to judge"))
    parser.add_argument("--data", metavar=tr("FILE"), help=tr("a table whose rows are judged"))
    parser.add_argument("--out", metavar=tr("FILE"), help=tr("write the answers to this CSV file"))


def _check(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _command(commands, "check", tr("Look at a table before training on it."), json=True)
    parser.add_argument("data", metavar=tr("DATA"), help=tr("a CSV, TSV or similar table"))
    parser.add_argument("--task", metavar="|".join(task_infos()), help=tr("what to learn; guessed if left out"))
    _add_columns(parser)
    add_split_flags(parser)
    add_mend_flag(parser)
