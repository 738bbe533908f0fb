"""As much of Kratos' APIs as a synthetic user needs: identities, sign-in as an app (API flow), sessions."""

import json
import os
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.lab.standin.database import Database

Answer = tuple[int, Any]
_SCHEMA = {
    "properties": {
        "traits": {
            "properties": {
                "name": {"type": "object", "properties": {"first": {"type": "string"}}},
                "email": {
                    "type": "string",
                    "format": "email",
                    "ory.sh/kratos": {"credentials": {"password": {"identifier": True}}},
                },
            }
        }
    }
}
_REFUSED = {"ui": {"messages": [{"id": 4000006, "text": "The provided credentials are invalid."}]}}


class Store(Protocol):
    """Objects by kind and key."""

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """One; None where there is none."""

    def every(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind by key."""

    def put(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Keep one."""

    def remove(self, kind: str, key: str) -> None:
        """Forget one."""


class TableStore:
    """In the service's own database, in a table that is made when it is first needed."""

    def __init__(self, database: Database) -> None:
        self._database, self._made = database, False

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """One; None where there is none."""
        return self.every(kind).get(key)

    def every(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of a kind by key."""
        self._make()
        return dict(self._database.rows("SELECT key, value FROM standin_objects WHERE kind = %s", (kind,)))

    def put(self, kind: str, key: str, value: dict[str, Any]) -> None:
        """Keep one."""
        self._make()
        self.remove(kind, key)
        self._database.rows("INSERT INTO standin_objects VALUES (%s, %s, %s::jsonb)", (kind, key, json.dumps(value)))

    def remove(self, kind: str, key: str) -> None:
        """Forget one."""
        self._make()
        self._database.rows("DELETE FROM standin_objects WHERE kind = %s AND key = %s", (kind, key))

    def _make(self) -> None:
        if not self._made:
            self._database.rows("CREATE TABLE IF NOT EXISTS standin_objects (kind text, key text, value jsonb)")
            self._made = True


class KratosApi:
    """The answers."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(  # noqa: PLR0911 - one for each path
        self, method: str, target: str, body: bytes, *, admin: bool, session: str
    ) -> Answer | None:
        """Status and JSON; None for a path that is not its."""
        parts = urlsplit(target)
        path, query = parts.path, {name: found[0] for name, found in parse_qs(parts.query).items()}
        told = json.loads(body) if body.startswith(b"{") else {}
        if admin:
            return self._admin(method, path, query, told) if path.startswith("/admin/identities") else None
        if path == "/schemas/default":
            return 200, _SCHEMA
        if (method, path) == ("GET", "/self-service/login/api"):
            flow = os.urandom(8).hex()
            action = f"http://kratos.invalid/self-service/login?flow={flow}"
            return 200, {"id": flow, "ui": {"action": action, "method": "POST"}}
        if (method, path) == ("POST", "/self-service/login"):
            return self._sign_in(query, told)
        if path == "/sessions/whoami":
            found = self._store.get("session", session)
            return (200, found) if found else (401, {"error": {"reason": "No valid session was found"}})
        if (method, path) == ("DELETE", "/self-service/logout/api"):
            self._store.remove("session", str(told.get("session_token")))
            return 204, {}
        return None

    def _sign_in(self, query: dict[str, str], told: dict[str, Any]) -> Answer:
        for key, one in self._store.every("identity").items():
            if query.get("flow") and (one["email"], one["password"]) == (told["identifier"], told["password"]):
                token = f"ory_st_{os.urandom(16).hex()}"
                found = {"id": os.urandom(8).hex(), "active": True, "identity": {"id": key}}
                self._store.put("session", token, found)
                return 200, {"session_token": token, "session": found}
        return 400, _REFUSED

    def _admin(self, method: str, path: str, query: dict[str, str], told: dict[str, Any]) -> Answer:
        key = path.removeprefix("/admin/identities").strip("/")
        every = self._store.every("identity")
        if method == "GET" and not key:
            wanted = query.get("credentials_identifier")
            return 200, [_shown(name, one) for name, one in every.items() if one["email"] == wanted]
        if method == "POST":
            email = told["traits"].get("email", "")
            if any(one["email"] == email for one in every.values()):
                return 409, {
                    "error": {"reason": "This identity conflicts with another identity that already exists."}
                }
            key = os.urandom(8).hex()
            password = told["credentials"]["password"]["config"]["password"]
            made = {"email": email, "password": password, "mark": told.get("metadata_admin")}
            self._store.put("identity", key, made)
            return 201, _shown(key, made)
        if key not in every:
            return 404, {"error": {"reason": "Unable to locate the resource"}}
        if method == "DELETE":
            self._store.remove("identity", key)
            for token, one in self._store.every("session").items():
                if one["identity"]["id"] == key:
                    self._store.remove("session", token)
            return 204, {}
        return 200, _shown(key, every[key])


def _shown(key: str, one: dict[str, Any]) -> dict[str, Any]:
    return {"id": key, "traits": {"email": one["email"]}, "metadata_admin": one["mark"]}
