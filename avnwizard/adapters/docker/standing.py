"""Which containers of a project run, and which of them pass their health check: asked several times a second."""

from collections.abc import Iterable, Mapping
from typing import Any

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL
from avnwizard.domain.probing import Standing
from avnwizard.errors import HostError

_FORMAT = ("ID", "State", "Status", f'Label "{LABEL}service"', f'Label "{LABEL}oneoff"')
_FIELDS = "\t".join(f"{{{{.{field}}}}}" for field in _FORMAT)


def standing(cli: DockerCli, project: str) -> tuple[Standing, ...]:
    """The running containers of a project but those of `compose run`.

    An engine on this host is asked over its socket, another one by `docker ps`.

    Raises:
        HostError: the engine does not answer.
    """
    label = f"{LABEL}project={project}"
    if not cli.engine_socket:
        lines = cli.run(("docker", "ps", "--no-trunc", "--filter", f"label={label}", "--format", _FIELDS)).text
        return _kept(standing_from_line(line) for line in lines.splitlines())
    found = engine_api.running(cli.engine_socket, label)
    if found is None:
        raise HostError("The Docker Engine does not say which containers run.", "Does it run? `docker info`")
    return _kept(standing_from(each) for each in found)


def standing_from(listed: Mapping[str, Any]) -> Standing | None:
    """One container of the list; None for one of `compose run`, and for one that does not run."""
    labels = listed.get("Labels") or {}
    return _standing(
        str(listed.get("Id", "")),
        str(listed.get("State", "")),
        str(listed.get("Status", "")),
        str(labels.get(f"{LABEL}service", "")),
        str(labels.get(f"{LABEL}oneoff", "")),
    )


def standing_from_line(line: str) -> Standing | None:
    """The same from a line of `docker ps`."""
    found = line.split("\t")
    return _standing(*found) if len(found) == len(_FORMAT) else None


def _standing(container: str, state: str, status: str, service: str, one_off: str) -> Standing | None:
    """`status` is the sentence of `docker ps`: "Up 2 minutes (healthy)", "(unhealthy)" or "(health: starting)"."""
    if state != "running" or not service or one_off.lower() == "true":
        return None
    return Standing(container, service, not status.endswith(("(unhealthy)", "(health: starting)")))


def _kept(found: Iterable[Standing | None]) -> tuple[Standing, ...]:
    return tuple(one for one in found if one)
