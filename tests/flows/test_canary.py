"""The canary along a run on the practice host, with Kratos and Hydra in memory: what it notices, what it keeps."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.domain.canary.tally import CanaryTally
from avnwizard.domain.config_canary import CanarySection
from avnwizard.engine.feed import FeedWriter
from avnwizard.errors import RefusedError
from avnwizard.flows.canary import keeping, memory, setup
from avnwizard.flows.canary.watch import accompanied
from avnwizard.flows.host import Host
from avnwizard.flows.run.orders import order_snapshot
from avnwizard.flows.run.report import report
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.practice.host import PracticeHost
from avnwizard.wiring import open_host
from tests.flows.canary_world import IdentityWorld
from tests.flows.in_process import carry


@pytest.fixture
def world() -> IdentityWorld:
    """Both services, as they should be."""
    return IdentityWorld()


@pytest.fixture
def host(practice_host: PracticeHost, world: IdentityWorld) -> Host:
    """A practice stack whose Kratos and Hydra can be asked."""
    found = open_host(practice_host.project.directory)
    return replace(found, caller=world, config=replace(found.config, canary=CanarySection(every_s=3600.0)))


def alongside(host: Host, world: IdentityWorld, *, breaks: str = "", kind: str = "", away: str = "") -> CanaryTally:
    """Carry a run with the canary, while something is done to the services; what it counted."""
    run = order_snapshot(host, plan_snapshot(host, "v1.5.0"))
    with accompanied(host, host.journal(), FeedWriter(host.state.feed(run)), run):
        carry(host, run)
        if breaks == "key":
            world.kid = "another"
        if kind:
            world.forget(kind)
        if away:
            world.away.add(away)
    found = memory.load(host.files, host.state.run(run))
    assert found is not None
    return found


def test_a_run_after_which_everything_works(host: Host, world: IdentityWorld) -> None:
    """Sessions and tokens from before are used after it, and nothing but the held ones is left at the services."""
    found = setup.set_up(host)
    assert (found.uses, found.left_out, found.troubles) == (("Kratos", "Hydra"), (), ())
    tally = alongside(host, world)
    assert tally.judged
    assert tally.broken == ()
    held = {"session-held", "token-held", "grant-held", "id-token-held"}
    assert held | {"sign-in", "session", "token", "introspection", "refresh", "id-token"} == set(tally.checks)
    assert all(tally.worked(check, "after") for check in tally.checks)
    assert len(world.store.every("session")) == 1
    assert len(world.store.every("refresh")) == 2
    run = host.journal().runs()[0].id
    told = report(host, host.journal(), run)
    assert "## The canary, a user that signs in" in told
    assert "everything works after it" in told
    assert "Done, but" not in told


_BROKEN = (
    ("", "session", "", ("session-held",)),
    ("", "refresh", "", ("refresh", "grant-held")),
    ("", "access", "", ("token-held",)),
    ("key", "", "", ("id-token-held",)),
    ("", "", "hydra", ("token", "refresh", "token-held", "grant-held", "id-token-held")),
    ("", "identity", "", ("sign-in",)),
)
"""What is broken during a run (the signing key, all objects of a kind, a service), and what then fails."""


def test_what_a_run_broke_is_said(host: Host) -> None:
    """The run is done, but: each thing that no longer works is in the verdict."""
    for breaks, kind, away, broken in _BROKEN:
        world = IdentityWorld()
        there = replace(host, caller=world)
        setup.set_up(there)
        tally = alongside(there, world, breaks=breaks, kind=kind, away=away)
        assert tally.broken == broken
        run = host.journal().runs()[0]
        assert run.state == "done"
        told = report(host, host.journal(), run.id)
        assert "Done, but not as before: Since the run the canary cannot" in told
        assert len(tally.sentences()) == len(broken)
        keeping.forget(there)


def test_what_failed_before_the_run_is_not_held_against_it(host: Host, world: IdentityWorld) -> None:
    """A Hydra that is away all the while is said, and not called the run's doing."""
    setup.set_up(host)
    world.away.add("hydra")
    tally = alongside(host, world)
    assert tally.broken == ()
    assert tally.checks["token"]["before"].failed == 1
    assert tally.checks["token"]["after"].failed == 1
    assert tally.worked("session-held", "after")


