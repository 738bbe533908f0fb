"""Which compose files a plan uses, where the containers were made from different ones."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.config import Config, StackSection
from avnwizard.domain.host import ComposeModel, ComposeProject, Service
from avnwizard.domain.origin import (
    Origin,
    all_called_now,
    called_now,
    env_files_to_use,
    files_to_use,
    tell_the_same,
)
from avnwizard.flows.stack.made_from import made_from

if TYPE_CHECKING:
    from avnwizard.flows.host import Host

HERE = Path("/srv/id")
BASE, MINE, OTHER, GONE = (HERE / name for name in ("docker-compose.yml", "mine.yml", "other.yml", "gone.yml"))
ENV = HERE / ".env"


def _origin(*files: Path, services: tuple[str, ...] = ("web",), newest: float = 1.0, env: Path = ENV) -> Origin:
    return Origin(files, (env,), services, newest)


def _there(file: Path) -> bool:
    return file != GONE


MANY = ("docs", "postgres", "traefik")


@pytest.mark.parametrize(
    ("origins", "named", "expected"),
    [
        pytest.param([_origin(BASE)], (), (BASE,), id="all alike"),
        pytest.param(
            [_origin(BASE, MINE, newest=9), _origin(BASE, services=MANY)], (), (BASE, MINE), id="the newest has more"
        ),
        pytest.param(
            [_origin(BASE, newest=9), _origin(BASE, MINE, services=MANY)],
            (),
            (BASE, MINE),
            id="the newest has less: the most frequent, and a stop",
        ),
        pytest.param(
            [_origin(BASE, MINE, newest=9), _origin(BASE, OTHER, services=MANY)],
            (BASE, MINE, OTHER),
            (BASE, MINE, OTHER),
            id="what is named covers all",
        ),
        pytest.param(
            [_origin(BASE, MINE, newest=9), _origin(BASE, services=MANY)],
            (BASE,),
            (BASE, MINE),
            id="what is named leaves one out: it does not win over the newest",
        ),
        pytest.param([_origin(BASE)], (BASE, MINE), (BASE, MINE), id="what is named has more"),
        pytest.param([_origin(BASE)], (GONE,), (BASE,), id="what is named is not there"),
        pytest.param([_origin(BASE, GONE)], (BASE,), (BASE,), id="a removed file is nobody's"),
        pytest.param([Origin((), (ENV,), ("web",), 9.0)], (), (), id="nobody tells"),
    ],
)
def test_no_file_of_a_container_is_left_out(
    origins: list[Origin], named: tuple[Path, ...], expected: tuple[Path, ...]
) -> None:
    """Where that can be had; else the most frequent."""
    assert files_to_use(origins, named, _there) == expected


def test_the_env_file() -> None:
    """The most frequent; the one that is named where the containers disagree and one of them has it."""
    other = HERE / "other.env"
    disagreeing = [_origin(BASE, services=MANY), _origin(BASE, env=other)]
    assert env_files_to_use(disagreeing, None, lambda _: True) == (ENV,)
    assert env_files_to_use(disagreeing, other, lambda _: True) == (other,)
    assert env_files_to_use(disagreeing, HERE / "third.env", lambda _: True) == (ENV,)
    assert env_files_to_use([_origin(BASE)], other, lambda _: True) == (ENV,)
    assert env_files_to_use(disagreeing, None, other.__eq__) == (other,)  # a release renamed it
    assert env_files_to_use(disagreeing, None, lambda _: False) == (ENV,)


def _host(
    *origins: Origin, used: tuple[Path, ...] = (BASE,), stack: StackSection | None = None, **files: bool
) -> "Host":
    """A host whose folder holds what the origins name and, by `files`, more; True where git tracks it."""
    there = {file for one in origins for file in one.files} | {HERE / name for name in files}
    project = ComposeProject("id", HERE, used, ENV)
    return cast(
        "Host",
        SimpleNamespace(
            config=Config(stack=stack or StackSection()),
            stack=SimpleNamespace(project=project, origins=lambda: origins),
            files=SimpleNamespace(exists=lambda file: file in there and file != GONE),
            repo=SimpleNamespace(directory=HERE, read=lambda _ref, path: b"" if files.get(path) else None),
        ),
    )


MODEL = ComposeModel({name: Service(name, f"{name}:1") for name in ("web", *MANY)}, {})


def _told(host: "Host") -> Iterator[tuple[str, str]]:
    return ((one.level, one.message) for one in made_from(host, MODEL))


def test_a_file_that_the_plan_leaves_out_is_a_stop() -> None:
    """By service; the hint holds the line for `avnwizard.toml`."""
    host = _host(_origin(BASE, newest=9), _origin(BASE, MINE, services=("docs",)))
    (one,) = made_from(host, MODEL)
    assert one.level == "stop"
    assert one.message == (
        "docs was made from docker-compose.yml and mine.yml, but this plan would use only docker-compose.yml: what "
        "mine.yml sets would be dropped."
    )
    assert '[stack] files = ["docker-compose.yml", "mine.yml"]' in one.hint
    assert "docker compose -f docker-compose.yml up -d docs" in one.hint


def test_a_service_that_the_files_do_not_name_does_not_count() -> None:
    """A container of another file of the project is left alone elsewhere."""
    assert list(_told(_host(_origin(BASE), _origin(BASE, OTHER, services=("monitor",))))) == []


def test_a_file_that_was_removed_does_not_count() -> None:
    """Nobody can use it."""
    assert list(_told(_host(_origin(BASE), _origin(BASE, GONE, services=("docs",))))) == []


def test_files_that_differ_are_told_where_all_are_used() -> None:
    """Unless `avnwizard.toml` names them."""
    origins = (_origin(BASE, MINE, newest=9), _origin(BASE, services=("docs", "traefik")))
    ((level, message),) = _told(_host(*origins, used=(BASE, MINE)))
    assert level == "warn"
    assert message == (
        "The containers were made from different files: web from docker-compose.yml and mine.yml; docs, traefik from "
        "docker-compose.yml."
    )
    named = StackSection(files=("docker-compose.yml", "mine.yml"))
    assert list(_told(_host(*origins, used=(BASE, MINE), stack=named))) == []


def test_a_container_that_does_not_tell_is_a_stop() -> None:
    """Its files came on Compose's stdin, say."""
    ((level, message),) = _told(_host(_origin(BASE, services=MANY), Origin((), (ENV,), ("web",), 1.0)))
    assert (level, message) == ("stop", "Nobody can tell which compose files web was made from.")


