"""Postgres' container is gone: it is looked for in the compose files; a rollback never takes it for no database."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard import wiring
from avnwizard.errors import HostError
from avnwizard.flows.baseline import Baseline
from avnwizard.flows.way_back import judge

_BEGUN = cast("Any", [SimpleNamespace(name="job:kratos-migrate")])


def _stack(**services: str) -> Any:
    found = {name: SimpleNamespace(image=image) for name, image in services.items()}
    return SimpleNamespace(resolve=lambda: SimpleNamespace(services=found))


def _unresolved() -> Any:
    raise HostError("no such variable", "set it")


def test_a_removed_container_is_known_by_the_compose_file() -> None:
    """Others are there, its own is not: `docker compose rm`, or a volume that is made anew."""
    made = {"web": "example.test/web:1"}
    assert wiring._find_postgres(_stack(web="example.test/web:1", db="postgres:17"), made) == "db"
    assert wiring._find_postgres(_stack(db="other:1"), {"pg": "postgres:17"}) == "pg"
    assert wiring._find_postgres(cast("Any", SimpleNamespace(resolve=_unresolved)), made) == ""
    with pytest.raises(HostError):
        wiring._find_postgres(cast("Any", SimpleNamespace(resolve=_unresolved)), {})


def test_a_rollback_does_not_take_it_for_no_database() -> None:
    """The code alone would go back onto a schema that was migrated."""
    host = cast("Any", SimpleNamespace(postgres_service=""))
    with pytest.raises(HostError, match="had databases before") as raised:
        judge(host, cast("Any", None), _BEGUN, Baseline(None, {"kratos": "fingerprint"}))
    assert "avnwizard.toml" in raised.value.hint
    assert not judge(host, cast("Any", None), _BEGUN, Baseline(None)).restore
