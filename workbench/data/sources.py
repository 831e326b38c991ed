"""Sources: the tables of all files of a dataset, as they are read and as the plan's mends leave them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from workbench.core.errors import WorkbenchError
from workbench.core.fields import Field
from workbench.core.plan import DatasetSpec
from workbench.data.mends import mended
from workbench.data.parsing import read_columns, read_other
from workbench.data.table import Table
from workbench.data.watching import Watch


class Sources(Struct, frozen=True, kw_only=True):
    """The training file as it was `read` and its rows after the mends, `main`; the `others` after theirs, by path.

    In place of a validation or test file that cannot be read stands what is wrong with it.
    """

    read: Table
    main: Table
    others: dict[str, Table | WorkbenchError]


def read_sources(
    spec: DatasetSpec, fields: Mapping[str, Field], watch: Watch, *, until: float, also: str = ""
) -> Sources:
    """Read all files of `spec` and mend their rows; the share `until` of the watched work is done then.

    `also` names a further column of the training file. Raises WorkbenchError if the training file has no such table,
    or if there is no such mend.
    """
    watch.part(until if not spec.mends else 0.8 * until)
    read = read_columns(spec.path, spec.reading, spec.columns, fields, watch.tell, also=also)
    watch.part(until)
    others: dict[str, Table | WorkbenchError] = {}
    for path in (spec.validation_path, spec.test_path):
        if path and path not in others:
            try:
                table = read_other(path, spec, fields, watch.tell)
            except WorkbenchError as error:
                others[path] = error
            else:
                others[path] = mended(table, spec.mends, spec.columns, fields, watch, main=read)
    known = [table for table in others.values() if isinstance(table, Table)]
    main = mended(read, spec.mends, spec.columns, fields, watch, others=known)
    return Sources(read=read, main=main, others=others)
