"""Which service is the database, where its container is gone; and a rollback never takes that for no database."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.config import Config
from avnwizard.domain.config_postgres import PostgresSection
from avnwizard.domain.postgres.choice import DatabaseChoice
from avnwizard.domain.postgres.server import Evidence
from avnwizard.errors import HostError
from avnwizard.flows.rollback.verdict import judge
from avnwizard.flows.stack.baseline import Baseline
from avnwizard.planned import StepKind
from avnwizard.wiring import choosing

_BEGUN = cast("Any", [SimpleNamespace(name="job:kratos-migrate", kind=StepKind.JOB, service="kratos-migrate")])
_WEB = Evidence("web", "example.test/web:1", programs=frozenset({"web"}))


def _stack(**services: str) -> Any:
    found = {name: SimpleNamespace(image=image) for name, image in services.items()}
    return SimpleNamespace(resolve=lambda **_: SimpleNamespace(services=found, raw={}))


def _unresolved(**_: object) -> Any:
    raise HostError("no such variable", "set it")


def test_a_removed_container_is_known_by_the_compose_file() -> None:
    """Others are there, its own is not: `docker compose rm`, or a volume that is made again."""
    choose, config = choosing.choose, Config()
    assert choose(_stack(web="example.test/web:1", db="postgres:17"), config, [_WEB]).service == "db"
    made = Evidence("pg", "example.test/store:1", programs=frozenset({"postgres"}))
    assert choose(_stack(db="other:1"), config, [made]).service == "pg"
    unknown = choose(cast("Any", SimpleNamespace(resolve=_unresolved)), config, [_WEB])
    assert (unknown.service, bool(unknown.trouble)) == ("", True)
    with pytest.raises(HostError):
        choose(cast("Any", SimpleNamespace(resolve=_unresolved)), config, [])
    named = Config(postgres=PostgresSection("db"))
    assert choose(_stack(db="example.test/store:1", web="web:1"), named, [_WEB]) == DatabaseChoice("db")
    assert choose(_stack(web="web:1"), named, [_WEB]).trouble


def test_a_rollback_does_not_take_it_for_no_database() -> None:
    """The code alone would go back onto a schema that was migrated."""
    host = cast("Any", SimpleNamespace(has_database=False))
    with pytest.raises(HostError, match="had databases before") as raised:
        judge(host, cast("Any", None), _BEGUN, Baseline(None, {"kratos": "fingerprint"}))
    assert "avnwizard.toml" in raised.value.hint
