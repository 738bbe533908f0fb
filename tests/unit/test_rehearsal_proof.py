"""The proof that a generated model is isolated does not rely on how it was made."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from avnwizard.domain.rehearsal.isolation import isolate
from avnwizard.domain.rehearsal.order import DataPlace
from avnwizard.domain.rehearsal.proof import faults, require_isolated
from avnwizard.errors import RefusedError
from tests.unit.test_rehearsal_isolation import MARK, ORDER, model

NAME = MARK.name
SPOILED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "the live project": lambda made: made.update(name="id-polis"),
    "an include": lambda made: made.update(include=["/srv/id/compose.yml"]),
    "a way out": lambda made: made["networks"]["data"].update(internal=False),
    "a network of another name": lambda made: made["networks"]["data"].update(name="id-polis_data"),
    "an external network": lambda made: made["networks"]["data"].update(external=True),
    "a network's driver": lambda made: made["networks"]["data"].update(driver="macvlan"),
    "a live volume": lambda made: made["volumes"][DataPlace.KEY].update(name="pgdata"),
    "an external volume": lambda made: made["volumes"][DataPlace.KEY].update(external=True),
    "a folder as a volume": lambda made: made["volumes"][DataPlace.KEY].update(driver_opts={"device": "/srv"}),
    "a volume without a label": lambda made: made["volumes"][DataPlace.KEY].pop("labels"),
    "an unknown volume": lambda made: made["volumes"].clear(),
    "a port": lambda made: made["services"]["web"].update(ports=[{"target": 80, "published": "8080"}]),
    "a route": lambda made: made["services"]["web"]["labels"].update({"traefik.http.routers.web.rule": "Path(`/`)"}),
    "a route of another proxy": lambda made: made["services"]["web"]["labels"].update({"caddy": "id.example.com"}),
    "routing on": lambda made: made["services"]["web"]["labels"].update({"traefik.enable": "true"}),
    "a container's name": lambda made: made["services"]["web"].update(container_name="id-web"),
    "a restart": lambda made: made["services"]["web"].update(restart="always"),
    "a pull": lambda made: made["services"]["web"].update(pull_policy="always"),
    "no limits": lambda made: made["services"]["web"].pop("cpus"),
    "no network": lambda made: made["services"]["web"].pop("networks"),
    "an unknown network": lambda made: made["services"]["web"]["networks"].update(live=None),
    "a fixed address": lambda made: made["services"]["web"]["networks"]["data"].update(ipv4_address="10.5.0.2"),
    "privileged": lambda made: made["services"]["web"].update(privileged=True),
    "the host's network": lambda made: made["services"]["web"].update(network_mode="host"),
    "a writable folder": lambda made: made["services"]["migrate"]["volumes"][0].update(read_only=False),
    "a folder made on the host": lambda made: made["services"]["migrate"]["volumes"][0].update(
        bind={"create_host_path": True}
    ),
    "the socket": lambda made: made["services"]["migrate"]["volumes"][0].update(source="/var/run/docker.sock"),
    "a log that leaves": lambda made: made["services"]["web"].update(logging={"driver": "gelf"}),
    "an external secret": lambda made: made.update(secrets={"key": {"external": True}}),
    "nothing left": lambda made: made["services"].clear(),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_the_proof_sees(what: str) -> None:
    """A model that is spoiled in one place is refused: the proof does not rely on how the model was made."""
    made = copy.deepcopy(isolate(model(), ORDER).model)
    assert list(faults(made, ORDER)) == []
    SPOILED[what](made)
    with pytest.raises(RefusedError, match="would not be isolated"):
        require_isolated(made, ORDER)


def test_what_compose_prints_of_it_passes() -> None:
    """Compose adds names, defaults and empty keys, as 2.26 and 2.40 print them."""
    made = copy.deepcopy(isolate(model(), ORDER).model)
    for part in ("networks", "volumes"):
        for key, body in made[part].items():
            body["name"] = f"{NAME}_{key}"
            body.update({"ipam": {}} if part == "networks" else {})
    for body in made["services"].values():
        body.update(command=body.get("command"), entrypoint=None, mem_limit="536870912", memswap_limit="536870912")
    assert list(faults(made, ORDER)) == []
