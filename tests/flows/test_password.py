"""A database role's password is replaced on the practice host, there and back, by way of a twin."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.rotation.kinds import KINDS, What
from avnwizard.domain.secret import Secret
from avnwizard.errors import ExitCode, RefusedError, StepError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import age
from avnwizard.flows.rotate.password_planning import plan_password
from avnwizard.flows.rotate.password_steps import BRIDGE
from avnwizard.flows.rotate.pending import findings
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_password
from avnwizard.flows.run.registry import require_undoable
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import carry
from tests.flows.test_going_back import execute
from tests.flows.test_rotation import env_value

ROLE, TWIN, VARIABLE = "keto", "keto__rotating", "KETO_DB_PASSWORD"
IN_SERVER = "      KETO_DB_PASSWORD: ${KETO_DB_PASSWORD:?}\n"


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0."""
    return open_host(practice_host.project.directory)


def edited(host: Host, old: str, new: str, *services: str) -> None:
    """Change the compose file, and have what reads it follow."""
    file = host.stack.project.files[0]
    text = host.files.read(file).decode()
    assert old in text
    host.files.write(file, text.replace(old, new).encode())
    for service in services:
        host.stack.up(service)


def order(host: Host) -> str:
    """Write the run down."""
    return order_password(host, plan_password(host, ROLE))


def test_there_and_back(host: Host) -> None:
    """The env file and the server have the new password, services sign in as the role, and no twin is left."""
    old = Secret(env_value(host, VARIABLE))
    edited(host, IN_SERVER, "", "postgres")
    plan = plan_password(host, ROLE).plan
    assert [one.service for one in plan.stack.services] == ["keto-migrate", "keto"]
    assert [one.service for one in plan.bridged] == ["keto"]
    seen: list[str] = []

    def hear(_kind: str, step: str, _text: str, data: dict[str, object]) -> None:
        if step == "password" and data.get("state") == "started":
            seen.extend(_signing_in(host))

    run = carry(host, order(host), hear)
    roles, new = host.database().roles(), Secret(env_value(host, VARIABLE))
    assert seen == [TWIN], seen
    assert len(new.reveal()) == 64
    assert (roles.holds(ROLE, new), roles.holds(ROLE, old)) == (True, False)
    _is_well(host)
    bridge = host.files.read(host.state.run(run) / BRIDGE).decode()
    assert old.reveal() not in bridge
    assert new.reveal() not in bridge
    carry(host, launch.create_undo(host, host.journal().run(run)))
    assert env_value(host, VARIABLE) == old.reveal()
    assert (roles.holds(ROLE, new), roles.holds(ROLE, old)) == (False, True)
    _is_well(host)


def _signing_in(host: Host) -> set[str]:
    """As whom Keto signs in: its containers fit the twin's file, or they do not."""
    run = host.journal().runs()[0]
    project = host.stack.project
    outdated = host.stack.outdated("keto", files=(*project.files, host.state.run(run.id) / BRIDGE))
    return {ROLE if outdated else TWIN}


def _is_well(host: Host) -> None:
    assert not host.stack.outdated("keto")
    assert all(one.is_serving for one in host.stack.containers("keto"))
    assert host.database().roles().facts(TWIN) is None


def test_the_server_that_is_given_the_password_is_recreated_and_that_is_said(host: Host) -> None:
    """Compose would do it at the next `up`, so it is part of the run, and the first thing that the plan says."""
    plan = plan_password(host, ROLE).plan
    assert "the databases are away for some seconds" in plan.notes[0]
    assert {one.service: one.strategy for one in plan.stack.services}["postgres"] == "recreate"
    carry(host, order(host))
    assert not host.stack.outdated("postgres")
    _is_well(host)


@pytest.mark.parametrize(
    ("role", "says"),
    [
        ("avnology", "superuser that the database container was made with"),
        ("nobody", "There is no role nobody that may sign in"),
        ("reporting", "No service of this stack signs in as reporting"),
    ],
)
def test_what_cannot_be_replaced(host: Host, role: str, says: str) -> None:
    """Each with one sentence, and nothing is changed."""
    before = host.files.read(host.stack.project.env_file)
    with pytest.raises(RefusedError, match=says):
        plan_password(host, role)
    assert host.files.read(host.stack.project.env_file) == before


def test_a_password_that_is_not_the_roles(practice_host: PracticeHost, host: Host) -> None:
    """What services have is compared with what the server keeps."""
    execute(practice_host, "keto", "ALTER ROLE keto PASSWORD 'another-password'")
    with pytest.raises(RefusedError, match="is not the one that the server has"):
        plan_password(host, ROLE)


def test_a_reader_whose_way_in_cannot_be_seen(host: Host) -> None:
    """It would be refused halfway, so it is refused before."""
    edited(host, "URLS_SELF_ISSUER:", "ODD: 'x-${KETO_DB_PASSWORD}'\n      URLS_SELF_ISSUER:", "hydra")
    with pytest.raises(RefusedError, match="hydra is given the password too"):
        plan_password(host, ROLE)


