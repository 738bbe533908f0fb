"""A running Traefik's static settings, as far as its container shows them: arguments, environment, mounts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FILES = ("/etc/traefik", "/traefik.yml", "/traefik.yaml", "/traefik.toml")
"""Where Traefik looks for a settings file; one that is found there wins over arguments (v3.7, `/etc/traefik/`…)."""
_API_PORT = 8080
_THROTTLE_S = 2.0
_UNIT_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_PORT = re.compile(r":(\d+)(?:/tcp)?$")


@dataclass(frozen=True)
class Settings:
    """Static settings by their lower-case names ("providers.docker.network").

    Attributes:
        seen: whether these are all there are; False where a file may hold others.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    seen: bool = False

    def get(self, name: str) -> str:
        """A setting, "" where it is not set or not seen."""
        return self.values.get(name, "")

    @property
    def docker_provider(self) -> bool | None:
        """Whether containers' labels are read; None where that cannot be seen."""
        if any(name.startswith("providers.docker") for name in self.values):
            return self.get("providers.docker").lower() != "false"
        return False if self.seen else None

    @property
    def exposed_by_default(self) -> bool | None:
        """`exposedByDefault`, which is true where nothing is said."""
        said = self.get("providers.docker.exposedbydefault").lower()
        if said:
            return said not in {"false", "0", "f"}
        return True if self.seen else None

    @property
    def default_rule(self) -> str:
        """The template of the default rule; "" where it cannot be seen."""
        return self.get("providers.docker.defaultrule") or ("Host(`{{ normalize .Name }}`)" if self.seen else "")

    @property
    def throttle_s(self) -> float:
        """`providersThrottleDuration`, 2 s where nothing is said; 0 where it cannot be seen."""
        said = self.get("providers.providersthrottleduration")
        return _seconds(said) if said else _THROTTLE_S * self.seen

    @property
    def api_port(self) -> int:
        """Where its API listens if it does so without a password."""
        found = _PORT.search(self.get("entrypoints.traefik.address"))
        return int(found[1]) if found else _API_PORT

    @property
    def resolves_certificates(self) -> bool:
        """Whether an entrypoint has certificates made for the hosts of its routers that say nothing of TLS."""
        return any(re.fullmatch(r"entrypoints\.[^.]+\.http\.tls\.certresolver", name) for name in self.values)

    @property
    def entry_ports(self) -> tuple[int, ...]:
        """The TCP ports of its entrypoints, as far as they are seen."""
        addresses = [
            value for name, value in self.values.items() if re.fullmatch(r"entrypoints\.[^.]+\.address", name)
        ]
        return tuple(int(found[1]) for address in addresses if (found := _PORT.search(address)))


def settings_of(raw: Mapping[str, Any]) -> Settings:
    """The settings of a container, from `docker inspect`."""
    config = raw.get("Config") or {}
    words = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
    values = {**_from_environment(config.get("Env") or ()), **_from_arguments([str(word) for word in words])}
    mounts = [str(mount.get("Destination", "")) for mount in raw.get("Mounts") or ()]
    from_file = "configfile" in values or any(mount.startswith(_FILES) for mount in mounts)
    return Settings(values, seen=bool(values) and not from_file)


def _seconds(duration: str) -> float:
    """A duration as Traefik reads it: Go's ("1m30s", "500ms"), or a bare number of seconds; 0.0 for anything else."""
    parts = _DURATION_PART.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        return float(duration) if duration.isdigit() else 0.0
    return float(sum(float(number) * _UNIT_S[unit] for number, unit in parts))


def _from_arguments(words: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = "true" if not after or after.startswith("--") else after
        values[name.lower()] = value
    return values


def _from_environment(variables: list[str] | tuple[()]) -> dict[str, str]:
    pairs = (str(variable).partition("=")[::2] for variable in variables)
    return {
        name.removeprefix("TRAEFIK_").lower().replace("_", "."): value
        for name, value in pairs
        if name.startswith("TRAEFIK_")
    }
