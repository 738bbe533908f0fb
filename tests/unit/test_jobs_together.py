"""Which one-shots run at the same time: those that say which databases they work on, each others."""

import pytest

from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.jobs_together import databases_of, jobs_together

_SERVERS = {"postgres", "db.internal"}
_JOBS = ("auth", "app", "seed", "mail")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"DSN": "postgres://u:p%40@postgres:5432/auth?sslmode=disable"}, {"auth"}),
        ({"DSN": "postgresql://u:p@db.internal/a%20b"}, {"a b"}),
        ({"URL": "postgresql+asyncpg://u:p@postgres/auth", "LOG": "info"}, {"auth"}),
        ({"A": "postgres://postgres/one", "B": "postgres://postgres/two"}, {"one", "two"}),
        ({"A": "postgres://postgres/one", "B": "postgres://elsewhere/two"}, set()),
        ({"A": "postgres://postgres/one", "B": "postgres://u:p@postgres"}, set()),
        ({"A": "postgres://postgres/one", "B": "postgres://[broken/two"}, set()),
        ({"DSN": "postgres://u:p@postgres/auth?sslmode=disable&dbname=other"}, set()),
        ({"DSN": "postgres://u:p@postgres/auth?host=elsewhere"}, set()),
        ({"DSN": "host=postgres dbname=auth"}, set()),
        ({"DSN": "mysql://postgres/auth"}, set()),
        ({}, set()),
    ],
)
def test_the_databases_that_a_service_is_given(settings: dict[str, str], found: set[str]) -> None:
    """All of them, or none where one cannot be known."""
    assert databases_of({"environment": settings}, _SERVERS) == found


@pytest.mark.parametrize("where", ["command", "entrypoint"])
def test_an_address_in_its_command(where: str) -> None:
    """It may lead to another database than its settings say, within a shell's line too."""
    body = {"environment": {"DSN": "postgres://postgres/auth"}, "command": ["migrate", "up"], "entrypoint": None}
    assert databases_of(body, _SERVERS) == {"auth"}
    other = {**body, where: ["sh", "-c", "migrate -database postgres://postgres/other up"]}
    assert databases_of(other, _SERVERS) == set()


def _model(**needs: str) -> ComposeModel:
    services = {
        job: {"image": job, "depends_on": {needs[job]: {"condition": "service_completed_successfully"}}}
        if job in needs
        else {"image": job}
        for job in _JOBS
    }
    return model_from_config({"name": "x", "services": services})


def _groups(
    *, at_once: int = 9, breaking: tuple[str, ...] = (), needs: dict[str, str] | None = None, **other: str
) -> list[tuple[str, ...]]:
    databases = {job: frozenset(other.get(job, job).split()) for job in _JOBS}
    model = _model(**(needs or {}))
    return list(jobs_together(_JOBS, model, databases, at_once=at_once, breaking=breaking))


def test_each_with_a_database_of_its_own() -> None:
    """All at once, or as many as there may be."""
    assert _groups() == [_JOBS]
    assert _groups(at_once=3) == [("auth", "app", "seed"), ("mail",)]
    assert _groups(at_once=1) == [(job,) for job in _JOBS]


def test_two_on_one_database_are_apart() -> None:
    """The second begins what comes after."""
    assert _groups(seed="x app") == [("auth", "app"), ("seed", "mail")]


def test_one_of_which_nothing_is_known_is_alone() -> None:
    """It may work on any."""
    assert _groups(app="") == [("auth",), ("app",), ("seed", "mail")]


def test_one_that_waits_for_another_comes_after_it() -> None:
    """As Compose would have it."""
    assert _groups(needs={"seed": "app"}) == [("auth", "app"), ("seed", "mail")]


def test_what_breaks_the_old_code_comes_after_what_does_not() -> None:
    """Users would wait for the longest of all."""
    assert _groups(breaking=("mail",)) == [("auth", "app", "seed"), ("mail",)]


def test_nothing_at_all() -> None:
    """No group."""
    assert list(jobs_together((), _model(), {}, at_once=2)) == []
