"""What the canary asks Kratos: an identity by the admin API, then what an app does (API flows).

Ory Kratos v1.0 to v26.2: `/admin/identities`, `/schemas/{id}`, `/self-service/login/api`, `/sessions/whoami`,
`/self-service/logout/api`.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from avnwizard.domain.canary.calls import Call, Reply
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.canary.doors import Api
from avnwizard.flows.canary.failed import FailedError, require
from avnwizard.ports.canary import Caller

MARK = {"made_by": "avnwizard canary"}
_GONE, _TAKEN = 404, 409


class Kratos:
    """One Kratos."""

    def __init__(self, caller: Caller, api: Api) -> None:
        self._caller, self._api = caller, api

    def sign_in(self, identifier: str, password: str) -> str:
        """Sign in as an app does; the session's token.

        Raises:
            FailedError: says how.
        """
        begun = require(self._public(Call("GET", "/self-service/login/api")), "the sign-in cannot begin")
        action = str((begun.data.get("ui") or {}).get("action") or "")
        flow = str(begun.data.get("id") or "")
        query = urlsplit(action).query or f"flow={quote(flow)}"
        body = {"method": "password", "identifier": identifier, "password": password}
        reply = self._public(Call("POST", f"/self-service/login?{query}", json=body))
        if not reply.ok and (said := _messages(reply)):
            raise FailedError(f"the sign-in is refused: {said}", unsettled=reply.unsettled)
        token = str(require(reply, "the sign-in is refused").data.get("session_token") or "")
        if not token:
            raise FailedError("the sign-in gave no session")
        return token

    def check(self, session: str, identity: str) -> None:
        """Ask whose session it is.

        Raises:
            FailedError: it is not the canary's, or no longer good.
        """
        reply = require(
            self._public(Call("GET", "/sessions/whoami", headers={"X-Session-Token": session})),
            "the session is refused",
        )
        if not reply.data.get("active") or (reply.data.get("identity") or {}).get("id") != identity:
            raise FailedError("the session is not active, or another's")

    def sign_out(self, session: str) -> None:
        """End a session, so that rounds leave nothing; whatever comes of it."""
        self._public(Call("DELETE", "/self-service/logout/api", json={"session_token": session}))

    def create(self, identifier: str, password: str, schema: str, traits: Mapping[str, str]) -> str:
        """Make the identity; its id.

        Raises:
            RefusedError: Kratos refuses it, or somebody else has the identifier.
        """
        body = {
            "schema_id": schema or "default",
            "traits": self._traits(identifier, schema or "default", traits),
            "credentials": {"password": {"config": {"password": password}}},
            "metadata_admin": MARK,
        }
        reply = self._admin(Call("POST", "/admin/identities", json=body))
        if reply.status == _TAKEN and self._remove_former(identifier):
            reply = self._admin(Call("POST", "/admin/identities", json=body))
        if reply.status == _TAKEN:
            raise RefusedError(
                f"Somebody else has the identifier {printable(identifier, limit=99)} at Kratos. Nothing was changed.",
                "Choose another one as [canary] identifier in avnwizard.toml.",
            )
        if not reply.ok or not reply.data.get("id"):
            raise RefusedError(
                f"Kratos makes no identity for the canary: {reply.complaint()}.",
                "Where its schema demands further traits, give them as [canary] traits in avnwizard.toml.",
            )
        return str(reply.data["id"])

    def exists(self, identity: str) -> bool:
        """Whether the identity is there, or may be: only a clear "no" is one."""
        return self._admin(Call("GET", f"/admin/identities/{quote(identity)}")).status != _GONE

    def remove(self, identity: str) -> Reply:
        """Remove it with its sessions; one that is gone already is no error."""
        reply = self._admin(Call("DELETE", f"/admin/identities/{quote(identity)}"))
        return Reply(204) if reply.status == _GONE else reply

    def _remove_former(self, identifier: str) -> bool:
        """Remove the identity of an earlier canary whose file was lost; whether there was one."""
        found = self._listed(f"/admin/identities?credentials_identifier={quote(identifier)}")
        mine = [one for one in found if one.get("metadata_admin") == MARK]
        return bool(mine) and all(self.remove(str(one["id"])).ok for one in mine)

    def _listed(self, path: str) -> list[dict[str, Any]]:
        return self._admin(Call("GET", path)).listed

    def _traits(self, identifier: str, schema: str, more: Mapping[str, str]) -> dict[str, Any]:
        """The identifier where the schema wants it, and what the operator adds."""
        reply = self._public(Call("GET", f"/schemas/{quote(schema, safe='')}"))
        traits = ((reply.data.get("properties") or {}).get("traits") or {}).get("properties") or {}
        places = list(_identifiers(traits))
        if not places:
            raise RefusedError(
                f"The identity schema {printable(schema, limit=60)} names no trait to sign in with by a password"
                f"{'' if reply.ok else f' ({reply.complaint()})'}. Nothing was changed.",
                'Name a schema that does as [canary] schema in avnwizard.toml, or leave Kratos out: kratos = "none".',
            )
        found: dict[str, Any] = {}
        for path, value in [(places[0], identifier), *((name.split("."), text) for name, text in more.items())]:
            into = found
            for part in path[:-1]:
                into = into.setdefault(part, {})
            into[path[-1]] = value
        return found

    def _public(self, call: Call) -> Reply:
        return self._caller.call(self._api.public, call)

    def _admin(self, call: Call) -> Reply:
        return self._caller.call(self._api.admin, call)


def _identifiers(traits: Mapping[str, Any]) -> Iterator[list[str]]:
    """Paths of the traits that a password's identifier is taken from (`ory.sh/kratos` in the schema)."""
    for name, one in traits.items():
        if not isinstance(one, Mapping):
            continue
        credentials = (one.get("ory.sh/kratos") or {}).get("credentials") or {}
        if (credentials.get("password") or {}).get("identifier"):
            yield [name]
        for path in _identifiers(one.get("properties") or {}):
            yield [name, *path]


def _messages(reply: Reply) -> str:
    """What Kratos says to the user above the form."""
    found = (reply.data.get("ui") or {}).get("messages") or ()
    return "; ".join(printable(str(one.get("text")), limit=120) for one in found if isinstance(one, dict))
