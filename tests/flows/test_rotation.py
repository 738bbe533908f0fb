"""A rotation of Hydra's and of Kratos' secret on the practice host, phase by phase, there and back."""

from dataclasses import replace

import pytest

from avnwizard.domain.config_rotation import RotationSection
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.rotation.kinds import What
from avnwizard.domain.rotation.sealing import Keyring
from avnwizard.domain.secret import Secret
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import keeping
from avnwizard.flows.rotate.planning import plan_next
from avnwizard.flows.rotate.standing import standing
from avnwizard.flows.run import launch
from avnwizard.flows.run.orders import order_rotation
from avnwizard.flows.run.registry import require_undoable
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.in_process import carry
from tests.flows.test_going_back import execute

HYDRA, KRATOS, CIPHER = "HYDRA_SYSTEM_SECRET", "KRATOS_COOKIE_SECRET", "KRATOS_CIPHER_SECRET"


@pytest.fixture
def host(practice_host: PracticeHost) -> Host:
    """A practice stack at v1.5.0, with 2,000 refresh tokens that live until 2035."""
    return open_host(practice_host.project.directory)


def env_value(host: Host, name: str) -> str:
    """A variable of the env file."""
    return EnvFile.parse(host.files.read(host.stack.project.env_file)).get(name) or ""


def running_value(host: Host, service: str, setting: str) -> set[str]:
    """What the containers of a practice service were made with."""
    model = host.stack.resolve().raw["services"][service]["environment"][setting]
    assert not host.stack.outdated(service)
    return {model}


def phase(host: Host, what: What = "hydra", *, ends: int = 0) -> str:
    """Plan and carry out the next phase; the run's name."""
    return carry(host, order_rotation(host, plan_next(host, what, ends=ends)))


def expire_all(practice: PracticeHost) -> None:
    """Every refresh token has expired."""
    execute(practice, "hydra", "UPDATE hydra_oauth2_refresh SET expires_at = now() - interval '1 hour'")


def undo(host: Host, run: str) -> str:
    """Take a run back; the name of the undoing run."""
    return carry(host, launch.create_undo(host, host.journal().run(run)))


def test_three_phases(practice_host: PracticeHost, host: Host) -> None:
    """Old and new, new and old, new: Hydra serves after each, and the old one goes only when nothing needs it."""
    old, others = env_value(host, HYDRA), _others(host)
    said = " ".join(plan_next(host, "hydra").plan.notes)
    assert "The guide's five minutes with both secrets would end 2,000 tokens and sessions today." in said
    assert "Phase 2 signs every browser out of Hydra once" in said
    phase(host)
    both = env_value(host, HYDRA)
    assert both.startswith(f"{old},")
    new = both.removeprefix(f"{old},")
    assert len(new) == 64
    assert running_value(host, "hydra", "SECRETS_SYSTEM") == {both}
    phase(host)
    assert env_value(host, HYDRA) == f"{new},{old}"
    found = standing(host.journal(), "hydra")
    assert found is not None
    assert (found.phase, found.sessions, found.is_pending) == (2, 2000, True)
    assert "which is safe from 1 January 2035" in found.sentence()
    with pytest.raises(
        RefusedError, match="2,000 refresh tokens still need the old secret; the last expires on 1 Jan"
    ):
        plan_next(host, "hydra")
    expire_all(practice_host)
    phase(host)
    assert env_value(host, HYDRA) == new
    assert _others(host) == others
    sealed = host.database().sealed_rows("hydra")
    tally = sealed.tally(Secret(new), [Secret(old)], written_at=None)
    assert {name: one.old for name, one in tally.tables.items()} == {"hydra_jwk": 0, "hydra_oauth2_refresh": 0}
    assert host.stack.containers("hydra")[0].is_serving
    found = standing(host.journal(), "hydra")
    assert found is not None
    assert not found.is_pending
    assert keeping.is_kept(host, found.plan.rotation)


def _others(host: Host) -> dict[str, str]:
    values = EnvFile.parse(host.files.read(host.stack.project.env_file)).as_dict()
    return {name: value for name, value in values.items() if name != HYDRA}


