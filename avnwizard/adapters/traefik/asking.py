"""Asking a running Traefik: its API where it has one without a password, and the marker of a director."""

import contextlib
import functools
import http.client
import json
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

_TIMEOUT_S = 3.0
_BODY_BYTES = 1 << 24
_FOUND = 302

Place = tuple[str, int]
"""(address, port) from here."""


def api_at(places: Iterable[Place]) -> tuple[Place, str] | None:
    """The first place where Traefik's API answers, with the version that it reports; None where there is none."""
    for place in places:
        said = api(place, "/api/version")
        if isinstance(said, dict) and "Version" in said:
            return place, str(said["Version"])
    return None


def api(place: Place, path: str) -> Any:
    """What the API says; None when it does not answer, or knows no such thing."""
    answer = _get(place, path, host="", tls=False)
    if answer is None or answer[0] != http.client.OK:
        return None
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(answer[2])
    return None


def routers(place: Place, *, naming: str = "") -> list[dict[str, Any]]:
    """Every HTTP router of every provider; a router's own name is among `names_of`.

    Args:
        naming: only those in whose name or rule this occurs; a Traefik that knows no such search gives all.
    """
    search = f"&search={quote(naming, safe='')}" if naming else ""
    found = api(place, f"/api/http/routers?per_page=100000{search}")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def names_of(router: dict[str, Any]) -> set[str]:
    """The whole names ("web@docker") that the labels of a router may have given it.

    A router on several entrypoints is one for each of those that have TLS or middlewares of their own, and is called
    ENTRYPOINT-NAME there (v3.7, pkg/server/aggregator.go).
    """
    name = str(router.get("name", ""))
    return {name, *(name.removeprefix(f"{point}-") for point in _listed(router.get("entryPoints")) if point)}


def servers(place: Place, name: str) -> set[str] | None:
    """The servers of an HTTP service by its whole name, as URLs; None when it knows no such service."""
    found = api(place, f"/api/http/services/{quote(name, safe='@')}")
    if not isinstance(found, dict) or found.get("status") != "enabled":
        return None
    balancer = found.get("loadBalancer")
    listed = _listed(balancer.get("servers")) if isinstance(balancer, dict) else []
    return {str(one.get("url", "")) for one in listed if isinstance(one, dict)}


def _listed(found: object) -> list[Any]:
    """A list of the API's; whatever else answers on that port may answer anything."""
    return found if isinstance(found, list) else []


def status(place: Place, path: str, *, host: str) -> int | None:
    """The status of a plain GET; None where nobody answers in HTTP."""
    answer = _get(place, path, host=host, tls=False)
    return answer[0] if answer else None


def marker_answers(place: Place, host: str) -> bool:
    """Whether the edge knows this marker, in the clear or by TLS (no certificate is looked at: nothing is sent).

    A middleware of the entrypoint's own may answer before the marker's (a login, an allow-list). It does so only
    where there is a router: whatever comes for this host, and not for another like it, shows as much.
    """
    for tls in (False, True):
        answer = _get(place, "/", host=host, tls=tls)
        if answer is None:
            continue
        if answer[0] == _FOUND and answer[1] == f"http://{host}/known":
            return True
        if answer[0] < http.client.INTERNAL_SERVER_ERROR and not _is_no_router(answer):
            name, dot, rest = host.partition(".")
            other = _get(place, "/", host=f"{'0' * len(name)}{dot}{rest}", tls=tls)
            if other and _is_no_router(other):
                return True
    return False


def _is_no_router(answer: tuple[int, str, bytes]) -> bool:
    """Traefik's own answer where no router fits (v3: Go's `http.NotFound`)."""
    return answer[0] == http.client.NOT_FOUND and answer[2].strip() == b"404 page not found"


def _get(place: Place, path: str, *, host: str, tls: bool) -> tuple[int, str, bytes] | None:
    """Status, `Location` and body; None when nobody answers in HTTP."""
    connection = _Tls(place, host) if tls else http.client.HTTPConnection(*place, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location") or "", answer.read(_BODY_BYTES)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class _Tls(http.client.HTTPConnection):
    """HTTPS to one address under another name."""

    def __init__(self, place: Place, name: str) -> None:
        super().__init__(*place, timeout=_TIMEOUT_S)
        self._name = name

    def connect(self) -> None:
        """Connect, then TLS with the name that is meant."""
        super().connect()
        self.sock = _context().wrap_socket(self.sock, server_hostname=self._name)


@functools.cache
def _context() -> ssl.SSLContext:
    """One that judges no certificate, and so reads none of the system's: that takes longer than the request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
