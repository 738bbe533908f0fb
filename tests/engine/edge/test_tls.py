"""TLS entrypoints, a redirect, default entrypoints and rules, two networks: rolled without a loss, seen or unseen."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.edge.checks import is_settled, lost, probe
from tests.lab.edge_stack import SUFFIX, EdgeStack, plain
from tests.lab.rolls import carry, stamp, told

pytestmark = pytest.mark.engine


@pytest.fixture(params=[False, True], ids=["without API", "with API"])
def _api(running: EdgeStack, request: pytest.FixtureRequest) -> Iterator[None]:
    """Traefik without its API, as it is otherwise too, or with it."""
    if request.param:
        running.set_api(True)
    yield
    if request.param:
        running.set_api(False)


def _redirect(edge: EdgeStack) -> tuple[int, str]:
    connection = plain(edge.web)
    try:
        connection.request("GET", "/whoami?x=1", headers={"Host": edge.host("tls")})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or ""
    finally:
        connection.close()


@pytest.mark.usefixtures("_api")
def test_by_tls(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """One router by TLS with resolver, domains and middleware, one on all default entrypoints: all three ways hold.

    Traefik is believed to have the director, by its marker alone or by its API, and nothing is taken second best.
    """
    old = set(edge.ids("tls"))
    stamp(edge.stack, "tls", mark)
    other = f"any.{SUFFIX}"
    with (
        probe(edge, "tls", tls=True) as one,
        probe(edge, "tls", tls=True, host=other) as two,
        probe(edge, "tls", host=other) as three,
    ):
        assert carry(edge.stack, tmp_path, "tls", "one") == 0
    assert lost(one, two, three) == ""
    assert [line for line in told(tmp_path, "one") if "no director" in line] == []
    status, headers, said = edge.get("tls")
    assert (status, headers["x-mark"]) == (http.client.OK, "yes")
    assert said["container"] not in {each[:12] for each in old}
    assert _redirect(edge) == (http.client.MOVED_PERMANENTLY, f"https://{edge.host('tls')}/whoami?x=1")
    is_settled(edge, "tls")


def test_without_a_label_of_traefiks(edge: EdgeStack, mark: str, tmp_path: Path) -> None:
    """Exposed by default, routed by the default rule to the exposed port, on two networks: directed all the same."""
    stamp(edge.stack, "bare", mark)
    with probe(edge, "bare") as load, probe(edge, "bare", tls=True) as by_tls:
        assert carry(edge.stack, tmp_path, "bare", "one") == 0
    assert lost(load, by_tls) == ""
    assert load.report is not None
    assert len(load.report.answered_by) == 2
    assert [line for line in told(tmp_path, "one") if "no director" in line] == []
    is_settled(edge, "bare")
