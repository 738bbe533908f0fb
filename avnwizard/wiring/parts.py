"""What every stack needs alike."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avnwizard.domain.config import Config
    from avnwizard.ports import EdgeProbe, SqlReader


def sql_reader() -> "SqlReader":
    """What reads SQL, with a stack and without."""
    from avnwizard.adapters.sql.reader import ChildSqlReader

    return ChildSqlReader()


def http_probe(config: "Config | None" = None) -> "EdgeProbe":
    """What asks the edge over HTTP; it waits for as long as a request may be held."""
    from avnwizard.adapters.edge import HttpProbe

    return HttpProbe(hold_s=config.roll.hold_s if config else 0.0)
