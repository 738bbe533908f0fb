"""`up` on a whole practice host: nothing to do, recreate, surge, one-shots, refusals."""

import pytest

from avnwizard.errors import HostError
from avnwizard.practice import programs
from avnwizard.practice.containers import Record
from avnwizard.practice.host import PracticeHost, open_host
from tests.practice.moving import edit_env, move_to_v2, run_job, settled, the


def _all(host: PracticeHost, service: str) -> list[tuple[int, str]]:
    return [(each.number, each.image) for each in host.stack.containers() if each.service == service]


def test_a_new_host_is_all_healthy_and_has_nothing_to_do(practice_host: PracticeHost) -> None:
    """Every service serves, every one-shot ended well, and `up` of each changes no container."""
    before = practice_host.stack.containers()
    assert {each.service for each in before if not each.is_serving} == {
        "avnology-migrate", "kratos-migrate", "hydra-migrate", "keto-migrate",
    }  # fmt: skip
    assert all(each.exit_code == 0 for each in before)
    for each in before:
        if each.state == "running":
            practice_host.stack.up(each.service)
    assert [(each.id, each.state) for each in practice_host.stack.containers()] == [
        (each.id, each.state) for each in before
    ]


def test_a_changed_variable_recreates_only_the_service_that_uses_it(practice_host: PracticeHost) -> None:
    """The config hash is of the resolved service."""
    before = {service: the(practice_host, service).id for service in ("gateway", "web")}
    edit_env(practice_host, lambda text: text.replace("GATEWAY_RATE_LIMIT=1200", "GATEWAY_RATE_LIMIT=1300"))
    practice_host.stack.up("gateway")
    practice_host.stack.up("web")
    assert the(practice_host, "gateway").id != before["gateway"]
    assert the(practice_host, "web").id == before["web"]
    assert the(practice_host, "gateway").name == "avnology-gateway-1"


def test_what_befalls_one_service_asks_no_other(practice_host: PracticeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """A health check opens the database; Compose does not wait for those of other services either."""
    asked: set[str] = set()
    health = programs.health

    def counted(record: Record, connect: programs.Connect) -> programs.Answer:
        asked.add(record.service)
        return health(record, connect)

    monkeypatch.setattr(programs, "health", counted)
    host = open_host(practice_host.home)
    assert host.stack.outdated("hydra") == frozenset()
    host.stack.up("hydra")
    assert asked == {"hydra"}
    host.stack.stop(the(practice_host, "kratos").id, grace_s=10)
    asked.clear()
    host.stack.remove(the(practice_host, "kratos").id)
    assert asked <= {"kratos"}
    host.stack.containers()
    assert "keto" in asked
    host.close()


def test_recreating_has_a_gap_in_which_nothing_serves(practice_host: PracticeHost) -> None:
    """The old one stops before the new one starts, and the new one has to boot."""
    edit_env(practice_host, lambda text: text.replace("LOG_LEVEL=info", "LOG_LEVEL=debug"))
    practice_host.stack.up("gateway")
    old, new = practice_host.state.rows(
        "SELECT started_at, stopped_at, removed_at FROM container WHERE service = 'gateway' ORDER BY created_at"
    )
    assert old["stopped_at"] <= old["removed_at"] <= new["started_at"]
    assert settled(practice_host, "gateway", until=lambda each: each.is_serving).state == "running"


def test_a_surge_keeps_the_old_one_until_it_is_removed_by_id(practice_host: PracticeHost) -> None:
    """`--scale 2 --no-recreate`, then stop and remove the old: afterwards a plain `up` has nothing to do."""
    old = the(practice_host, "docs")
    move_to_v2(practice_host)
    practice_host.stack.up("docs", scale=2, recreate=False)
    assert [number for number, _ in _all(practice_host, "docs")] == [1, 2]
    assert next(each for each in practice_host.stack.containers() if each.id == old.id).is_serving
    practice_host.stack.stop(old.id, grace_s=10)
    practice_host.stack.remove(old.id)
    new = settled(practice_host, "docs", until=lambda each: each.is_serving)
    practice_host.stack.up("docs")
    assert the(practice_host, "docs") == new
    assert new.image.endswith("docs:v2.0.0")


def test_an_image_that_is_not_here_is_refused(practice_host: PracticeHost) -> None:
    """`--pull never`."""
    reference = the(practice_host, "docs").image.replace("v1.5.0", "v2.0.0")
    compose = practice_host.project.files[0]
    compose.write_text(compose.read_text("utf-8").replace("docs:v1.5.0", "docs:v2.0.0"), "utf-8")
    with pytest.raises(HostError, match=f"no such image: {reference}"):
        practice_host.stack.up("docs")


def test_a_fixed_host_port_cannot_be_shared(practice_host: PracticeHost) -> None:
    """Two Traefiks on one port: the second is made and does not start."""
    with pytest.raises(HostError, match="port is already allocated"):
        practice_host.stack.up("traefik", scale=2, recreate=False)
    assert sorted(each.state for each in practice_host.stack.containers() if each.service == "traefik") == [
        "created",
        "running",
    ]


def test_an_unknown_service_is_refused(practice_host: PracticeHost) -> None:
    """No container is made for a name that the compose file does not have."""
    with pytest.raises(HostError, match="no such service: nothere"):
        practice_host.stack.up("nothere")


def test_a_running_container_cannot_be_removed(practice_host: PracticeHost) -> None:
    """It must be stopped first; then it can, and again without an error."""
    docs = the(practice_host, "docs")
    with pytest.raises(HostError, match="is running"):
        practice_host.stack.remove(docs.id)
    practice_host.stack.stop(docs.id, grace_s=10)
    practice_host.stack.remove(docs.id)
    practice_host.stack.remove(docs.id)
    practice_host.stack.stop(docs.id, grace_s=10)
    assert _all(practice_host, "docs") == []


def test_too_short_a_grace_kills(practice_host: PracticeHost) -> None:
    """Exit code 137, as after SIGKILL."""
    docs = the(practice_host, "docs")
    practice_host.stack.stop(docs.id, grace_s=0.1)
    assert (the(practice_host, "docs").state, the(practice_host, "docs").exit_code) == ("exited", 137)


def test_a_one_shot_runs_again_and_finds_nothing_pending(practice_host: PracticeHost) -> None:
    """`up` starts an exited container again; a migration is applied once."""
    job = run_job(practice_host, "avnology-migrate")
    assert job.exit_code == 0
    assert practice_host.stack.logs(job.id, lines=1) == ("0 applied, nothing is pending",)


def test_without_the_postgres_container_nothing_reaches_the_database(practice_host: PracticeHost) -> None:
    """Its container and the server are one: stopped together, started together, healed together."""
    postgres = the(practice_host, "postgres")
    practice_host.stack.stop(postgres.id, grace_s=60)
    assert not practice_host.cluster.is_running()
    with pytest.raises(HostError, match="postgres container is not running"):
        practice_host.postgres.connection("avnology")
    assert settled(practice_host, "gateway", until=lambda each: each.health == "unhealthy")
    practice_host.stack.up("postgres")
    assert settled(practice_host, "gateway", until=lambda each: each.is_serving)
