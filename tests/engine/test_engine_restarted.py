"""The Docker Engine is restarted under a snapshot and under a restore: nothing is lost, and both go on."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from avnwizard.adapters.postgres.container_access import ContainerPostgresAccess
from avnwizard.errors import StepError
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.wiring import open_host
from tests.flows.in_process import restore, take
from tests.lab.engine import Lab
from tests.lab.own_engine import OwnEngine, own_engine

pytestmark = pytest.mark.engine
_ROWS = 700_000
_FILL = f"""CREATE TABLE big AS SELECT n AS id, md5(n::text) || md5((n + 1)::text) AS word, now() AS at
    FROM generate_series(1, {_ROWS}) n; ALTER TABLE big ADD PRIMARY KEY (id)"""
_LIMIT_S = 60.0
"""How long a COPY is waited for, and Postgres after a restart."""


@pytest.fixture
def own(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OwnEngine]:
    """An engine of the test's own, with a Postgres whose dump takes a moment."""
    with own_engine(lab) as engine:
        for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
            monkeypatch.setenv(name, engine.env[name])
        monkeypatch.setenv("AVNWIZARD_STATE_DIR", str(tmp_path / "state"))
        engine.sql(_FILL)
        yield engine


class _RestartsAmidCopy:
    """Watches the server from outside and restarts the engine as soon as rows are being copied."""

    def __init__(self, own: OwnEngine, host: Host, command: str) -> None:
        self._own, self._command, self.seen = own, command, False
        (container,) = host.stack.containers("postgres")
        self._keywords = ContainerPostgresAccess(container.id, environ=own.env).connection("postgres")
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        deadline = time.monotonic() + _LIMIT_S
        with psycopg.connect(**self._keywords, autocommit=True) as connection:  # type: ignore[arg-type]  # strings
            while not self.seen and time.monotonic() < deadline:
                found = connection.execute(
                    "SELECT 1 FROM pg_stat_progress_copy WHERE command = %s AND tuples_processed > 1000",
                    [self._command],
                ).fetchone()
                self.seen = found is not None
        if self.seen:
            self._own.restart()

    def over(self) -> bool:
        """Whether the engine was restarted amid a COPY; it and Postgres are back."""
        self._thread.join()
        self._own.wait_ready()
        return self.seen


def test_restarted_amid_a_dump_and_amid_a_restore(own: OwnEngine) -> None:
    """One clear error each time, the live rows as they were, no snapshot that passes for one; then the same works."""
    host = open_host(own.checkout)
    before = host.database().row_counts("avnology")
    assert before == {"public.big": _ROWS}

    restarting = _RestartsAmidCopy(own, host, "COPY TO")
    with pytest.raises(StepError, match="snapshot could not be taken") as raised:
        take(host, proof="read back")
    assert restarting.over()
    assert raised.value.hint
    assert host.files.list(host.state.snapshots) == ()
    assert host.database().row_counts("avnology") == before
    folder = take(host, proof="read back")
    assert snapshots.verify(host.files, folder).databases[0].rows == before

    restarting = _RestartsAmidCopy(own, host, "COPY FROM")
    with pytest.raises(StepError) as failed:
        restore(host, folder)
    assert restarting.over()
    assert failed.value.hint
    assert host.database().row_counts("avnology") == before
    own.sql("DELETE FROM big WHERE id > 10")
    run = restore(host, folder)
    assert [one.id for one in host.journal().runs() if one.kind == "restore"] == [run], "one, gone on with"
    assert host.database().row_counts("avnology") == before
    names = sorted(one.name for one in host.database().databases())
    assert names == ["avnology", f"avnology__kept_{run}", "postgres"]