def test_dropping_early_is_typed_for_by_the_number_of_sessions(host: Host) -> None:
    """Another number than the exact one is refused; the exact one ends them, and nothing is left unreadable."""
    phase(host)
    phase(host)
    for ends in (1, 1999, 2001):
        with pytest.raises(RefusedError, match="still needed"):
            plan_next(host, "hydra", ends=ends)
    third = phase(host, ends=2000)
    new = Secret(env_value(host, HYDRA))
    tally = host.database().sealed_rows("hydra").tally(new, [], written_at=None)
    assert tally.unreadable == 0
    undo(host, third)  # then the tokens work again, and their rows no longer tell who signed them
    with pytest.raises(RefusedError, match="2,000 refresh tokens still need the old secret"):
        plan_next(host, "hydra")


def test_the_operators_window_drops_early_and_says_what_that_ends(host: Host) -> None:
    """Set to the guide's five minutes, each phase says the price; before they are over nothing is dropped."""

    def windowed(window_s: float) -> Host:
        return replace(host, config=replace(host.config, rotation=RotationSection(window_s=window_s)))

    said = " ".join(plan_next(windowed(300), "hydra").plan.notes)
    assert "lets the old secret go 5 min after phase 2. That would end 2,000 tokens and sessions today." in said
    phase(host)
    phase(host)
    with pytest.raises(RefusedError, match="still needed"):
        plan_next(windowed(86400), "hydra")
    prepared = plan_next(windowed(0.001), "hydra")
    assert prepared.plan.notes[0] == "This phase ends 2,000 tokens and sessions that still need the old secret."
    carry(host, order_rotation(host, prepared))
    assert "," not in env_value(host, HYDRA)


def test_each_phase_goes_back_to_the_one_before_and_never_to_before_the_rotation(
    practice_host: PracticeHost, host: Host
) -> None:
    """Once phase 2 ran, also if it was taken back, the list of before phase 1 is closed."""
    old = env_value(host, HYDRA)
    undo(host, phase(host))
    assert env_value(host, HYDRA) == old
    first = phase(host)
    both = env_value(host, HYDRA)
    new = both.removeprefix(f"{old},")
    second = phase(host)
    undo(host, second)
    assert env_value(host, HYDRA) == both
    assert host.stack.containers("hydra")[0].is_serving  # the signing keys are under the new one: both open them
    with pytest.raises(RefusedError, match="no way back to before this rotation"):
        launch.create_undo(host, host.journal().run(first))
    phase(host)
    expire_all(practice_host)
    third = phase(host)
    assert env_value(host, HYDRA) == new
    undo(host, third)
    assert env_value(host, HYDRA) == f"{new},{old}"
    assert running_value(host, "hydra", "SECRETS_SYSTEM") == {f"{new},{old}"}


def test_an_upgrade_is_not_rolled_back_across_an_unfinished_rotation(host: Host) -> None:
    """Across a finished one it is, with the newer secrets kept: see the crash tests of that way back."""
    journal = host.journal()
    journal.create_run("20260101-000000-aa", kind="upgrade", title="v1.4.3 to v1.5.0", plan="{}", steps=[])
    journal.set_run("20260101-000000-aa", "done")
    run = order_rotation(host, plan_next(host, "hydra"))
    with pytest.raises(RefusedError, match=f"A later run, {run} \\(rotation\\), changed services too"):
        require_undoable(journal, journal.run("20260101-000000-aa"))
    carry(host, run)
    require_undoable(journal, journal.run("20260101-000000-aa"))


def test_kratos_in_one_roll(host: Host) -> None:
    """The consequences are counted first; one value, one roll, and the way back."""
    old, system = env_value(host, KRATOS), env_value(host, HYDRA)
    prepared = plan_next(host, "kratos")
    said = " ".join(prepared.plan.notes)
    assert "every browser has to sign in again" in said
    assert "Open now: 270 sessions" in said
    assert [part.service for part in prepared.plan.stack.services] == ["kratos"]
    run = carry(host, order_rotation(host, prepared))
    new = env_value(host, KRATOS)
    assert new != old
    assert "," not in new
    assert env_value(host, HYDRA) == system
    undo(host, run)
    assert env_value(host, KRATOS) == old


