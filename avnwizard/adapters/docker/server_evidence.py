"""What each container shows of being a PostgreSQL server: its image's own facts, its command, its programs."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from avnwizard.adapters.docker import engine_api
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import LABEL, inspected_images
from avnwizard.domain.postgres.server import Evidence

_TOP_S = 10.0
_COLUMNS = "-eo pid,args"
"""For `ps`; the engine wants the process id among the columns."""


def evidence_of(
    containers: Sequence[Mapping[str, Any]], project: str, *, environ: Mapping[str, str] | None = None
) -> list[Evidence]:
    """One for each container of a project, out of `docker inspect` of every container of any project.

    Only a container that writes to a mount is asked for its programs: a server that keeps data has one.
    """
    cli = DockerCli(environ)
    ours = [raw for raw in containers if _labels(raw).get(f"{LABEL}project") == project and not _one_off(raw)]
    ids = sorted({str(raw.get("Image")) for raw in ours if raw.get("Image")})
    images = {str(image.get("Id")): image for image in (inspected_images(cli, ids) if ids else ())}
    return [_evidence(cli, raw, images.get(str(raw.get("Image"))) or {}) for raw in ours]


def _evidence(cli: DockerCli, raw: Mapping[str, Any], image: Mapping[str, Any]) -> Evidence:
    built = image.get("Config") or {}
    running = (raw.get("State") or {}).get("Status") == "running"
    return Evidence(
        service=_labels(raw).get(f"{LABEL}service", ""),
        image=str((raw.get("Config") or {}).get("Image") or ""),
        variables=frozenset(str(each).partition("=")[0] for each in built.get("Env") or ()),
        exposed=frozenset(str(port) for port in built.get("ExposedPorts") or {}),
        command=(str(raw.get("Path") or ""), *(str(word) for word in raw.get("Args") or ())),
        programs=_programs(cli, str(raw["Id"])) if running and _keeps_data(raw) else None,
    )


def _keeps_data(raw: Mapping[str, Any]) -> bool:
    return any(
        mount.get("RW") and mount.get("Type") in {"volume", "bind"} and not str(mount.get("Source")).endswith(".sock")
        for mount in raw.get("Mounts") or ()
    )


def _programs(cli: DockerCli, container: str) -> frozenset[str] | None:
    """Names of the programs in a container ("postgres" too for "postgres: walwriter"); None where none is seen."""
    if cli.engine_socket:
        path = f"/containers/{container}/top?ps_args={quote(_COLUMNS)}"
        rows = [row[-1] for row in engine_api.asked(cli.engine_socket, path, _TOP_S).get("Processes") or () if row]
    else:
        done = cli.try_(("docker", "top", container, *_COLUMNS.split()), timeout_s=_TOP_S)
        rows = [line.strip().partition(" ")[2] for line in done.text.splitlines()[1:]] if done.code == 0 else []
    found = {words[0].rpartition("/")[2].rstrip(":") for row in rows if (words := str(row).split())}
    return frozenset(found) or None


def _labels(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return (raw.get("Config") or {}).get("Labels") or {}


def _one_off(raw: Mapping[str, Any]) -> bool:
    return str(_labels(raw).get(f"{LABEL}oneoff", "")).lower() == "true"
