"""What the canary asks Hydra: a client by the admin API, then what applications do.

Ory Hydra v2.0 to v26.2: `/admin/clients`, `/oauth2/auth`, `/oauth2/token`, `/admin/oauth2/introspect`,
`/oauth2/revoke`, `/.well-known/jwks.json`, and login and consent accepted at `/admin/oauth2/auth/requests`.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from avnwizard.domain.canary.calls import Call, Reply
from avnwizard.domain.canary.tokens import why_not_signed
from avnwizard.errors import RefusedError
from avnwizard.flows.canary.doors import Api
from avnwizard.flows.canary.failed import FailedError, require
from avnwizard.ports.canary import Caller

NAME, SUBJECT = "avnwizard canary", "avnwizard-canary"
MARK = {"made_by": "avnwizard canary"}
_SCOPE = "openid offline"
_CALLBACK = "http://127.0.0.1/avnwizard-canary"
"""Nobody listens there: the code is read from the redirect."""
_GONE = 404


class Hydra:
    """One Hydra, as one client sees it; `client` and `secret` are "" before it is made."""

    def __init__(self, caller: Caller, api: Api, client: str = "", secret: str = "") -> None:
        self._caller, self._api = caller, api
        self._client, self._secret = client, secret

    def create(self) -> tuple[str, str]:
        """Make the client; its id and its secret.

        Raises:
            RefusedError: Hydra refuses it.
        """
        for one in self._admin(Call("GET", f"/admin/clients?client_name={quote(NAME)}")).listed:
            if one.get("metadata") == MARK:
                self.remove(str(one.get("client_id")))
        body = {
            "client_name": NAME,
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code"],
            "redirect_uris": [_CALLBACK],
            "scope": _SCOPE,
            "token_endpoint_auth_method": "client_secret_post",
            "skip_consent": True,
            "metadata": MARK,
        }
        reply = self._admin(Call("POST", "/admin/clients", json=body))
        found = reply.data
        if not reply.ok or not found.get("client_id") or not found.get("client_secret"):
            raise RefusedError(
                f"Hydra makes no client for the canary: {reply.complaint()}.",
                'Look at its log, or leave it out: [canary] hydra = "none" in avnwizard.toml.',
            )
        self._client, self._secret = str(found["client_id"]), str(found["client_secret"])
        return self._client, self._secret

    def exists(self) -> bool:
        """Whether the client is there, or may be: only a clear "no" is one."""
        return self._admin(Call("GET", f"/admin/clients/{quote(self._client)}")).status != _GONE

    def remove(self, client: str) -> Reply:
        """Remove a client with its tokens; one that is gone already is no error."""
        reply = self._admin(Call("DELETE", f"/admin/clients/{quote(client)}"))
        return Reply(204) if reply.status == _GONE else reply

    def token(self) -> tuple[str, float]:
        """A token as a client, and for how many seconds it is good.

        Raises:
            FailedError: says how.
        """
        reply = require(self._token(grant_type="client_credentials"), "Hydra gives the client no token")
        return _text(reply, "access_token"), float(reply.data.get("expires_in") or 0)

    def introspect(self, token: str) -> None:
        """Ask whether a token is good.

        Raises:
            FailedError: it is not.
        """
        reply = require(
            self._admin(Call("POST", "/admin/oauth2/introspect", form={"token": token})), "introspection fails"
        )
        if not reply.data.get("active"):
            raise FailedError("introspection says that the token is not active")

    def revoke(self, token: str) -> None:
        """End a token, so that rounds leave nothing; whatever comes of it."""
        self._public(Call("POST", "/oauth2/revoke", form={"token": token, **self._credentials}))

    def refresh(self, grant: str) -> tuple[str, str]:
        """Use a refresh token up; the next one, and an ID token.

        Raises:
            FailedError: says how.
        """
        reply = require(self._token(grant_type="refresh_token", refresh_token=grant), "the grant is refused")
        return _text(reply, "refresh_token"), _text(reply, "id_token")

    def verify(self, token: str) -> None:
        """Check an ID token by the keys that Hydra publishes.

        Raises:
            FailedError: it is not signed by one of them.
        """
        reply = require(self._public(Call("GET", "/.well-known/jwks.json")), "the keys cannot be fetched")
        if why := why_not_signed(token, [one for one in reply.data.get("keys") or () if isinstance(one, dict)]):
            raise FailedError(f"the ID token is not good: {why}")

    def grant(self) -> tuple[str, str]:
        """A long-lived grant, by login and consent, which the admin API accepts: refresh token and ID token.

        Raises:
            FailedError: says how.
        """
        jar: dict[str, str] = {}
        query = {
            "client_id": self._client,
            "response_type": "code",
            "scope": _SCOPE,
            "redirect_uri": _CALLBACK,
            "state": secrets.token_hex(12),
        }
        to = self._step(f"/oauth2/auth?{urlencode(query)}", jar)
        to = self._step(_path(self._accept(to, "login", {"subject": SUBJECT})), jar)
        to = self._step(_path(self._accept(to, "consent", {"grant_scope": _SCOPE.split()})), jar)
        code = parse_qs(urlsplit(to).query).get("code")
        if not code:
            raise FailedError("the authorization ends without a code")
        reply = require(
            self._token(grant_type="authorization_code", code=code[0], redirect_uri=_CALLBACK), "the code is refused"
        )
        return _text(reply, "refresh_token"), _text(reply, "id_token")

    def _step(self, path: str, jar: dict[str, str]) -> str:
        """Ask as a browser with its cookies; where it is sent."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
        reply = self._public(Call("GET", path, headers=headers))
        jar.update(reply.cookies)
        if not reply.location:
            raise FailedError(f"the authorization stops: {reply.complaint()}", unsettled=reply.unsettled)
        return reply.location

    def _accept(self, to: str, what: str, body: Mapping[str, Any]) -> str:
        challenge = parse_qs(urlsplit(to).query).get(f"{what}_challenge")
        if not challenge:
            raise FailedError(f"the authorization leads to no {what}")
        query = urlencode({f"{what}_challenge": challenge[0]})
        call = Call("PUT", f"/admin/oauth2/auth/requests/{what}/accept?{query}", json=dict(body))
        return _text(require(self._admin(call), f"the {what} cannot be accepted"), "redirect_to")

    def _token(self, **fields: str) -> Reply:
        return self._public(Call("POST", "/oauth2/token", form={**fields, **self._credentials}))

    @property
    def _credentials(self) -> dict[str, str]:
        return {"client_id": self._client, "client_secret": self._secret}

    def _public(self, call: Call) -> Reply:
        return self._caller.call(self._api.public, call)

    def _admin(self, call: Call) -> Reply:
        return self._caller.call(self._api.admin, call)


def _path(url: str) -> str:
    """The part of an address of Hydra's that its own server knows: an edge may have a prefix before it."""
    parts = urlsplit(url)
    at = parts.path.find("/oauth2/")
    return f"{parts.path[max(at, 0) :]}?{parts.query}"


def _text(reply: Reply, name: str) -> str:
    found = reply.data.get(name)
    if not isinstance(found, str) or not found:
        raise FailedError(f"the answer has no {name.replace('_', ' ')}")
    return found
