"""The acceptance of "first, do no harm": fifteen services, two upgrades and a rollback, each killed once."""

from dataclasses import replace
from pathlib import Path

import pytest

from avnwizard.engine.faults import KILL_AT
from avnwizard.errors import ExitCode
from tests.flows.cli import answer_all
from tests.lab.probe import Probe
from tests.waiting import until
from tests.zoo import fifteen
from tests.zoo.stack import ZooStack, bring_up

pytestmark = pytest.mark.engine
_ROWS = 1000


def _bring_up(zoo: ZooStack) -> ZooStack:
    """The stack at v1.5.0 with rows in its table, in a folder with spaces."""
    stack = replace(zoo, folder=fifteen.FOLDER)
    releases = {tag: fifteen.release(tag) for tag in ("v1.5.0", "v1.6.0", "v2.0.0")}
    bring_up(stack, releases, operator=fifteen.OPERATOR)
    stack.sql(f"INSERT INTO accounts SELECT n, 'user-' || n FROM generate_series(1, {_ROWS}) n")
    until(lambda: all(_answers_itself(stack, name) for name in fifteen.ROUTED))
    return stack


def _answers_itself(stack: ZooStack, name: str) -> bool:
    return bool(stack.ask(f"/{name}")[1].get("rate_limit") == f"of-{name}")


def _is_at(stack: ZooStack, tag: str) -> None:
    """Every service answers for itself with that version, each as often as it should; Compose has nothing to do."""
    for name in (*fifteen.ROUTED, "web"):
        until(lambda name=name: _answers_itself(stack, name))  # type: ignore[misc]  # bound now
        assert (name, stack.version(name)) == (name, tag)
    counts = {name: len(stack.containers(name)) for name in (*fifteen.ROUTED, "web", "worker")}
    assert {name: count for name, count in counts.items() if count != 1} == {"saml": 2}
    assert stack.inspect(f"{stack.project}-the-polis")["Config"]["Image"].endswith(f":{tag}")
    assert f"HYDRA_RELEASE={tag}" in stack.inspect(stack.containers("hydra")[0].id)["Config"]["Env"]
    assert stack.sql("SELECT count(*) FROM accounts") == str(_ROWS)
    assert (
        (stack.clone / ".env").read_bytes().startswith(b"# the operator's own, edited on another system\r\nexport ")
    )
    stack.nothing_to_do()


def _killed_then_resumed(stack: ZooStack, *words: str, kill_at: str, code: ExitCode) -> None:
    """One run that is killed at a fault point; the stack serves on, and `resume` ends it."""
    broken = stack.avnwizard(*words, "--yes", env={KILL_AT: kill_at})
    assert broken.code != code, "it was killed"
    assert stack.avnwizard("status").code == ExitCode.DONE
    resumed = stack.avnwizard("resume", timeout_s=600)
    assert resumed.code == code, resumed.err


def _upgrade(stack: ZooStack, tag: str, folder: Path) -> tuple[str, ...]:
    return "upgrade", "--to", tag, "--answers", str(answer_all(stack.clone, tag, folder / f"{tag}.toml"))


def test_two_upgrades_and_a_rollback(zoo: ZooStack, tmp_path: Path) -> None:
    """Each is killed in mid-roll and resumed: right versions, every row, the env file whole, nothing left to do.

    The first is compatible, and nothing is lost; the second breaks the schema, and is taken back.
    """
    stack = _bring_up(zoo)
    _compatible(stack, tmp_path)
    _breaking_and_back(stack, tmp_path)


def _compatible(stack: ZooStack, tmp_path: Path) -> None:
    watched = ("hydra", "saml", "kratos", "polis")  # with `env_file:`, twice, plain, and a `container_name`
    probes = [Probe(stack.port, "127.0.0.1", f"/{name}", 10) for name in watched]
    others = {one.id[:12] for one in stack.containers() if one.service not in watched}
    for probe in probes:
        probe.__enter__()
    try:
        first = _upgrade(stack, "v1.6.0", tmp_path)
        _killed_then_resumed(stack, *first, kill_at="roll:hydra:start-new:after", code=ExitCode.DONE)
        _is_at(stack, "v1.6.0")
    finally:
        for probe in probes:
            probe.__exit__(None, None, None)
    others |= {one.id[:12] for one in stack.containers() if one.service not in watched}
    for name, probe in zip(watched, probes, strict=True):
        assert probe.report
        assert (name, probe.report.lost_total) == (name, 0)
        assert not others & set(probe.report.answered_by), f"another service answered for {name}"


def _breaking_and_back(stack: ZooStack, tmp_path: Path) -> None:
    second = _upgrade(stack, "v2.0.0", tmp_path)
    _killed_then_resumed(stack, *second, kill_at="roll:saml:remove-old:before", code=ExitCode.DONE)
    _is_at(stack, "v2.0.0")
    assert stack.sql("SELECT handle FROM accounts WHERE id = 7") == "user-7"

    _killed_then_resumed(stack, "rollback", kill_at="start-back:start:after", code=ExitCode.DONE)
    _is_at(stack, "v1.6.0")
    assert stack.sql("SELECT name FROM accounts WHERE id = 7") == "user-7"
