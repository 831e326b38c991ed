"""What the disk says (`OSError`), in words that a user can act on."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path

from workbench.core.errors import Problem, WorkbenchError
from workbench.core.language import tr

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_VANISHED = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR, errno.ESTALE}
_BROKEN = {errno.EIO}
_BUSY = {errno.EBUSY, errno.ETIMEDOUT, errno.EAGAIN}


def explain(error: OSError, path: str | Path | None = None) -> WorkbenchError:
    """`error` as something the user can mend: which path, what happened, what is possible.

    `path` is named where the error itself names none.
    """
    where = str(error.filename or path or "")
    return WorkbenchError(_problem(error, where))


def _problem(error: OSError, where: str) -> Problem:
    if error.errno in _FULL:
        return _full(where)
    if error.errno == errno.EROFS:
        what = tr("This folder can only be read, not written to.")
        return Problem(code="S02", where=where, what=what, remedy=tr("Choose another folder."))
    if error.errno in (errno.EACCES, errno.EPERM):
        what = tr("You are not allowed to write here, or another program holds the file.")
        remedy = tr("Close other programs that use it, or choose another folder.")
        return Problem(code="S03", where=where, what=what, remedy=remedy)
    if error.errno in _VANISHED:
        what = tr("The folder is gone. The drive may have been removed.")
        return Problem(
            code="S04", where=where, what=what, remedy=tr("Connect the drive again, or choose another folder.")
        )
    if error.errno in _BROKEN:
        what = tr("The disk reports errors. What was saved before is unchanged.")
        return Problem(code="S05", where=where, what=what, remedy=tr("Back up your files now and choose another disk."))
    if error.errno in _BUSY:
        what = tr("Another window or program is using it.")
        return Problem(code="S06", where=where, what=what, remedy=tr("Wait a moment and try again."))
    what = tr("The disk refused: {reason}.", reason=error.strerror or str(error))
    return Problem(code="S07", where=where, what=what, remedy=tr("Try again, or choose another folder."))


def _full(where: str) -> Problem:
    what = tr("The disk is full. What was saved before is unchanged.")
    for folder in (Path(where), *Path(where).parents) if Path(where).is_absolute() else ():
        with suppress(OSError, ValueError):
            free = shutil.disk_usage(folder).free / 1e6
            what = tr("The disk is full: {free} MB are free. What was saved before is unchanged.", free=f"{free:,.0f}")
            break
    remedy = tr("Free some space or choose another disk, then try again.")
    return Problem(code="S01", where=where, what=what, remedy=remedy)
