"""Which of several Postgres services is upgraded."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.errors import RefusedError
from avnwizard.flows.postgres.planning import with_database
from tests.flows.postgres_world import make_world


def test_one_of_several(tmp_path: Path) -> None:
    """Each can be named, also where nobody said which is the database; what is no server cannot."""
    host = make_world(tmp_path / "checkout").host(tmp_path / "state")
    for choice in (DatabaseChoice("db", ("second",)), DatabaseChoice(others=("db", "second"), trouble="two")):
        several = replace(host, choice=choice)
        assert with_database(several, "second").postgres_service == "second"
        assert with_database(several, "second").choice.others == ("db",)
        assert with_database(several, "db").postgres_service == "db"
        with pytest.raises(RefusedError, match="db, second") as refused:
            with_database(several, "app\x1b[31m")
        assert "\x1b" not in refused.value.message
