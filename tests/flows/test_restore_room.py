"""A restore beside the live databases shares their disk: it never fills it."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.snapshot import DumpedDatabase, Part
from avnwizard.errors import HostError
from avnwizard.flows.snapshot import snapshots
from avnwizard.flows.steps.restore import RestoreBeside

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_RUN = "20261123-021400-7f"
_SIZE = 1_000_000


class _Server:
    """A server with some room; what is restored into it breaks off at the third database."""

    def __init__(self, free: int | None) -> None:
        self._free, self.names = free, set[str]()

    def free_bytes(self) -> int | None:
        return self._free

    def repair_globals(self, _dump: Path, *, only_missing: bool) -> GlobalsChange:
        assert only_missing
        return GlobalsChange()

    def exists(self, name: str) -> bool:
        return name in self.names

    def create(self, name: str, **_properties: object) -> None:
        self.names.add(name)

    def drop(self, name: str) -> None:
        self.names.discard(name)

    def restore(self, dump: Path, _name: str, _progress: object) -> None:
        if dump.name == "database-2.dump":
            raise HostError("No space left on device.")

    def fingerprint(self, _name: str) -> str:
        return "same"

    def row_counts(self, _name: str) -> dict[str, int]:
        return {}


def _restore(server: _Server, monkeypatch: pytest.MonkeyPatch, noted: dict[str, Any]) -> None:
    databases = [
        DumpedDatabase(f"db{n}", "owner", _SIZE, "same", {}, Part(f"database-{n}.dump", 1, "")) for n in range(3)
    ]
    manifest = SimpleNamespace(databases=databases, globals=Part("globals.sql", 1, ""))
    monkeypatch.setattr(snapshots, "verify", lambda *_: manifest)
    host = cast("Host", SimpleNamespace(files=None, database=lambda: server))
    ctx = cast(
        "StepContext",
        SimpleNamespace(
            run=_RUN,
            effect=lambda _name: nullcontext(),
            say=lambda _text: None,
            checkpoint=lambda: None,
            recall=lambda: noted,
            note=noted.update,
        ),
    )
    RestoreBeside(host, Path("snapshot"), ("db0", "db1", "db2"), sealed=False).do(ctx)


def test_without_room_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told in bytes, before a database is made; what is restored already needs no room again."""
    server = _Server(free=3 * _SIZE)
    with pytest.raises(HostError, match=r"6\.5 MB on the server.s disk; 3 MB is free"):
        _restore(server, monkeypatch, {})
    assert server.names == set()
    server.names = {f"db0__restoring_{_RUN}", f"db1__restoring_{_RUN}"}
    with pytest.raises(HostError, match="No space left"):
        _restore(server, monkeypatch, {"restored-0": True, "restored-1": True})


@pytest.mark.parametrize("free", [None, 8 * _SIZE])
def test_what_breaks_off_gives_its_room_back(monkeypatch: pytest.MonkeyPatch, free: int | None) -> None:
    """The half restored database goes at once; those that are whole stay for the resume."""
    server, noted = _Server(free), dict[str, Any]()
    with pytest.raises(HostError, match="No space left"):
        _restore(server, monkeypatch, noted)
    assert server.names == {f"db0__restoring_{_RUN}", f"db1__restoring_{_RUN}"}
    assert noted == {"restored-0": True, "restored-1": True}