def test_an_upgrade_is_not_rolled_back_across_it(host: Host) -> None:
    """Its env file has the old password; the way is to take this run back first, which is named."""
    journal = host.journal()
    journal.create_run("20260101-000000-aa", kind="upgrade", title="v1.4.3 to v1.5.0", plan="{}", steps=[])
    journal.set_run("20260101-000000-aa", "done")
    run = order(host)
    journal.set_run(run, "done")
    with pytest.raises(RefusedError, match=rf"A later run, {run} \(rotation of a password\), changed services"):
        require_undoable(journal, journal.run("20260101-000000-aa"))


def test_a_year_later_check_reminds_of_it(host: Host) -> None:
    """By role; of a secret that avnwizard never rotated, check says since when it stands at least."""
    run = order(host)
    host.journal().set_run(run, "done")
    messages = {one.message: one.level for one in findings(host)}
    assert messages["The password of keto was rotated 0 days ago."] == "ok"
    (said,) = [text for text in messages if text.startswith("Hydra's system secret: avnwizard never rotated it; it ")]
    assert ("has stood since" in said, messages[said]) == (True, "ok")
    later = replace(host, clock=SimpleNamespace(now=lambda: host.clock.now() + 366 * 86400))
    reminders = {one.hint: one.message for one in findings(later) if one.level == "warn"}
    assert reminders.keys() >= {"avnwizard rotate password keto", "avnwizard rotate hydra", "avnwizard rotate kratos"}
    assert "avnwizard rotate password kratos" in reminders
    assert reminders["avnwizard rotate hydra"].endswith("The guide says to rotate it yearly.")


def _age(host: Host, what: What = "hydra") -> age.Standing | None:
    return age.of_secret(host, KINDS[what], age.Clues(host))


def test_since_when_a_secret_stands(practice_host: PracticeHost, host: Host) -> None:
    """The earliest that anything tells: the file, a container that was made with it, a run, a signing key."""
    file = host.stack.project.env_file
    made = min(one.created_at for one in host.stack.containers("hydra"))
    first = _age(host)
    assert first is not None
    assert first.since <= made
    os.utime(file, (1.6e9, 1.6e9))
    assert _age(host) == age.Standing(1.6e9, "its file has not changed since")
    moment = "timestamptz NOT NULL DEFAULT to_timestamp(1500000000)"
    execute(practice_host, "hydra", f"ALTER TABLE hydra_jwk ADD COLUMN created_at {moment}")
    assert _age(host) == age.Standing(1.5e9, "a signing key from then is sealed under it")
    assert _age(host, "kratos") == age.Standing(1.6e9, "its file has not changed since")
    text = file.read_bytes()
    file.write_bytes(
        EnvFile.parse(text).with_value("HYDRA_SYSTEM_SECRET", "another-secret-0123456789abcdef").to_bytes()
    )
    edited = _age(host)
    assert edited is not None
    assert edited.since > 1.7e9, "neither the containers nor the keys were made with this one"


def test_a_twin_that_the_server_refuses_stops_the_run(practice_host: PracticeHost, host: Host) -> None:
    """Before any service is rolled; taken back, the stack is as it was."""
    old = env_value(host, VARIABLE)
    execute(practice_host, "postgres", "ALTER DATABASE keto CONNECTION LIMIT 0")
    run = order(host)
    before = {one.id for one in host.stack.containers("keto")}
    with pytest.raises(StepError, match="does not let keto__rotating sign in"):
        carry(host, run)
    assert {one.id for one in host.stack.containers("keto")} == before
    execute(practice_host, "postgres", "ALTER DATABASE keto CONNECTION LIMIT -1")
    carry(host, launch.create_undo(host, host.journal().run(run)))
    assert env_value(host, VARIABLE) == old
    _is_well(host)


def test_the_verb(host: Host) -> None:
    """A dry run shows the plan and changes nothing; the plan in JSON holds no password; the old one is destroyed."""
    old, stack = env_value(host, VARIABLE), host.repo.directory
    shown = avnwizard("rotate", "password", ROLE, "--dry-run", "--stack", stack)
    assert shown.code == ExitCode.DONE, shown.err
    assert "Make the role keto__rotating" in f"{shown.out}{shown.err}"
    told = avnwizard("rotate", "password", ROLE, "--dry-run", "--json", "--stack", stack)
    assert json.loads(told.out)["signing_in"] == ["keto", "keto-migrate"]
    assert old not in told.out
    assert avnwizard("rotate", "password", ROLE, "--yes", "--stack", stack).code == ExitCode.DONE
    assert env_value(host, VARIABLE) != old
    assert len(host.files.list(host.state.folder / "rotations")) == 1
    assert avnwizard("rotate", "forget", "password", "--yes", "--stack", stack).code == ExitCode.DONE
    assert host.files.list(host.state.folder / "rotations") == ()
