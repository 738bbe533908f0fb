"""Services of which only one container can run, and those that live in another's."""

from typing import Any

import pytest

from avnwizard.domain.compose.alone import why_single
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.strategy import choose, roll_order, sharers, start_levels

_HEALTH = {"test": ["CMD", "true"]}
_DONE = {"condition": "service_completed_successfully"}


def _model(**services: dict[str, Any]) -> ComposeModel:
    bodies = {name: {"image": "i", "healthcheck": _HEALTH, **body} for name, body in services.items()}
    return model_from_config({"name": "demo", "services": bodies})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"network_mode": "host"}, "the host's own network"),
        ({"network_mode": "service:web"}, "shares the network of web"),
        ({"network_mode": "container:vpn"}, "shares the network of vpn"),
        ({"pid": "service:web"}, "shares the processes of web"),
        ({"ipc": "service:web"}, "shares the shared memory of web"),
        ({"volumes_from": ["container:old:ro"]}, "uses the volumes of old"),
        ({"networks": {"a": None, "b": {"ipv4_address": "10.1.2.3"}}}, "its fixed address 10.1.2.3"),
        ({"networks": {"b": {"ipv6_address": "fd00::3"}}}, "its fixed address fd00::3"),
        ({"mac_address": "02:42:ac:11:00:99"}, "its fixed address 02:42:ac:11:00:99"),
        ({"networks": {"b": {"mac_address": "02:42:ac:11:00:99"}}}, "its fixed address 02:42:ac:11:00:99"),
        ({"devices": ["/dev/ttyUSB0:/dev/tty"]}, "holds the device /dev/ttyUSB0"),
        ({"devices": [{"source": "/dev/ttyUSB0", "target": "/dev/tty"}]}, "holds the device /dev/ttyUSB0"),
    ],
)
def test_what_allows_one_container_only(body: dict[str, Any], why: str) -> None:
    """It is known when the plan is made, and the operator reads why."""
    choice = choose(_model(api=body, web={}).services["api"], _model(api=body, web={}))
    assert choice.strategy == "recreate"
    assert why in choice.reason


@pytest.mark.parametrize(
    "body",
    [
        {"network_mode": "none"},
        {"pid": "host", "ipc": "shareable"},
        {"networks": {"a": {"aliases": ["x"]}}},
        {"networks": ["a"]},
    ],
)
def test_what_allows_two(body: dict[str, Any]) -> None:
    """Names and namespaces that several containers can have at a time."""
    assert why_single(body) == ""


def test_who_lives_in_whom() -> None:
    """By the service's name, by the name of its container, and at second hand."""
    model = _model(
        vpn={"container_name": "tunnel"},
        web={},
        a={"network_mode": "service:web"},
        b={"network_mode": "container:tunnel"},
        c={"network_mode": "container:demo-web-1", "pid": "service:a"},
        d={"volumes_from": ["web:ro", "service:vpn", "container:foreign"]},
        e={"network_mode": "container:foreign"},
    )
    assert {name: one.owners for name, one in model.services.items() if one.owners} == {
        "a": ("web",), "b": ("vpn",), "c": ("web", "a"), "d": ("web", "vpn"),
    }  # fmt: skip
    assert sharers(model, "web") == ("a", "c", "d")
    assert sharers(model, "vpn") == ("b", "d")
    assert sharers(model, "e") == ()


def test_a_sharer_is_rolled_right_after_its_owner() -> None:
    """It is cut off from when its owner is rolled until it is rolled itself."""
    model = _model(
        a={"network_mode": "service:z"},
        m={},
        z={"depends_on": {"migrate": _DONE}},
        y={"depends_on": {"migrate": _DONE}},
        migrate={"restart": "no"},
        later={"network_mode": "service:z", "depends_on": {"m": {"condition": "service_started"}}},
    )
    assert roll_order(model) == ("migrate", "y", "z", "a", "m", "later")


def test_a_one_shot_keeps_its_place() -> None:
    """Also one that runs in another's network: a migration comes right before the first that waits for it."""
    model = _model(
        vpn={},
        api={"depends_on": {"migrate": _DONE, "slow": {"condition": "service_started"}}},
        slow={},
        migrate={"restart": "no", "network_mode": "service:vpn"},
    )
    assert roll_order(model).index("migrate") == roll_order(model).index("api") - 1


def test_what_is_started_together() -> None:
    """Groups, so that no service starts before the health that it waits for; what keeps running is not waited for."""
    healthy = {"condition": "service_healthy"}
    model = _model(
        db={},
        auth={"depends_on": {"db": healthy}},
        api={"depends_on": {"auth": healthy, "cache": {"condition": "service_started"}}},
        cache={},
        web={"depends_on": {"api": {"condition": "service_started"}}},
    )
    assert start_levels(model, {"auth", "api", "cache", "web"}) == (("cache", "auth"), ("api", "web"))
    assert start_levels(model, {"web", "cache"}) == (("cache", "web"),)
    assert start_levels(model, set()) == ()
