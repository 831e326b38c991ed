"""Names of runs and their folders: readable for people, harmless for every file system."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

LONGEST_NAME = 120
_LONGEST_STEM = 60
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+')


def clean_name(name: str) -> str:
    """`name` on one line, without what cannot be shown. Raises WorkbenchError if nothing is left or it is too long."""
    shown = name.encode("utf-8", "replace").decode("utf-8")
    cleaned = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", shown).split())
    if not 0 < len(cleaned) <= LONGEST_NAME:
        what = tr("A name has 1 to {most} characters.", most=LONGEST_NAME)
        remedy = tr("Choose another name.")
        raise WorkbenchError(Problem(code="S10", where=tr("Name"), what=what, remedy=remedy, field="name"))
    return cleaned


def stem_of(name: str) -> str:
    """What is left of `name` as the beginning of a folder's name on every system."""
    shown = name.encode("utf-8", "replace").decode("utf-8")
    stem = _UNSAFE.sub("-", " ".join(shown.split()))[:_LONGEST_STEM]
    while len(stem.encode()) > 2 * _LONGEST_STEM:
        stem = stem[:-1]
    return stem.strip(" .-") or "run"


def numbered(stem: str, taken: Iterable[str]) -> str:
    """`STEM-N` with the next N after all that are taken; upper and lower case count as equal."""
    pattern = re.compile(re.escape(stem.casefold()) + r"-(\d{1,9})")
    found = (pattern.fullmatch(name.casefold()) for name in taken)
    return f"{stem}-{max((int(match[1]) for match in found if match), default=0) + 1}"


def without_number(name: str) -> str:
    """`reviews-3` -> `reviews`."""
    return re.sub(r"-\d{1,9}$", "", name)


def free_name(folder: Path, stem: str) -> Path:
    """The first of `folder/STEM1`, `folder/STEM2` ... that does not exist."""
    number = 1
    while (folder / f"{stem}{number}").exists():
        number += 1
    return folder / f"{stem}{number}"


def not_found(wanted: str, names: list[str]) -> WorkbenchError:
    """No run is called `wanted`; some are nearly."""
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5) or names[:3]
    remedy = tr("Did you mean: {names}?", names=", ".join(near)) if near else tr("There are no runs yet.")
    what = tr("There is no run “{name}”.", name=wanted)
    return WorkbenchError(Problem(code="S11", where=tr("History"), what=what, remedy=remedy))


def still_going(name: str) -> WorkbenchError:
    """The run `name` is being recorded, by this process or another one."""
    what = tr("The run “{name}” is still going.", name=name)
    return WorkbenchError(Problem(code="S13", where=tr("History"), what=what, remedy=tr("Stop it first.")))


def in_the_bin(name: str) -> WorkbenchError:
    """The run `name` was deleted, and cannot go on where it is."""
    what = tr("The run “{name}” is in the bin.", name=name)
    return WorkbenchError(Problem(code="S15", where=tr("History"), what=what, remedy=tr("Restore it first.")))
