"""Ordered failures: what they break, whom they spare, and that they end when the operator fixed it."""

import subprocess
import sys

import pytest

from avnwizard.errors import HostError, UsageError
from avnwizard.practice.failures import Failure, parse
from avnwizard.practice.host import PracticeHost, open_host
from tests.practice.moving import migrate_to_v2, move, move_to_v2, run_job, settled, the


@pytest.mark.parametrize("text", ["pull", "pull:kratos", "unhealthy:web", "migration", "disk"])
def test_every_documented_name_is_read_and_written_back(text: str) -> None:
    """The names of `avnwizard demo --fail`."""
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", ["", "fire", "unhealthy", "unhealthy:", "pull:", "disk:web", "migration:web"])
def test_anything_else_is_a_usage_error(text: str) -> None:
    """With the names that there are as the hint."""
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert "unhealthy:SERVICE" in caught.value.hint


def test_a_failure_is_ordered_as_the_operator_sees_it() -> None:
    """`roll:SERVICE` is the failure of a service's roll."""
    assert parse("roll:hydra") == Failure("unhealthy", "hydra")


@pytest.mark.parametrize("text", ["roll:nosuch", "unhealthy:nosuch", "pull:nosuch"])
def test_a_service_that_is_not_there_cannot_fail(text: str) -> None:
    """It is refused with the names that there are, before a practice that nothing would happen to."""
    with pytest.raises(UsageError, match="no service 'nosuch'") as caught:
        parse(text)
    assert "gateway" in caught.value.hint


def test_unhealthy_spares_the_old_release_and_ends_when_cleared(practice_host: PracticeHost) -> None:
    """The new web never gets healthy; the old one serves beside it, and again after going back; the fix heals."""
    practice_host.order("unhealthy:web")
    move_to_v2(practice_host)
    migrate_to_v2(practice_host)
    old = the(practice_host, "web")
    practice_host.stack.up("web")
    new = settled(practice_host, "web", until=lambda each: each.health == "unhealthy")
    assert new.image != old.image
    practice_host.failures.clear(Failure("unhealthy", "web"))
    assert settled(practice_host, "web", until=lambda each: each.is_serving).id == new.id
    practice_host.order("unhealthy:docs")
    practice_host.stack.up("docs")
    settled(practice_host, "docs", until=lambda each: each.health == "unhealthy")
    move(practice_host, "v1.5.0")
    practice_host.project.env_file.write_text(
        practice_host.project.env_file.read_text("utf-8").replace("COURIER_SMTP_URL=", "SMTP_URL="), "utf-8"
    )
    practice_host.stack.up("docs")
    assert settled(practice_host, "docs", until=lambda each: each.is_serving).image.endswith(":v1.5.0")


def test_pull_of_one_service_breaks_off_and_leaves_nothing(practice_host: PracticeHost) -> None:
    """Only that service's image; after clearing, it comes."""
    practice_host.order("pull:kratos")
    old = the(practice_host, "kratos").image
    new, other = old.replace("v1.3.1", "v25.4.0"), the(practice_host, "docs").image.replace("v1.5.0", "v2.0.0")
    lines: list[str] = []
    with pytest.raises(HostError, match="unexpected EOF"):
        practice_host.stack.pull(new, lines.append)
    assert lines[0].startswith("Pulling from")
    assert practice_host.stack.image(new) is None
    assert practice_host.stack.pull(other, lines.append) == practice_host.stack.image(other)
    practice_host.failures.clear()
    assert practice_host.stack.pull(new, lines.append).digest == practice_host.stack.registry_digest(new)


def test_pull_without_a_service_breaks_every_pull(practice_host: PracticeHost) -> None:
    """The registry itself is away."""
    practice_host.order("pull")
    for service in ("docs", "web"):
        with pytest.raises(HostError, match="unexpected EOF"):
            practice_host.stack.pull(
                the(practice_host, service).image.replace("v1.5.0", "v2.0.0"), lambda _line: None
            )


def test_a_migration_breaks_half_way_and_goes_through_once_fixed(practice_host: PracticeHost) -> None:
    """The first of two is applied, the second rolled back; the exit code says so."""
    practice_host.order("migration")
    move_to_v2(practice_host)
    job = run_job(practice_host, "avnology-migrate")
    said = practice_host.stack.logs(job.id, lines=3)
    assert job.exit_code == 1
    assert said[1] == "applied 0005_account_regions.sql"
    assert said[2].startswith("error: 0006_account_handles.sql")
    assert the(practice_host, "gateway").is_serving
    practice_host.failures.clear()
    again = run_job(practice_host, "avnology-migrate")
    assert (again.id, again.exit_code) == (job.id, 0)
    assert "applied 0006_account_handles.sql" in practice_host.stack.logs(job.id, lines=3)


def test_an_order_outlives_the_process_that_gave_it(practice_host: PracticeHost) -> None:
    """It is in the state file."""
    order = "import sys; from pathlib import Path; from avnwizard.practice.host import open_host\n"
    order += "open_host(Path(sys.argv[1])).order('unhealthy:web')"
    subprocess.run([sys.executable, "-c", order, str(practice_host.home)], check=True)
    assert open_host(practice_host.home).failures.ordered() == (Failure("unhealthy", "web"),)
