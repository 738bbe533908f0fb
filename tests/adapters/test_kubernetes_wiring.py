"""Which databases a Helm release has, by `[kubernetes] postgres` and `[postgres] dsn`."""

import subprocess
from pathlib import Path

import pytest

from avnwizard.adapters.kubernetes.platform import HelmPlatform
from avnwizard.adapters.postgres.outside import OutsideDatabase
from avnwizard.wiring.real import open_real

_DSN = '[postgres]\ndsn = "postgresql://app@db.example/app"\n'


@pytest.mark.parametrize(
    ("pod", "more", "servers"),
    [
        ("", "", ()), ('postgres = "app=postgres"\n', "", ("postgres",)), ("", _DSN, ("",)),
        ('postgres = "app=postgres"\n', _DSN, ("", "postgres")),
    ],
)  # fmt: skip
def test_the_databases_of_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pod: str, more: str, servers: tuple[str, ...]
) -> None:
    """In a pod, outside by a DSN, both, or none; the one outside is asked without a cluster."""
    monkeypatch.setenv("AVNWIZARD_STATE_DIR", str(tmp_path / "state"))
    subprocess.run(["git", "init", "-q", str(tmp_path / "co")], check=True)
    (tmp_path / "co/avnwizard.toml").write_text(f'[kubernetes]\nrelease = "id"\ncontext = "lab"\n{pod}{more}')
    host = open_real(tmp_path / "co")
    assert isinstance(host.platform, HelmPlatform)
    assert host.choice.servers == servers
    assert host.has_database == bool(servers)
    if "" in servers:
        assert isinstance(host.platform.database(""), OutsideDatabase)
