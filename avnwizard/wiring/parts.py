"""What every stack needs alike."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avnwizard.domain.config import Config
    from avnwizard.ports import EdgeProbe, SqlReader


def sql_reader() -> "SqlReader":
    """What reads SQL, with a stack and without."""
    from avnwizard.adapters.sql.reader import ChildSqlReader

    return ChildSqlReader()


def http_probe(config: "Config | None" = None, at: str = "") -> "EdgeProbe":
    """What asks the edge over HTTP, on another machine where one is named; it waits as long as a request is held."""
    from avnwizard.adapters.edge import HttpProbe

    return HttpProbe(hold_s=config.roll.hold_s if config else 0.0, at=at)
