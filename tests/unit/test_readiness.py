"""How a container without a health check is asked whether it is ready, and what its answers say."""

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from avnwizard.domain.config import Config, parse_config
from avnwizard.domain.handover import Handover, HandoverChoice
from avnwizard.domain.host import Service
from avnwizard.domain.readiness import Readiness, readiness_of
from avnwizard.domain.strategy import lacks_a_check_alone
from avnwizard.errors import UsageError
from avnwizard.flows.steps.roll import RollBackService

if TYPE_CHECKING:
    from avnwizard.flows.host import Host
    from avnwizard.flows.stack.step_inputs import StepInputs

_RULE = "traefik.http.routers.docs.rule"
_PORT = "traefik.http.services.docs.loadbalancer.server.port"
_LABELS = {_RULE: "Host(`docs.example.test`) && PathPrefix(`/help`)", _PORT: "3000"}
_DOCS = Service("docs", "docs:1", labels=_LABELS)


def test_the_route_says_what_to_ask() -> None:
    """Port of the Traefik service, host and path of the route; any answer below 500 counts."""
    found = readiness_of(_DOCS)
    assert found == Readiness(3000, "/help", "docs.example.test")
    assert isinstance(found, Readiness)
    assert [found.is_met_by(status) for status in (None, 199, 200, 302, 404, 499, 500, 503)] == [
        False, False, True, True, True, True, False, False,
    ]  # fmt: skip


def test_a_named_path_must_succeed() -> None:
    """404 of a path that the operator named says that it is misspelt, not that the service is ready."""
    found = readiness_of(_DOCS, path="/healthz")
    assert found == Readiness(3000, "/healthz", "docs.example.test", named=True)
    assert isinstance(found, Readiness)
    assert [found.is_met_by(status) for status in (204, 302, 404, 401, 500)] == [True, True, False, False, False]


def test_a_path_that_may_do_something_is_not_asked() -> None:
    """The root is asked in place of a route whose GET may sign somebody out."""
    found = readiness_of(replace(_DOCS, labels=_LABELS | {_RULE: "Path(`/api/logout`)"}))
    assert found == Readiness(3000, "/")


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ({_PORT: "3000"}, "no HTTP route"),
        ({_RULE: "Path(`/`)"}, "do not name one port"),
        (_LABELS | {"traefik.http.services.other.loadbalancer.server.port": "4000"}, "do not name one port"),
        (_LABELS | {"traefik.http.services.docs.loadbalancer.server.scheme": "h2c"}, "it speaks h2c"),
    ],
)
def test_what_cannot_be_asked(labels: dict[str, str], why: str) -> None:
    """No route, no port, several ports, another protocol: the reason says so."""
    assert why in str(readiness_of(replace(_DOCS, labels=labels)))


def test_only_the_check_is_lacking() -> None:
    """A host port or data forbid a second container, however its readiness is asked."""
    assert lacks_a_check_alone(_DOCS)
    for one in (
        replace(_DOCS, has_healthcheck=True),
        replace(_DOCS, published=("127.0.0.1:80",)),
        replace(_DOCS, volumes=("data:/data",)),
    ):
        assert not lacks_a_check_alone(one)


@pytest.mark.parametrize("path", ["healthz", "/a b", "/ä", "http://x/"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    """The error names the place and what is wanted."""
    with pytest.raises(UsageError, match=r"roll\.ready\.docs: Must be a path such as /healthz"):
        parse_config(f'[roll]\nready = {{ docs = "{path}" }}\n', source="avnwizard.toml")


def test_a_path_is_taken() -> None:
    """By the service's name."""
    assert parse_config('[roll]\nready = { docs = "/healthz" }\n', source="x").roll.ready == {"docs": "/healthz"}


class _Back:
    """The way back of a service without a health check, its route taken by a Traefik or not."""

    def __init__(self, *, image_checked: bool = False) -> None:
        part = SimpleNamespace(service="docs", image_checked=image_checked)
        scene = SimpleNamespace(plan=SimpleNamespace(services=(part,)))
        self.step = RollBackService(cast("StepInputs", scene), "docs", "surge")
        self.host = cast("Host", SimpleNamespace(config=Config()))

    def handing(self, how: Handover, service: Service = _DOCS) -> tuple[Handover | None, Readiness | None]:
        """What the step makes of a handover that was chosen."""
        return self.step._handing(self.host, service, HandoverChoice(how, "why"))


def test_the_way_back_asks_as_well() -> None:
    """With a director the old release is asked; without one nobody could tell, so it is recreated."""
    assert _Back().handing("director") == ("director", readiness_of(_DOCS))
    assert _Back().handing("wait") == (None, None)


def test_the_way_back_leaves_it_to_a_health_check() -> None:
    """Of the compose file or of the image: then avnwizard asks nothing, whatever the handover."""
    assert _Back(image_checked=True).handing("wait") == ("wait", None)
    assert _Back().handing("wait", replace(_DOCS, has_healthcheck=True)) == ("wait", None)