def test_no_secret_leaves_its_file(host: Host, world: IdentityWorld) -> None:
    """Passwords and tokens are in one private file, and in nothing else that a run or a setup leaves."""
    setup.set_up(host)
    alongside(host, world, kind="refresh")
    kept = keeping.load(host)
    file = keeping.place(host)
    assert host.files.mode(file) & 0o077 == 0
    secrets = [kept.password, kept.secret, kept.grant, kept.held.session, kept.held.access, kept.held.id_token]
    assert all(secrets)
    others = [one for one in Path(host.state.folder).rglob("*") if one.is_file() and one != file]
    assert len(others) > 5
    for one in others:
        content = one.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], one
    assert not [secret for secret in secrets if secret in repr(kept)]


def test_a_refresh_whose_answer_is_lost_is_replaced(host: Host, world: IdentityWorld) -> None:
    """Hydra has used the old grant up by then: people would sign in again, and so does the canary."""
    setup.set_up(host)
    world.lost.append("/oauth2/token")
    world.lost.append("/oauth2/token")
    found = setup.status(host)
    assert found is not None
    assert len(found.troubles) == 2
    assert setup.status(host) == replace(found, troubles=())


def test_setup_is_all_or_nothing_and_can_be_removed(host: Host, world: IdentityWorld) -> None:
    """A canary that cannot do what it is for leaves no account and no file; nor does one that is removed."""
    world.away.add("hydra")
    with pytest.raises(RefusedError, match="Hydra makes no client"):
        setup.set_up(host)
    assert not keeping.is_set_up(host)
    assert not world.store.objects
    world.away.clear()
    setup.set_up(host)
    with pytest.raises(RefusedError, match="set up already"):
        setup.set_up(host)
    assert setup.remove(host) == ("Kratos", "Hydra")
    assert not keeping.is_set_up(host)
    assert not world.store.every("identity") | world.store.every("client") | world.store.every("session")
    assert setup.status(host) is None


def test_the_accounts_of_a_lost_file_are_replaced_and_those_of_others_never(host: Host, world: IdentityWorld) -> None:
    """Only what bears the canary's mark is taken away."""
    setup.set_up(host)
    keeping.forget(host)
    setup.set_up(host)
    assert len(world.store.every("identity")) == len(world.store.every("client")) == 1
    setup.remove(host)
    somebody = {"email": CanarySection().identifier, "password": "x", "mark": None}
    world.store.put("identity", "somebody", somebody)
    with pytest.raises(RefusedError, match="Somebody else has the identifier"):
        setup.set_up(host)
    assert world.store.every("identity") == {"somebody": somebody}
    assert not world.store.every("client")


def test_what_the_stack_does_not_have_is_left_out(host: Host, world: IdentityWorld) -> None:
    """Named as "none", or not there: said, and not an error; nothing at all is one."""
    only = replace(host, config=replace(host.config, canary=CanarySection(hydra="none", every_s=3600.0)))
    assert setup.set_up(only).left_out == ("Hydra",)
    tally = alongside(only, world)
    assert any("Hydra is left out" in note for note in tally.notes)
    assert "token" not in tally.checks
    setup.remove(only)
    nothing = replace(host, config=replace(host.config, canary=CanarySection(kratos="none", hydra="none")))
    with pytest.raises(RefusedError, match="neither Kratos nor Hydra"):
        setup.set_up(nothing)
    wrong = replace(host, config=replace(host.config, canary=CanarySection(kratos="nobody")))
    with pytest.raises(RefusedError, match="no service of this stack"):
        setup.set_up(wrong)


def test_a_resumed_run_judges_by_what_was_issued_before_its_first_start(host: Host, world: IdentityWorld) -> None:
    """What was lost while the run stood still is the run's doing too."""
    setup.set_up(host)
    run = order_snapshot(host, plan_snapshot(host, "v1.5.0"))
    with accompanied(host, host.journal(), FeedWriter(host.state.feed(run)), run):
        held = keeping.load(host).held
    assert held.run == run
    stopped = memory.load(host.files, host.state.run(run))
    assert stopped is not None
    assert not stopped.judged
    world.forget("session")
    with accompanied(host, host.journal(), FeedWriter(host.state.feed(run)), run):
        assert keeping.load(host).held == held
        carry(host, run)
    found = memory.load(host.files, host.state.run(run))
    assert found is not None
    assert found.broken == ("session-held",)


def test_a_plan_says_whether_a_canary_goes_along(host: Host) -> None:
    """Not set up, set up, switched off."""
    assert "avnwizard canary setup" in setup.sentence(host)
    setup.set_up(host)
    assert setup.sentence(host) == "signs in at Kratos and Hydra before, every 3600 s during, and after the run"
    off = replace(host, config=replace(host.config, canary=CanarySection(enabled=False)))
    assert "switched off" in setup.sentence(off)
    assert setup.sentence(replace(host, caller=None)) == ""
