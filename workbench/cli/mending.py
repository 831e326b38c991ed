"""`--mend` and the fixes of findings: what is done to the rows of a file, as words of the terminal."""

from __future__ import annotations

import argparse

import msgspec

from workbench.cli.flags import typed
from workbench.core.errors import Problem
from workbench.core.language import tr
from workbench.core.options import Scalar
from workbench.core.plan import Choice, TrainingPlan
from workbench.core.registry import unknown
from workbench.studio import Fix, Studio, mends

_EXAMPLE = "--mend drop-rare-classes:minimum=3"


def add_mend_flag(parser: argparse.ArgumentParser) -> None:
    """`--mend NAME[:option=value]`, as often as is needed."""
    words = tr(
        "change the rows before anything else sees them; the file stays as it is; may be given again; one of: {names}",
        names=", ".join(mends()),
    )
    name = tr("NAME[:option=value]")
    parser.add_argument("--mend", metavar=name, action="append", default=[], help=words.replace("%", "%%"))


def with_mends(plan: TrainingPlan, arguments: argparse.Namespace, studio: Studio) -> tuple[TrainingPlan, list[Problem]]:
    """`plan` with the mends that were asked for, and what is wrong with them."""
    problems: list[Problem] = []
    for text in arguments.mend:
        mend, found = _mend_from(text)
        problems += found
        if not found:
            plan = studio.with_fix(plan, Fix(title=text, mend=mend))
    return plan, problems


def _mend_from(text: str) -> tuple[Choice, list[Problem]]:
    """The mend that "NAME:option=value:option=value" names, and what is wrong with it."""
    name, *words = text.strip().split(":")
    if name not in mends():
        return Choice(name=name), [unknown("--mend", "mends", name, mends())]
    declared = {option.name: option for option in mends()[name].options}
    values: dict[str, Scalar] = {}
    problems: list[Problem] = []
    for word in words:
        knob, sign, value = word.partition("=")
        if not sign or knob not in declared:
            what = tr("The mend “{name}” has no setting “{word}”.", name=name, word=word)
            known = ", ".join(f"{option}=…" for option in declared) or "-"
            remedy = tr("Possible: {possible}. Write: {example}", possible=known, example=_EXAMPLE)
            problems.append(Problem(code="D42", where=f"--mend {text}", what=what, remedy=remedy, field="mends"))
            continue
        values[knob] = typed(declared[knob], value)
        found = declared[knob].check(values[knob])
        problems += [msgspec.structs.replace(found, where=f"--mend {text}")] if found else []
    return Choice(name=name, options=values), problems


def flag_of(fix: Fix) -> str:
    """The words with which `fix` is asked for in the terminal; "" if there are none."""
    if fix.mend is not None:
        values = "".join(f":{name}={_word(value)}" for name, value in fix.mend.options.items())
        return f"--mend {_quoted(fix.mend.name + values)}"
    if fix.split is not None:
        values = "".join(
            f" --split-{name.replace('_', '-')} {_quoted(_word(value))}" for name, value in fix.split.options.items()
        )
        return f"--split {fix.split.name}{values}"
    if fix.setting is not None and fix.setting.group != "columns":
        return f"--{fix.setting.name.replace('_', '-')} {_quoted(_word(fix.setting.value))}"
    return ""


def _word(value: Scalar) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _quoted(word: str) -> str:
    """`word` in quotation marks where a shell would take it apart."""
    plain = all(char.isalnum() or char in "-_.:=+/" for char in word)
    return word if plain and word else f'"{word}"'
