"""Hydra's rows at rest: sealed under the system secrets, so that a dropped secret makes them unreadable."""

import json
import os
from typing import Any

from tests.lab.standin.cipher import UnreadableRowError, open_sealed, seal, secrets_list
from tests.lab.standin.database import Database


class SealedRows:
    """The JSON web keys and refresh tokens of a Hydra."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.secrets = secrets_list(os.environ["SECRETS_SYSTEM"])

    def fault(self) -> str:
        """Why the signing keys cannot be used, empty when they can."""
        for sid, kid, data in self.database.rows("SELECT sid, kid, keydata FROM hydra_jwk ORDER BY sid, kid"):
            try:
                open_sealed(self.secrets, data)
            except UnreadableRowError as error:
                return f"Could not ensure that signing keys for {sid!r} exist: key {kid!r}: {error}"
        return ""

    def keys(self, sid: str) -> dict[str, Any]:
        """The key set `sid`, opened."""
        found = self.database.rows("SELECT keydata FROM hydra_jwk WHERE sid = %s ORDER BY kid", (sid,))
        return {"keys": [json.loads(open_sealed(self.secrets, data)) for (data,) in found]}

    def put_keys(self, sid: str, body: dict[str, Any]) -> dict[str, Any]:
        """Keep the key set anew, sealed under the newest secret."""
        for key in body["keys"]:
            sealed = seal(self.secrets[0], json.dumps(key).encode(), nonce_from=os.urandom(16).hex())
            self.database.rows(
                "INSERT INTO hydra_jwk (sid, kid, keydata) VALUES (%s, %s, %s)"
                " ON CONFLICT (sid, kid) DO UPDATE SET keydata = excluded.keydata",
                (sid, f"{key['kid']}-1", sealed),
            )
        return self.keys(sid)

    def refresh(self, signature: str) -> dict[str, Any]:
        """The session of a refresh token, opened."""
        found = self.database.rows("SELECT session_data FROM hydra_oauth2_refresh WHERE signature = %s", (signature,))
        return dict(json.loads(open_sealed(self.secrets, found[0][0]))) if found else {}

    def issue(self, client_id: str) -> dict[str, Any]:
        """A new refresh token, sealed under the newest secret, that lives 720 hours."""
        signature = f"issued-{os.urandom(12).hex()}"
        sealed = seal(self.secrets[0], json.dumps({"subject": client_id}).encode(), nonce_from=signature)
        self.database.rows(
            "INSERT INTO hydra_oauth2_refresh (signature, client_id, session_data, expires_at)"
            " VALUES (%s, %s, %s, now() + interval '720 hours')",
            (signature, client_id, sealed),
        )
        return {"refresh_token": signature}
