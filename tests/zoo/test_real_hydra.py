"""A rotation of a real Hydra's secret, under load: nobody loses anything until the old one goes, nor then."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from avnwizard.errors import ExitCode
from tests.flows.cli import Said, avnwizard
from tests.lab import kratos, oathkeeper
from tests.lab.errors import LabError
from tests.lab.hydra import has_go, push
from tests.lab.oauth import OAuthClient
from tests.waiting import until
from tests.zoo.ory_services import hydra_services, kratos_services, oathkeeper_services
from tests.zoo.parts import compose, postgres, traefik
from tests.zoo.stack import COMPOSE_FILE, ENV, NAMES_POSTGRES, ZooStack, bring_up

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("AVNWIZARD_LAB") != "1", reason="the lab starts only when AVNWIZARD_LAB=1 asks"
    ),
    pytest.mark.skipif(not has_go(), reason="this machine has no Go to build Hydra with"),
    pytest.mark.xdist_group("hydra"),  # a second worker would only wait for the first one's build
]
OLD = "the-first-secret-of-this-hydra-0123456789"


@pytest.fixture
def with_kratos() -> bool:
    """Whether the stack has a Kratos too."""
    return False


@pytest.fixture
def hydra(zoo: ZooStack, with_kratos: bool) -> OAuthClient:
    """A stack with a real Hydra behind Traefik, and an application at it."""
    push(zoo.lab)
    services, files = {"traefik": traefik(), "postgres": postgres(), **hydra_services()}, dict[str, str]()
    if with_kratos:
        services |= kratos_services(kratos.push(zoo.lab))
        services["postgres"]["volumes"].append("./init:/docker-entrypoint-initdb.d:ro")
        files = {"init/10.sql": "CREATE DATABASE kratos;\n", kratos.CONFIG_FILE: kratos.config()}
    if with_kratos and oathkeeper.is_real(zoo.lab):
        services |= oathkeeper_services(oathkeeper.push(zoo.lab))
        files |= oathkeeper.config("http://traefik:8000")
    release = {COMPOSE_FILE: compose(services), **files}
    settings = f'{NAMES_POSTGRES}\n[canary]\nevery_s = 1\nhydra_url = "http://127.0.0.1:@PORT@"\n'
    operator = {".env": f"{ENV}HYDRA_SYSTEM_SECRET={OLD}\n", "avnwizard.toml": settings}
    bring_up(zoo, {"v1.0.0": release}, operator=operator)
    client = OAuthClient(f"http://127.0.0.1:{zoo.port}")
    until(lambda: _answers(client), limit_s=180)
    client.register()
    if "oathkeeper" in services:
        until(lambda: client.passes(oathkeeper.GATE, "no token") == http.client.UNAUTHORIZED, limit_s=60)
    return client


def _answers(client: OAuthClient) -> bool:
    try:
        return bool(client.keys())
    except LabError:
        return False


class _Load:
    """An application at work: new tokens, introspections, refreshes, keys; what failed is counted."""

    def __init__(self, client: OAuthClient, refresh_token: str, *, gate: bool) -> None:
        self._client, self._token, self._stop, self._gate = client, refresh_token, threading.Event(), gate
        self.done, self.failed = Counter[str](), list[str]()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """For a `with`."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _work(self) -> None:
        while not self._stop.wait(0.2):
            for deed in (self._introspects, self._refreshes, self._reads_keys):
                try:
                    deed()
                except (LabError, KeyError, AssertionError) as error:
                    self.failed.append(f"{deed.__name__}: {error}")
                self.done[deed.__name__] += 1

    def _introspects(self) -> None:
        status, told = self._client.token(grant_type="client_credentials")
        assert status == 200, told
        assert self._client.is_active(told["access_token"]), "a new token is not active"
        if self._gate:
            assert self._client.passes(oathkeeper.GATE, told["access_token"]) == http.client.OK, "not let in"
            self.done["_gate"] += 1

    def _refreshes(self) -> None:
        status, told = self._client.refresh(self._token)
        assert status == 200, told
        self._token = told["refresh_token"]

    def _reads_keys(self) -> None:
        assert self._client.keys()


def _rotate(zoo: ZooStack, *more: str) -> Said:
    return avnwizard("rotate", "hydra", "--stack", zoo.clone, "--yes", *more, timeout_s=300.0)


def wait(zoo: ZooStack) -> None:
    """Until the access tokens of the old secret have expired."""
    limit = time.monotonic() + 300
    while (said := _rotate(zoo, "--dry-run")).code != ExitCode.DONE:
        assert time.monotonic() < limit, said.err


def _secrets(zoo: ZooStack) -> list[str]:
    text = (zoo.clone / ".env").read_text("utf-8")
    return next(line for line in text.splitlines() if line.startswith("HYDRA_")).partition("=")[2].split(",")


def _canary_is_well(zoo: ZooStack) -> None:
    """It went along with the last run, and what it had before the run works after it."""
    found = zoo.avnwizard("show", "--json").data["canary"]
    assert found["judged"], found
    assert found["broken"] == [], found
    held = {"session-held", "token-held", "grant-held", "id-token-held"}
    assert held | {"sign-in", "session", "token", "introspection", "refresh", "id-token"} == set(found["checks"])
    for check, phases in found["checks"].items():
        assert check == "id-token-held" or phases["before"]["worked"] == 1, (check, found)
        assert check == "token-held" or phases["after"]["worked"] == 1, (check, found)  # it may have expired
    print({check: phases.get("during") for check, phases in found["checks"].items()})


