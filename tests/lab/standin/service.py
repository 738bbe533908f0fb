"""How a stand-in answers: health, its own schema, Hydra's keys, and who it is on every other path."""

import json
import os
import socket
from typing import Any

import psycopg

from tests.lab.standin.cipher import UnreadableRowError
from tests.lab.standin.database import Database
from tests.lab.standin.kept import Kept
from tests.lab.standin.kratos import KratosApi, TableStore
from tests.lab.standin.role import Role
from tests.lab.standin.sealed import SealedRows

_HEALTH = ("/health/ready", "/api/health", "/minio/health/live")
_OK = 200
Answer = tuple[int, Any]


class Service:
    """The answers of one role."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.database = Database(role.dsn) if role.dsn else None
        self.sealed = SealedRows(self.database) if role.sealed_rows and self.database else None
        self.kratos = KratosApi(TableStore(self.database)) if role.service == "kratos" and self.database else None
        self.kept = Kept()
        self._migrated = False

    def answer(self, method: str, target: str, body: bytes, *, port: int, session: str = "") -> Answer:
        """The status and JSON body for a request; `session` is its X-Session-Token, or its cookie `sid`."""
        path = target.partition("?")[0]
        if path == "/health/alive":
            return 200, {"status": "ok"}
        try:
            status, reason = self._state()
            if status == _OK and path not in _HEALTH:
                admin = port == self.role.ports[-1]
                if self.kratos and (found := self.kratos.answer(method, target, body, admin=admin, session=session)):
                    return found
                if kept := self.kept.answer(method, path, body, session=session):
                    return kept
                return self._product(method, path, body, admin=admin)
        except UnreadableRowError as error:
            status, reason = 500, f"unreadable row: {error}"
        except psycopg.OperationalError as error:
            status, reason = 503, f"database: {error}".strip()
        except psycopg.Error as error:
            status, reason = 500, f"database: {error}".strip()
        if status == _OK:
            return _OK, {"status": "ok"}
        return status, {"error": reason, "service": self.role.service, "version": self.role.version}

    def startup_fault(self) -> str:
        """Why the server must not start at all, empty when it may."""
        if self.sealed is None or self.database is None or self.database.pending(self.role.table, self.role.needs):
            return ""
        return self.sealed.fault()

    def _state(self) -> tuple[int, str]:
        role = self.role
        if role.broken:
            return 503, "this build never becomes ready"
        if self.database is None:
            return 200, ""
        if not self._migrated:
            pending = self.database.pending(role.table, role.needs)
            if pending:
                return 503, f"migrations pending: {', '.join(pending)}"
            self._migrated = True
        if role.reads:
            self.database.rows(role.reads)
        return 200, ""

    def _product(self, method: str, path: str, body: bytes, *, admin: bool) -> Answer:
        sealed = self.sealed
        if sealed is None:
            return _OK, self._who(method, path)
        if admin and path.startswith("/admin/keys/"):
            sid = path.removeprefix("/admin/keys/")
            return 200, sealed.put_keys(sid, json.loads(body)) if method == "PUT" else sealed.keys(sid)
        if not admin and path == "/oauth2/token" and method == "POST":
            return 200, sealed.issue("client-1")
        if not admin and path.startswith("/oauth2/refresh/"):
            found = sealed.refresh(path.removeprefix("/oauth2/refresh/"))
            return (200, found) if found else (404, {"error": "no such token"})
        return 200, self._who(method, path)

    def _who(self, method: str, path: str) -> dict[str, Any]:
        return {
            "service": self.role.service,
            "version": self.role.version,
            "container": socket.gethostname(),
            "method": method,
            "path": path,
            "rate_limit": os.environ.get("RATE_LIMIT"),
        }