@pytest.mark.parametrize(
    ("files", "stack", "used", "level"),
    [
        pytest.param({"compose.override.yml": False}, None, (BASE,), "stop", id="the operator's own"),
        pytest.param({"compose.override.yml": True}, None, (BASE,), "", id="the release ships it"),
        pytest.param(
            {"compose.override.yml": False}, StackSection(files=("docker-compose.yml",)), (BASE,), "", id="named"
        ),
        pytest.param({"compose.override.yml": False}, None, (BASE, MINE), "", id="started with -f"),
        pytest.param({"compose.override.yml": False}, None, (MINE,), "", id="started with -f, one"),
        pytest.param({}, None, (BASE,), "", id="none"),
    ],
)
def test_an_override_beside(
    files: dict[str, bool], stack: StackSection | None, used: tuple[Path, ...], level: str
) -> None:
    """A plain `docker compose up` would take it up; no container has it yet."""
    found = [one for one, _ in _told(_host(_origin(*used, services=MANY), used=used, stack=stack, **files))]
    assert found == ([level] if level else [])


def test_another_env_file_is_a_stop() -> None:
    """Unless `avnwizard.toml` names the one that is used."""
    origins = (_origin(BASE, services=MANY), _origin(BASE, env=HERE / "other.env"))
    ((level, message),) = _told(_host(*origins))
    assert (level, message) == ("stop", "web was made with the env file other.env, but this plan would use .env.")
    assert list(_told(_host(*origins, stack=StackSection(env_file=".env")))) == []


@pytest.mark.parametrize(
    ("name", "there", "now"),
    [
        ("docker-compose.yml", ["docker-compose.yml", "compose.yaml"], "docker-compose.yml"),
        ("docker-compose.yml", ["compose.yaml"], "compose.yaml"),
        ("compose.yaml", ["docker-compose.yml", "docker-compose.yaml"], "docker-compose.yml"),
        ("docker-compose.override.yml", ["compose.override.yaml", "compose.yaml"], "compose.override.yaml"),
        ("docker-compose.override.yml", ["compose.yaml"], None),
        ("docker-compose.traefik.yml", ["compose.yaml"], None),
    ],
)
def test_what_a_compose_file_is_called_now(name: str, there: list[str], now: str | None) -> None:
    """A release may rename it to another name that Compose looks for; no other name is guessed."""
    found = called_now(HERE / name, lambda file: file.name in there)
    assert (found.name if found else None) == now


def test_an_override_that_is_gone_is_left_out() -> None:
    """A compose file that is gone stays named: that is for a sentence to say."""
    files = [HERE / "docker-compose.yml", HERE / "docker-compose.override.yml", HERE / "mine.yml"]
    there = {HERE / "compose.yaml"}
    assert all_called_now(files, there.__contains__) == (HERE / "compose.yaml", HERE / "mine.yml")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (["compose.yml"], ["compose.yaml"], True),
        (["compose.yml", "compose.override.yml"], ["compose.yml"], True),
        (["compose.yml"], ["stack.yml"], False),
        (["compose.yml"], ["compose.yml", "more.yml"], False),
        (["compose.yml", "more.yml"], ["compose.yml"], False),
        ([], ["compose.yml"], True),
    ],
)
def test_whether_names_tell_the_files_of_another_release(before: list[str], after: list[str], *, told: bool) -> None:
    """Those that Compose looks for do; a plan of an older avnwizard has none."""
    assert tell_the_same([HERE / one for one in before], [HERE / one for one in after]) is told
