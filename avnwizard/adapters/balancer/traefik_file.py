"""Traefik by a file of its file provider, replaced whole; that Traefik works by it is asked of its API."""

import json
import os
import tempfile
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from avnwizard.domain.balancer import traefik_file
from avnwizard.domain.balancer.server import FULL, Served
from avnwizard.domain.config_fleet import FleetSection
from avnwizard.errors import HostError

_TIMEOUT_S, _TAKES_S, _POLL_S = 5.0, 20.0, 0.1
"""Traefik takes up a change of its files after `providersThrottleDuration`, 2 s unless set otherwise."""
_LIMIT_BYTES = 4 << 20
_MODE = 0o644


class TraefikBalancer:
    """Steers by weights."""

    def __init__(self, section: FleetSection) -> None:
        self._file, self._service, self._api = Path(section.file), section.service, section.api.rstrip("/")
        self._names = section.named

    def look(self) -> tuple[Served, ...]:
        """As Traefik works by now, not as the file says."""
        up = {name: _well(self._asked(name)) for name in self._names.values()}
        return traefik_file.served(self._names, traefik_file.from_api(self._asked(self._service)), up)

    def weight(self, stack: str, percent: int) -> None:
        """A share, which another stack with 100 gets whole."""
        self._set({self._names[stack]: percent})

    def drain(self, stack: str) -> None:
        """Weight 0: no new requests; those under way are finished."""
        self.weight(stack, 0)

    def ready(self, stack: str) -> None:
        """As its weight says already, which is what brings it in; the whole share where that is 0."""
        found = next(one for one in self.look() if one.stack == stack)
        if not found.weight:
            self.weight(stack, FULL)

    def only(self, stack: str) -> None:
        """Both in one file, so that Traefik's wait between two changes passes once."""
        self._set({name: FULL if key == stack else 0 for key, name in self._names.items()})

    def commands(self) -> tuple[str, ...]:
        """The file, which is written under another name and renamed."""
        return (f"write {self._file}: {', '.join(f'{name}: WEIGHT' for name in self._names.values())}",)

    def _set(self, changed: Mapping[str, int]) -> None:
        found = traefik_file.weights(self._read(), self._service, source=str(self._file))
        wanted = {**dict.fromkeys(self._names.values(), FULL), **found, **changed}
        self._write(traefik_file.content(self._service, wanted))
        self._until(wanted)

    def _until(self, wanted: Mapping[str, int]) -> None:
        deadline = time.monotonic() + _TAKES_S
        while traefik_file.from_api(self._asked(self._service)) != dict(wanted):
            if time.monotonic() >= deadline:
                raise HostError(
                    f"Traefik does not work by {self._file} after {_TAKES_S:.0f} s.",
                    "Does its file provider watch that folder, with `watch: true`? Its log names a mistake.",
                )
            time.sleep(_POLL_S)

    def _read(self) -> str:
        try:
            return self._file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HostError(
                f"{self._file} cannot be read: {type(error).__name__}.", "Name it in [fleet] file."
            ) from None

    def _write(self, data: bytes) -> None:
        """Under a name that begins with a dot, which Traefik does not read, then renamed: never half a file."""
        try:
            handle, name = tempfile.mkstemp(prefix=".avnwizard.", suffix=".new", dir=self._file.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    os.fchmod(file.fileno(), _MODE)
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise HostError(f"{self._file} cannot be written: {error.strerror}.", "Look at its folder.") from None

    def _asked(self, service: str) -> Mapping[str, Any]:
        name = service if "@" in service else f"{service}@file"
        address = f"{self._api}/api/http/services/{quote(name)}"
        try:
            with urlopen(address, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - http(s), as [fleet] api has to begin
                found = json.loads(answer.read(_LIMIT_BYTES))
        except (OSError, HTTPException, ValueError) as error:
            raise HostError(
                f"Traefik's API does not tell of the service {name}: {type(error).__name__} at {address}.",
                "Switch the API on (`api: {insecure: true}` on a private entrypoint), and name it in [fleet] api.",
            ) from None
        if not isinstance(found, Mapping):
            raise HostError(f"{address} is no answer of Traefik's.", "Look at [fleet] api.")
        return found


def _well(said: Mapping[str, Any]) -> bool | None:
    """What its health check says of a service's servers; None where it has none."""
    status = said.get("serverStatus") or {}
    checked = bool((said.get("loadBalancer") or {}).get("healthCheck"))
    return any(one == "UP" for one in status.values()) if checked and status else None
