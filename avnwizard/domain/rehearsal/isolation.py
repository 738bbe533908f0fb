"""From the resolved model of a release to one that nothing outside can reach, and that reaches nothing outside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from avnwizard.domain.compose.model import needs_container
from avnwizard.domain.envfile.quoting import written
from avnwizard.domain.plain import printable
from avnwizard.domain.rehearsal.order import DataPlace, Isolation, LeftOut
from avnwizard.domain.rehearsal.outside import environment
from avnwizard.domain.rehearsal.reasons import KEPT, is_set, why_not, why_unsafe

Model = dict[str, Any]
_INITDB = "/docker-entrypoint-initdb.d"
_FILE_KEYS = ("source", "target", "uid", "gid", "mode")
NO_TRAEFIK = {"traefik.enable": "false"}
SWITCHED_OFF = {"restart": "no", "pull_policy": "never"}


@dataclass(frozen=True)
class Isolated:
    """A generated model.

    Attributes:
        model: for `docker compose --file`; the values of variables are not in it.
        env: the env file that holds them, with every secret.
        left_out: the services that it has not.
        notes: what else is otherwise than in the live stack, a sentence each.
    """

    model: Model
    env: str = field(repr=False)
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def isolate(raw: Mapping[str, Any], order: Isolation) -> Isolated:
    """Make the model of the copy.

    Args:
        raw: what `docker compose config --format json` prints.
    """
    bodies = {name: body or {} for name, body in (raw.get("services") or {}).items() if needs_container(body or {})}
    present, left_out = _present(bodies, raw, order)
    names = {name.lower() for name in present} | {
        alias.lower() for body in present.values() for alias in _aliases(body)
    }
    variables: dict[str, str] = {}
    services = {name: _service(name, body, present, order, names, variables) for name, body in present.items()}
    networks = sorted({net for body in services.values() for net in body.get("networks") or ()})
    volumes = sorted(
        {str(one["source"]) for body in services.values() for one in body.get("volumes") or () if one.get("source")
         and one["type"] == "volume"}
    )  # fmt: skip
    model: Model = {
        "name": order.mark.name,
        "services": services,
        "networks": {name: {"internal": True, "labels": order.mark.labels} for name in networks},
        "volumes": {name: {"labels": order.mark.labels} for name in volumes},
    }
    for part in ("configs", "secrets"):
        if used := {str(one["source"]) for body in services.values() for one in body.get(part) or ()}:
            model[part] = {key: _file(raw[part][key], order) for key in sorted(used)}
    env = "".join(f"{key}={_quoted(value)}\n" for key, value in variables.items())
    return Isolated(model, env, left_out, tuple(_notes(present, volumes, order)))


def _present(
    bodies: Mapping[str, Model], raw: Mapping[str, Any], order: Isolation
) -> tuple[dict[str, Model], tuple[LeftOut, ...]]:
    """The services that can be isolated; who lives in one that cannot, cannot either."""
    present, why = dict(bodies), dict[str, str]()
    while True:
        found = {
            name: said
            for name, body in present.items()
            if (
                said := why_not(_without_data(name, body, order.data), present, order.unsafe)
                or _files(body, raw, order)
            )
        }
        if not found:
            return present, tuple(LeftOut(name, said, _means(name, bodies)) for name, said in sorted(why.items()))
        why |= found
        present = {name: body for name, body in present.items() if name not in found}


def _means(name: str, bodies: Mapping[str, Model]) -> str:
    waiting = sorted(other for other, body in bodies.items() if name in (body.get("depends_on") or {}))
    shown = printable(name, limit=63)
    more = f", and {', '.join(printable(one, limit=63) for one in waiting)} started without it" if waiting else ""
    return f"The rehearsal says nothing about {shown}{more}."


def _without_data(name: str, body: Model, data: DataPlace | None) -> Model:
    """The database without what the copy stands in for: its data, and the scripts that would fill an empty one."""
    if data is None or name != data.service:
        return body
    mounts = [one for one in body.get("volumes") or () if not _stands_in(str(one.get("target") or ""), data)]
    return {**body, "volumes": mounts}


def _stands_in(target: str, data: DataPlace) -> bool:
    path = PurePosixPath(target)
    return path.is_relative_to(_INITDB) or path.is_relative_to(data.target) or PurePosixPath(data.target) == path


def _files(body: Model, raw: Mapping[str, Any], order: Isolation) -> str:
    for part in ("configs", "secrets"):
        for one in body.get(part) or ():
            given = (raw.get(part) or {}).get(one.get("source") if isinstance(one, Mapping) else one) or {}
            if not isinstance(one, Mapping) or given.get("external") or not (given.get("file") or "content" in given):
                return f"one of its {part} comes from outside the compose files"
            if given.get("file") and (found := why_unsafe(str(given["file"]), order.unsafe)):
                return f"it {found}"
    return ""


def _file(given: Mapping[str, Any], order: Isolation) -> Model:
    return {"file": _place(str(given["file"]), order)} if given.get("file") else {"content": given["content"]}


def _aliases(body: Mapping[str, Any]) -> Iterable[str]:
    for entry in (body.get("networks") or {}).values():
        yield from (entry or {}).get("aliases") or ()
    if body.get("hostname"):
        yield str(body["hostname"])


def _service(
    name: str, body: Model, present: Mapping[str, Model], order: Isolation, names: set[str], variables: dict[str, str]
) -> Model:
    made = {
        key: value for key, value in _without_data(name, body, order.data).items() if key in KEPT and is_set(value)
    }
    made.setdefault("image", f"{order.mark.live}-{name}")
    made |= SWITCHED_OFF
    made["labels"] = NO_TRAEFIK | order.mark.labels
    made |= {"cpus": order.limits.cpus, "mem_limit": order.limits.memory_bytes, "pids_limit": order.limits.processes}
    made["memswap_limit"] = order.limits.memory_bytes
    made["environment"] = _by_reference(environment(body.get("environment") or {}, order, names), variables)
    made["depends_on"] = {
        other: {"condition": (how or {}).get("condition") or "service_started"}
        for other, how in (body.get("depends_on") or {}).items()
        if other in present
    }
    made["volumes"] = [_mount(one, order) for one in made.get("volumes") or ()]
    if order.data is not None and name == order.data.service:
        made["volumes"].append({"type": "volume", "source": order.data.KEY, "target": order.data.target})
    for part in ("configs", "secrets"):
        if part in made:
            made[part] = [{key: one[key] for key in _FILE_KEYS if one.get(key) is not None} for one in made[part]]
    if made.get("network_mode") == "bridge":
        del made["network_mode"]
    if "network_mode" not in made:
        given = body.get("networks") or {"default": None}
        made["networks"] = {net: {"aliases": list((how or {}).get("aliases") or ())} for net, how in given.items()}
    else:
        made.pop("networks", None)
    return {key: value for key, value in made.items() if value not in ([], {})}


def _by_reference(values: Mapping[str, str], variables: dict[str, str]) -> dict[str, str]:
    """The model names the variables; their values go to the env file, since most secrets are among them."""
    made = {}
    for name, value in values.items():
        key = f"AVNWIZARD_REHEARSAL_{len(variables)}"
        variables[key] = value
        made[name] = f"${{{key}}}"
    return made


def _mount(one: Mapping[str, Any], order: Isolation) -> Model:
    target = one.get("target")
    if one["type"] == "tmpfs":
        return {"type": "tmpfs", "target": target}
    if one["type"] == "bind":
        source = _place(str(one.get("source") or ""), order)
        return {"type": "bind", "source": source, "target": target, "read_only": True,
                "bind": {"create_host_path": False}}  # fmt: skip
    made: Model = {"type": "volume", "target": target}
    return (
        made
        | ({"source": one["source"]} if one.get("source") else {})
        | ({"read_only": True} if one.get("read_only") else {})
    )


def _quoted(value: str) -> str:
    return written(value, prefer="'")


def _place(source: str, order: Isolation) -> str:
    return order.sources.get(source, source)


def _notes(present: Mapping[str, Model], volumes: Iterable[str], order: Isolation) -> Iterable[str]:
    key = order.data.KEY if order.data else ""
    if empty := [printable(one, limit=63) for one in volumes if one != key]:
        yield f"These volumes are new and empty in the rehearsal: {', '.join(empty)}."
    for name, body in sorted(present.items()):
        mounts = _without_data(name, body, order.data).get("volumes") or ()
        if any(one.get("type") == "bind" and not one.get("read_only") for one in mounts):
            yield f"{printable(name, limit=63)} has its folders of the host read-only in the rehearsal."
        if is_set(body.get("extra_hosts")):
            yield f"{printable(name, limit=63)} does not know its extra_hosts in the rehearsal."