def _canary(zoo: ZooStack, *words: str) -> Said:
    return avnwizard("canary", *words, "--stack", zoo.clone)


@pytest.mark.parametrize("with_kratos", [True])
def test_nobody_loses_anything(zoo: ZooStack, hydra: OAuthClient) -> None:
    """Tokens issued before, during and after each phase work in all that follow; an early drop is refused.

    The canary goes along, with a real Kratos where the lab has one: it finds the same. A real Oathkeeper, where the
    lab has one, lets every new token in.
    """
    made = _canary(zoo, "setup")
    assert made.code == ExitCode.DONE, made.err
    tokens, keys = [hydra.sign_in() for _ in range(3)], hydra.keys()
    load = _Load(hydra, hydra.sign_in()["refresh_token"], gate=oathkeeper.is_real(zoo.lab))
    with load.at_work():
        for phase in (1, 2):
            done = _rotate(zoo)
            assert done.code == ExitCode.DONE, done.err
            assert len(_secrets(zoo)) == 2, phase
            assert hydra.keys() == keys
            _canary_is_well(zoo)
            tokens += [hydra.sign_in() for _ in range(2)]
        refused = _rotate(zoo)
        assert refused.code == ExitCode.REFUSED, refused.err
        assert "still need the old secret" in refused.err
        living = "active AND requested_at < (SELECT max(requested_at) FROM hydra_oauth2_refresh)"
        assert int(zoo.sql(f"SELECT count(*) FROM hydra_oauth2_refresh WHERE {living}")) >= 5
        assert f"{5 + _of_load(refused.err)} refresh tokens still need" in refused.err
        for number, token in enumerate(tokens):
            status, told = hydra.refresh(token["refresh_token"])
            assert status == 200, (number, told)
            tokens[number] = told
        wait(zoo)
        done = _rotate(zoo)
        assert done.code == ExitCode.DONE, done.err
        assert len(_secrets(zoo)) == 1
        assert hydra.keys() == keys
        _canary_is_well(zoo)
        for number, token in enumerate(tokens):
            status, told = hydra.refresh(token["refresh_token"])
            assert status == 200, (number, told)
    print(dict(load.done), load.failed)
    assert load.failed == []
    assert len({hydra.signed_by(token["id_token"]) for token in tokens}) == 1, "the signing key changed"
    assert all(count > 20 for count in load.done.values())
    assert _canary(zoo, "status", "--json").data["troubles"] == []
    assert _canary(zoo, "remove").code == ExitCode.DONE
    clients = zoo.sql("SELECT client_name FROM hydra_client").splitlines()
    assert "avnwizard canary" not in clients
    zoo.nothing_to_do()


def _of_load(said: str) -> int:
    """The load's own token may have been issued under the old secret last: one more."""
    return int("6 refresh tokens" in said)


_SCAN = """
import json, pathlib, sys, time
from avnwizard.flows.rotate.planning import tally_now
from avnwizard.flows.rotate.standing import standing
from avnwizard.wiring import open_host
host = open_host(pathlib.Path(sys.argv[1]))
def most():  # of this program: what getrusage gives began with the process that started it
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
found, before = standing(host.journal(), "hydra"), most()
began = time.monotonic()
tally = tally_now(host, found)
took, after = time.monotonic() - began, most()
print(json.dumps([tally.sessions, tally.sentences(), took, before / 1024, after / 1024]))
"""
_COPIES = 40_000


def _scans_a_large_table(zoo: ZooStack) -> None:
    """Each living refresh token's row, two old ones and a new one, so many times more: the counts are exact."""
    table = "hydra_oauth2_refresh"
    copied = f"jsonb_populate_record(r, jsonb_build_object('signature', 'copy-' || n || signature))).* FROM {table} r"
    zoo.sql(f"INSERT INTO {table} SELECT ({copied}, generate_series(1, {_COPIES}) n WHERE active")
    assert int(zoo.sql(f"SELECT count(*) FROM {table}")) >= 3 * _COPIES
    said = subprocess.run([sys.executable, "-c", _SCAN, str(zoo.clone)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    sessions, sentences, took_s, before_mb, after_mb = json.loads(said.stdout)
    print(
        f"scanned {3 * _COPIES:,} rows in {took_s:.2f} s, {before_mb:.0f} MB before and {after_mb:.0f} MB at the most"
    )
    assert sessions == 2 * _COPIES + 2, sentences
    assert f"{2 * _COPIES + 2:,} refresh tokens still need the old secret" in " ".join(sentences)
    assert after_mb < 100
    zoo.sql(f"DELETE FROM {table} WHERE signature LIKE 'copy-%'")


def test_what_the_refusal_prevents(zoo: ZooStack, hydra: OAuthClient) -> None:
    """Dropped early on purpose, exactly those tokens end that were counted; the keys stay."""
    old = [hydra.sign_in() for _ in range(2)]
    keys = hydra.keys()
    assert _rotate(zoo).code == ExitCode.DONE
    assert _rotate(zoo).code == ExitCode.DONE
    new = hydra.sign_in()
    until(lambda: "access token" not in _rotate(zoo, "--dry-run").out, limit_s=300)
    refused = _rotate(zoo)
    assert "2 refresh tokens still need the old secret" in refused.err
    _scans_a_large_table(zoo)
    assert _rotate(zoo, "--ends", "1").code == ExitCode.REFUSED
    done = _rotate(zoo, "--ends", "2")
    assert done.code == ExitCode.DONE, done.err
    assert [hydra.refresh(one["refresh_token"])[0] for one in old] == [400, 400]
    assert hydra.refresh(new["refresh_token"])[0] == 200
    assert hydra.keys() == keys
