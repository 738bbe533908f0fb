"""The port `Caller` over HTTP: by an address that people use, or to a container on its own address."""

import http.client
import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode, urlsplit

from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.docker.inspect import inspected
from avnwizard.domain.canary.calls import Call, Door, Reply
from avnwizard.domain.host import Container
from avnwizard.errors import HostError

_TIMEOUT_S = 10.0
"""Kratos hashes a password for as long as its settings say: some seconds on a host that is busy."""
_MOST_BYTES = 1 << 20
_BEHIND_THE_EDGE = {"X-Forwarded-Proto": "https"}
"""Hydra and Kratos refuse plain HTTP where they expect a proxy that ends TLS before them."""


class HttpCaller:
    """`ports.canary.Caller`.

    Args:
        containers: those of a service, running or not.
        environ: the environment in which docker runs; None is this process's.
    """

    def __init__(
        self, containers: Callable[[str], Sequence[Container]], *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._containers, self._cli = containers, DockerCli(environ)

    def call(self, door: Door, call: Call) -> Reply:
        """One request; certificates are judged."""
        try:
            connection, base = self._connection(door)
        except HostError as error:
            return Reply(0, trouble=error.message)
        headers, body = dict(call.headers), None
        if not door.url:
            headers |= _BEHIND_THE_EDGE
        if call.json is not None:
            headers["Content-Type"], body = "application/json", json.dumps(call.json).encode()
        elif call.form is not None:
            headers["Content-Type"], body = "application/x-www-form-urlencoded", urlencode(call.form).encode()
        headers.setdefault("Accept", "application/json")
        try:
            connection.request(call.method, base + call.path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read(_MOST_BYTES)
        except TimeoutError:
            return Reply(0, trouble=f"no answer within {_TIMEOUT_S:.0f} s")
        except (OSError, http.client.HTTPException) as error:
            return Reply(0, trouble=f"no answer ({type(error).__name__})")
        finally:
            connection.close()
        cookies = dict(_cookie(one) for one in answer.headers.get_all("Set-Cookie") or ())
        return Reply(answer.status, content, answer.getheader("Location") or "", cookies)

    def _connection(self, door: Door) -> tuple[http.client.HTTPConnection, str]:
        """A connection, and the path below which the API lies.

        Raises:
            HostError: no container of the service serves.
        """
        if door.url:
            parts = urlsplit(door.url)
            host, base = parts.hostname or "", parts.path.rstrip("/")
            if parts.scheme == "https":
                context = ssl.create_default_context()
                return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_S, context=context), base
            return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S), base
        return http.client.HTTPConnection(self._address(door.service), door.port, timeout=_TIMEOUT_S), ""

    def _address(self, service: str) -> str:
        """Of the newest container that serves."""
        serving = [one for one in self._containers(service) if one.is_serving and not one.one_off]
        for one in sorted(serving, key=lambda each: -each.created_at):
            networks = ((inspected(self._cli, one.id) or {}).get("NetworkSettings") or {}).get("Networks") or {}
            for address in self._cli.reach.own(str(network.get("IPAddress") or "") for network in networks.values()):
                return address
        raise HostError(f"no container of {service} serves at an address of its own")


def _cookie(text: str) -> tuple[str, str]:
    name, _, value = text.partition(";")[0].partition("=")
    return name.strip(), value.strip()
