"""A Kratos and a Hydra in memory, for the canary: the same APIs, and switches for what goes wrong."""

import base64
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from avnwizard.domain.canary.calls import Call, Door, Reply
from tests.lab.standin.kratos import KratosApi


@dataclass
class MemoryStore:
    """Objects in memory."""

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """One; None where there is none."""
        return self.objects.get((kind, key))

    def every(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind by key."""
        return {key: one for (found, key), one in self.objects.items() if found == kind}

    def put(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Keep one."""
        self.objects[kind, key] = value

    def remove(self, kind: str, key: str) -> None:
        """Forget one."""
        self.objects.pop((kind, key), None)


@dataclass
class IdentityWorld:
    """`ports.canary.Caller` over both.

    Attributes:
        away: services that do not answer.
        lost: paths whose next answer is lost, though the service made something of the request.
        asked: how often each path was asked.
    """

    store: MemoryStore = field(default_factory=MemoryStore)
    away: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    kid: str = "first"

    def call(self, door: Door, call: Call) -> Reply:
        """As the service answers."""
        path = call.path.partition("?")[0]
        self.asked[path] += 1
        if door.service in self.away:
            return Reply(0, trouble="no answer (ConnectionRefusedError)")
        reply = self._kratos(door, call) if door.service == "kratos" else self._hydra(path, call)
        if path in self.lost:
            self.lost.remove(path)
            return Reply(0, trouble="no answer within 5 s")
        return reply

    def forget(self, kind: str) -> None:
        """Lose all objects of a kind."""
        for key in self.store.every(kind):
            self.store.remove(kind, key)

    def _kratos(self, door: Door, call: Call) -> Reply:
        body = json.dumps(call.json).encode() if call.json is not None else b""
        session = call.headers.get("X-Session-Token", "")
        found = KratosApi(self.store).answer(call.method, call.path, body, admin=door.port == 4434, session=session)
        assert found is not None, call.path
        return _json(*found)

    def _hydra(self, path: str, call: Call) -> Reply:  # noqa: PLR0911 - one for each path
        query = {name: found[0] for name, found in parse_qs(urlsplit(call.path).query).items()}
        form = dict(call.form or {})
        if path.startswith("/admin/clients"):
            return self._clients(call, path.removeprefix("/admin/clients").strip("/"))
        if path == "/oauth2/auth":
            return self._authorize(call.path, query)
        if path.startswith("/admin/oauth2/auth/requests/"):
            what = path.split("/")[5]
            to = f"https://id.example.com/prefix{query[f'{what}_challenge']}&{what}_verifier=1"
            return _json(200, {"redirect_to": to})
        if path == "/.well-known/jwks.json":
            numbers = self.key.public_key().public_numbers()
            public = {"kty": "RSA", "kid": self.kid, "n": _text(numbers.n), "e": _text(numbers.e)}
            return _json(200, {"keys": [public]})
        if path == "/admin/oauth2/introspect":
            there = any(self.store.get(kind, form["token"]) is not None for kind in ("access", "refresh"))
            return _json(200, {"active": there})
        if not self._is_known(form):
            return _json(401, {"error": "invalid_client"})
        if path == "/oauth2/revoke":
            self.store.remove("access", form["token"])
            return _json(200, {})
        assert path == "/oauth2/token", path
        return self._token(form)

    def _clients(self, call: Call, key: str) -> Reply:
        if call.method == "POST":
            made = {**call.json, "client_id": os.urandom(6).hex(), "client_secret": os.urandom(12).hex()}
            self.store.put("client", made["client_id"], made)
            return _json(201, made)
        if not key:
            return _json(200, list(self.store.every("client").values()))
        if self.store.get("client", key) is None:
            return _json(404, {"error": "Unable to locate the resource"})
        if call.method == "DELETE":
            self.store.remove("client", key)
            return _json(204, {})
        return _json(200, {"client_id": key})

    @staticmethod
    def _authorize(path: str, query: dict[str, str]) -> Reply:
        """Login, then consent, then the code; the challenge is the way on."""
        if "consent_verifier" in query:
            to = f"{query['redirect_uri']}?{urlencode({'code': 'c', 'state': query['state']})}"
        else:
            what = "consent" if "login_verifier" in query else "login"
            to = f"https://id.example.com/{what}?{urlencode({f'{what}_challenge': path})}"
        return Reply(302, location=to, cookies={"csrf": "1"})

    def _is_known(self, form: dict[str, str]) -> bool:
        found = self.store.get("client", form.get("client_id", ""))
        return found is not None and found["client_secret"] == form.get("client_secret")

    def _token(self, form: dict[str, str]) -> Reply:
        if form["grant_type"] == "client_credentials":
            token = f"ory_at_{os.urandom(16).hex()}"
            self.store.put("access", token, {})
            return _json(200, {"access_token": token, "expires_in": 3600})
        if form["grant_type"] == "refresh_token":
            if self.store.get("refresh", form["refresh_token"]) is None:
                return _json(400, {"error": "invalid_grant"})
            self.store.remove("refresh", form["refresh_token"])
        token = f"ory_rt_{os.urandom(16).hex()}"
        self.store.put("refresh", token, {})
        return _json(200, {"refresh_token": token, "id_token": self._signed(), "access_token": "a"})

    def _signed(self) -> str:
        head = _json_text({"alg": "RS256", "kid": self.kid}) + "." + _json_text({"sub": "avnwizard-canary"})
        signature = self.key.sign(head.encode(), padding.PKCS1v15(), SHA256())
        return f"{head}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _json(status: int, found: Any) -> Reply:
    return Reply(status, json.dumps(found).encode())


def _json_text(found: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).decode().rstrip("=")


def _text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")
