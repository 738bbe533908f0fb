"""A rename that is broken off by hand."""

from typing import Any, cast

import pytest

from avnwizard.adapters.postgres import lifecycle


class _Connection:
    """Waits for the database to be free for ever; the operator does not."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def execute(self, statement: Any, _values: object = None) -> "_Connection":
        self.said.append(statement if isinstance(statement, str) else statement.as_string(None))
        if "RENAME" in self.said[-1]:
            raise KeyboardInterrupt
        return self

    def fetchone(self) -> object:
        return None if self.said.count(self.said[-1]) % 2 == 0 else (1,)


def test_ctrl_c_leaves_the_database_open() -> None:
    """Who stops a restore while the swap waits must not leave the live database closed to new connections."""
    connection = _Connection()
    with pytest.raises(KeyboardInterrupt):
        lifecycle.rename(cast("Any", connection), "shop", "shop kept")
    allowed = [said for said in connection.said if "ALLOW_CONNECTIONS" in said]
    assert allowed == [f'ALTER DATABASE "shop" WITH ALLOW_CONNECTIONS {said}' for said in ("false", "true")]