def test_hydra_is_given_a_secret_for_its_cookies(host: Host) -> None:
    """Where the compose files hand it on, though it is empty until now; Kratos' secret of that name stays."""
    with pytest.raises(RefusedError, match="No Hydra of this stack is given SECRETS_COOKIE"):
        plan_next(host, "cookie")
    file = host.stack.project.files[0]
    system = "      SECRETS_SYSTEM: ${HYDRA_SYSTEM_SECRET:?}\n"
    text = host.files.read(file).decode()
    assert text.count(system) == 1
    cookie = "      SECRETS_COOKIE: ${HYDRA_COOKIES:-}\n"
    host.files.write(file, text.replace(system, system + cookie).encode())
    host.stack.up("hydra")
    kratos = env_value(host, KRATOS)
    run = phase(host, "cookie")
    assert running_value(host, "hydra", "SECRETS_COOKIE") == {env_value(host, "HYDRA_COOKIES")}
    assert len(env_value(host, "HYDRA_COOKIES")) == 64
    assert env_value(host, KRATOS) == kratos
    assert "SECRETS_COOKIE is not set" not in " ".join(plan_next(host, "hydra").plan.notes)
    undo(host, run)
    assert env_value(host, "HYDRA_COOKIES") == ""
    assert running_value(host, "hydra", "SECRETS_COOKIE") == {""}


def test_kratos_cipher_is_only_ever_prepended_to(host: Host) -> None:
    """Two phases, each secret of 32 characters; the old one stays, and before phase 1 there is no way back."""
    old = env_value(host, CIPHER)
    first = phase(host, "cipher")
    new = env_value(host, CIPHER).removeprefix(f"{old},")
    assert len(new) == 32
    second = phase(host, "cipher")
    assert env_value(host, CIPHER) == f"{new},{old}"
    found = standing(host.journal(), "cipher")
    assert found is not None
    assert not found.is_pending
    undo(host, second)
    assert env_value(host, CIPHER) == f"{old},{new}"
    with pytest.raises(RefusedError, match="no way back to before this rotation"):
        launch.create_undo(host, host.journal().run(first))
    phase(host, "cipher")
    third = plan_next(host, "cipher")
    assert (third.plan.phase, len(third.plan.generation.prints)) == (1, 3)
    file = host.stack.project.env_file
    host.files.write(file, EnvFile.parse(host.files.read(file)).with_value(CIPHER, "c" * 31).to_bytes())
    with pytest.raises(RefusedError, match="has 31 characters"):
        plan_next(host, "cipher")


def test_what_somebody_edited_meanwhile_is_not_overwritten(host: Host) -> None:
    """Between two phases, and between plan and run."""
    prepared = plan_next(host, "hydra")
    file, before = host.stack.project.env_file, host.files.read(host.stack.project.env_file)
    host.files.write(file, before + b"OTHER=1\n")
    with pytest.raises(RefusedError, match="changed since the plan"):
        order_rotation(host, prepared)
    phase(host)
    edited = EnvFile.parse(host.files.read(file)).with_value(HYDRA, "e" * 40)
    host.files.write(file, edited.to_bytes())
    with pytest.raises(RefusedError, match="is not what phase 1"):
        plan_next(host, "hydra")


def test_the_sealed_file_of_a_rotation_holds_no_secret_in_clear(host: Host) -> None:
    """And is private; without its key it says nothing."""
    old = env_value(host, HYDRA)
    phase(host)
    new = env_value(host, HYDRA).removeprefix(f"{old},")
    found = standing(host.journal(), "hydra")
    assert found is not None
    file = keeping.place(host, found.plan.rotation)
    content = host.files.read(file).decode()
    assert host.files.mode(file) & 0o077 == 0
    assert old not in content
    assert new not in content
    assert Keyring([Secret(old), Secret(new)]).open(content) is None
    host.files.remove(host.state.folder / keeping.KEY)
    with pytest.raises(RefusedError, match="is not in"):
        plan_next(host, "hydra")
