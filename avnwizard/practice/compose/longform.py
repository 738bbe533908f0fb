"""Compose's short forms written out as its long ones, part by part."""

import re
import shlex
from pathlib import PurePosixPath
from typing import Any

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.plain import printable

Part = dict[str, Any]

_PORT = re.compile(
    r"(?:(?:(?P<ip>\[[^\]]*\]|[^:\[\]]+):)?(?P<out>\d*(?:-\d+)?):)?(?P<into>\d+(?:-\d+)?)(?:/(?P<protocol>\w+))?"
)
_TIME = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")
_UNIT_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_LAST_PORT, _LONGEST_PORT = 65535, 100
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def listed(value: object) -> list[Any]:
    """One thing or a list of things, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def texts(value: object) -> list[str]:
    """One thing or a list of things, as a list of texts."""
    return [text(item) for item in listed(value)]


def mapping(value: object) -> dict[str, str | None]:
    """`[A=1, B]` and `{A: 1, B: }` as a mapping of texts; no value is None."""
    if isinstance(value, dict):
        return {str(key): None if v is None else text(v) for key, v in value.items()}
    pairs = (str(item).partition("=") for item in listed(value))
    return {key: given if equals else None for key, equals, given in pairs}


def text(value: object) -> str:
    """A YAML scalar as Compose writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def words(value: object) -> list[str] | None:
    """A command as an argv."""
    if value is None:
        return None
    if isinstance(value, list):
        return [str(item) for item in value]
    try:
        return shlex.split(str(value))
    except ValueError:
        return [str(value)]


def depends_on(value: object) -> dict[str, Part]:
    """`depends_on` with a condition for each service."""
    usual: Part = {"condition": "service_started", "required": True}
    if isinstance(value, dict):
        return {str(key): {**usual, **(given or {})} for key, given in value.items()}
    return {str(item): dict(usual) for item in listed(value)}


def ports(value: object) -> list[Part]:
    """One entry of `ports`; a range gives one long form for each port.

    Raises:
        ComposeError: not a port.
    """
    if isinstance(value, dict):
        whole = {"mode": "ingress", **value, "protocol": value.get("protocol", "tcp")}
        if "published" in whole:
            whole["published"] = str(whole["published"])
        if "target" in whole:
            whole["target"] = int(whole["target"])
        return [whole]
    match = _PORT.fullmatch(str(value))
    if match is None or len(match[0]) > _LONGEST_PORT:
        raise ComposeError(f"compose file: {printable(str(value), limit=40)!r} is not a port", "Write 8080:80.")
    if max(map(int, re.findall(r"\d+", f"{match['into']} {match['out'] or ''}"[:_LONGEST_PORT]))) > _LAST_PORT:
        raise ComposeError(f"compose file: {printable(str(value), limit=40)!r} is not a port", "Write 8080:80.")
    inside, outside = _range(match["into"]), _range(match["out"] or "")
    base: Part = {"mode": "ingress"}
    if match["ip"]:
        base["host_ip"] = match["ip"].strip("[]")
    out = []
    for index, target in enumerate(inside):
        port = {**base, "target": target}
        if len(outside) > len(inside):
            port["published"] = match["out"]
        elif outside:
            port["published"] = str(outside[min(index, len(outside) - 1)])
        out.append({**port, "protocol": match["protocol"] or "tcp"})
    return out


def _range(given: str) -> list[int]:
    first, _, last = given.partition("-")
    return list(range(int(first), int(last or first) + 1)) if first else []


def mount(value: object, folder: PurePosixPath) -> Part:
    """One entry of `volumes`."""
    if isinstance(value, dict):
        whole = dict(value)
        if whole.get("type") == "bind" and "source" in whole:
            whole["source"] = _path(str(whole["source"]), folder)
        return whole
    source, target, options = _split_mount(str(value))
    bind = source.startswith((".", "/", "~")) or bool(_DRIVE.match(source))
    out: Part = {"type": "bind" if bind else "volume"}
    if source:
        out["source"] = _path(source, folder) if bind else source
    out["target"] = target
    if "ro" in options:
        out["read_only"] = True
    return {**out, "bind": {"create_host_path": True}} if bind else {**out, "volume": {}}


def _split_mount(value: str) -> tuple[str, str, list[str]]:
    drive = value[:2] if _DRIVE.match(value) else ""
    parts = value[len(drive) :].split(":")
    if len(parts) == 1:
        return "", value, []
    return drive + parts[0], parts[1], parts[2].split(",") if len(parts) > 2 else []  # noqa: PLR2004 - SOURCE:TARGET:MODE


def _path(source: str, folder: PurePosixPath) -> str:
    if source.startswith(("/", "~")) or _DRIVE.match(source):
        return source
    parts: list[str] = []
    for part in (folder / source).parts:
        if part == ".." and parts and parts[-1] not in ("..", "/"):
            parts.pop()
        elif part != ".":
            parts.append(part)
    return str(PurePosixPath(*parts)) if parts else "."


def healthcheck(value: Part) -> Part:
    """A health check with its test as an argv and its times as Go prints them."""
    out = dict(value)
    if isinstance(out.get("test"), str):
        out["test"] = ["CMD-SHELL", out["test"]]
    return out | {
        key: duration(out[key]) for key in ("interval", "timeout", "start_period", "start_interval") if key in out
    }


def duration(value: object) -> str:
    """`90s` as Go prints it: `1m30s`."""
    parts = _TIME.findall(str(value))
    if not parts:
        return str(value)
    total = sum(float(number) * _UNIT_S[unit] for number, unit in parts)
    hours, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    if total < 1:
        return f"{total * 1000:g}ms"
    lead = f"{int(hours)}h{int(minutes)}m" if hours else f"{int(minutes)}m" if minutes else ""
    return f"{lead}{seconds:g}s"
