"""A client of a real Hydra: gets tokens as applications do, with login and consent accepted at once."""

import base64
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.lab.errors import LabError

_CALLBACK = "http://127.0.0.1:1/callback"
_OK = 200


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: each is a step of the flow."""

    def redirect_request(self, *_: Any) -> None:
        """None: the answer is given back as it is."""


@dataclass(slots=True)
class OAuthClient:
    """One application, registered at a Hydra that answers at `base` ("/admin/…" too)."""

    base: str
    id: str = ""
    secret: str = field(default="", repr=False)

    def register(self) -> None:
        """Make the application known."""
        body = {
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code", "id_token"],
            "redirect_uris": [_CALLBACK],
            "scope": "openid offline",
            "token_endpoint_auth_method": "client_secret_post",
        }
        told = self._admin("POST", "/admin/clients", body)
        self.id, self.secret = told["client_id"], told["client_secret"]

    def sign_in(self) -> dict[str, Any]:
        """Tokens by an authorization code: access, refresh and ID token."""
        opener = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(CookieJar()))
        query = {
            "client_id": self.id,
            "response_type": "code",
            "scope": "openid offline",
            "redirect_uri": _CALLBACK,
            "state": secrets.token_hex(12),
        }
        to = self._redirect(opener, f"{self.base}/oauth2/auth?{urlencode(query)}")
        login = {"subject": "somebody"}
        to = self._accept(to, "login", login)
        to = self._redirect(opener, to)
        consent = {"grant_scope": ["openid", "offline"]}
        to = self._redirect(opener, self._accept(to, "consent", consent))
        code = parse_qs(urlsplit(to).query).get("code")
        if not code:
            raise LabError(f"no code: {to}")
        return self.token(grant_type="authorization_code", code=code[0], redirect_uri=_CALLBACK)[1]

    def refresh(self, token: str) -> tuple[int, dict[str, Any]]:
        """(status, answer) for a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=token)

    def token(self, **fields: str) -> tuple[int, dict[str, Any]]:
        """(status, answer) of the token endpoint."""
        form = {**fields, "client_id": self.id, "client_secret": self.secret}
        return _ask(
            "POST", f"{self.base}/oauth2/token", urlencode(form).encode(), "application/x-www-form-urlencoded"
        )

    def passes(self, gate: str, token: str) -> int:
        """The status that a guarded path answers to a token."""
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.base}{gate}/health/ready", headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError as error:
            raise LabError(f"the gate does not answer: {error}") from error

    def is_active(self, token: str) -> bool:
        """Whether Hydra accepts a token."""
        form = urlencode({"token": token}).encode()
        place = f"{self.base}/admin/oauth2/introspect"
        status, told = _ask("POST", place, form, "application/x-www-form-urlencoded")
        if status != _OK:
            raise LabError(f"introspection answers {status}")
        return bool(told["active"])

    def keys(self) -> list[str]:
        """The public keys' ids, sorted: Hydra collects its sets in no order."""
        status, told = _ask("GET", f"{self.base}/.well-known/jwks.json")
        if status != _OK:
            raise LabError(f"the keys answer {status}")
        return sorted(key["kid"] for key in told["keys"])

    @staticmethod
    def signed_by(token: str) -> str:
        """The id of the key that signed an ID token."""
        head = token.partition(".")[0]
        return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])

    def _accept(self, to: str, what: str, body: dict[str, Any]) -> str:
        challenge = parse_qs(urlsplit(to).query)[f"{what}_challenge"][0]
        place = f"/admin/oauth2/auth/requests/{what}/accept?{urlencode({f'{what}_challenge': challenge})}"
        return str(self._admin("PUT", place, body)["redirect_to"])

    def _admin(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        status, told = _ask(method, f"{self.base}{path}", json.dumps(body).encode(), "application/json")
        if status // 100 != _OK // 100:
            raise LabError(f"{method} {path.partition('?')[0]} answers {status}: {told}")
        return told

    def _redirect(self, opener: urllib.request.OpenerDirector, url: str) -> str:
        try:
            with opener.open(url, timeout=10) as answer:
                raise LabError(f"no redirect: {answer.status}")
        except urllib.error.HTTPError as error:
            to = error.headers.get("Location")
            if not to:
                raise LabError(f"no redirect: {error.code} {error.read()[:500]!r}") from error
            return str(to)


def _ask(method: str, url: str, body: bytes | None = None, kind: str = "") -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": kind} if kind else {}
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - the lab's own address
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return answer.status, dict(json.loads(answer.read() or b"{}"))
    except urllib.error.HTTPError as error:
        said = error.read()
        try:
            return error.code, dict(json.loads(said))
        except ValueError:
            return error.code, {"text": said[:300].decode("utf-8", "replace")}
    except OSError as error:
        return 0, {"text": str(error)}
