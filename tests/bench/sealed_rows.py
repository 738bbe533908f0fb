"""How long the scanner of a rotation takes over real Hydra's rows: `python -m tests.bench.sealed_rows [ROWS]`.

A real Hydra, built from its source, on a server of the wheel, issues tokens under one secret, then under another. Its
rows are copied until there are so many, and counted in a process of its own. Needs Go, or a Hydra that was built
before.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from avnwizard.adapters.postgres import PostgresDatabase
from avnwizard.domain.secret import Secret
from tests.adapters.postgres_server import PASSWORD, SUPERUSER, LocalServer, running
from tests.lab.hydra import binary_of
from tests.lab.paths import LabPaths
from tests.waiting import until

OLD, NEW = (f"the-{name}-secret-of-this-hydra-0123456789" for name in ("first", "second"))
_TABLE, _PORTS = "hydra_oauth2_access", (24444, 24445)
_ROWS = 120_000
_COPY = (
    f"INSERT INTO {_TABLE} SELECT (jsonb_populate_record(r, jsonb_build_object('signature', n || signature))).*"
    f" FROM {_TABLE} r, generate_series(1, %d) n"
)


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS
    servers = running("pginstall")
    server = next(servers)
    try:
        server.sql("postgres", "CREATE DATABASE hydra")
        binary = binary_of(LabPaths.default())
        env = {**os.environ, "DSN": f"postgres://{SUPERUSER}:{PASSWORD}@/hydra?host={server.folder}&sslmode=disable"}
        subprocess.run([binary, "migrate", "sql", "up", "-e", "--yes"], env=env, check=True, capture_output=True)
        for secrets, tokens in ((OLD, 2), (f"{NEW},{OLD}", 1)):
            with _serving(binary, env, secrets):
                for _ in range(tokens):
                    _issue()
        server.sql("hydra", _COPY % (rows // 3))
        print(subprocess.run(
            [sys.executable, "-m", "tests.bench.sealed_rows", "--scan", str(server.programs), str(server.folder)],
            check=True, capture_output=True, text=True,
        ).stdout.strip())  # fmt: skip
    finally:
        with contextlib.suppress(StopIteration):
            next(servers)


def scan(server: LocalServer) -> str:
    """Count, and what that took."""
    database = PostgresDatabase(server)
    began, used = time.monotonic(), time.process_time()
    tally = database.sealed_rows("hydra").tally(Secret(NEW), [Secret(OLD)], written_at=None)
    took, cpu = time.monotonic() - began, time.process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return json.dumps(
        {
            "seconds": round(took, 2),
            "cpu_s": round(cpu, 2),
            "peak_mb": round(most),
            "tables": {name: [one.old, one.new, one.unreadable] for name, one in tally.tables.items()},
        }
    )


@contextmanager
def _serving(binary: Path, env: dict[str, str], secrets: str) -> Iterator[None]:
    public, admin = map(str, _PORTS)
    own = {"SECRETS_SYSTEM": secrets, "SERVE_PUBLIC_PORT": public, "SERVE_ADMIN_PORT": admin, "LOG_LEVEL": "error"}
    own |= {"URLS_SELF_ISSUER": f"http://127.0.0.1:{public}", "TTL_ACCESS_TOKEN": "720h"}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen([binary, "serve", "all", "--dev"], env={**env, **own}, stdout=log, stderr=log) as process,
    ):
        try:
            until(lambda: _ask(f"http://127.0.0.1:{admin}/health/ready") is not None, limit_s=120)
            yield
        finally:
            process.terminate()


def _issue() -> None:
    """A client with one token."""
    client = _ask(f"http://127.0.0.1:{_PORTS[1]}/admin/clients", json.dumps({
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_basic",
    }).encode(), {"Content-Type": "application/json"})  # fmt: skip
    assert client is not None
    known = b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    answer = _ask(
        f"http://127.0.0.1:{_PORTS[0]}/oauth2/token",
        b"grant_type=client_credentials",
        {"Authorization": f"Basic {known}"},
    )
    assert answer is not None


def _ask(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, str] | None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=30) as answer:  # noqa: S310 - loopback
            return dict(json.load(answer))
    except OSError:
        return None


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scan"]:
        print(scan(LocalServer(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
