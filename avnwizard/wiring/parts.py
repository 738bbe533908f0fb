"""What every stack needs alike."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avnwizard.ports import EdgeProbe, SqlReader


def sql_reader() -> "SqlReader":
    """What reads SQL, with a stack and without."""
    from avnwizard.adapters.sql.reader import ChildSqlReader

    return ChildSqlReader()


def http_probe() -> "EdgeProbe":
    """What asks the edge over HTTP."""
    from avnwizard.adapters.edge import HttpProbe

    return HttpProbe()
