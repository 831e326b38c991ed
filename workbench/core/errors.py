"""Two families of errors: what the user can mend (`WorkbenchError`), and everything else, which is our bug."""

from __future__ import annotations

from msgspec import Struct

from workbench.core.language import tr


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that the user can mend: where it is, what it is, what is possible.

    All texts are already in the user's language (`tr`). `field` names the plan's knob or the dataset's field that the
    problem belongs to, so that a front end can mark it. `severity` is "error" (cannot start) or "warning".
    """

    code: str
    what: str
    where: str = ""
    remedy: str = ""
    field: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        what = tr("{where}: {what}", where=self.where, what=self.what) if self.where else self.what
        return tr("{what} {remedy}", what=what, remedy=self.remedy) if self.remedy else what


class WorkbenchError(Exception):
    """What the user can mend. Carries every problem found, all at once."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
