"""Snapshots on the real engine: databases by the container's own tools, volumes by `docker cp`, Postgres killed."""

import json
from pathlib import Path
from typing import Any

import pytest

from avnwizard.errors import ExitCode, StepError
from avnwizard.wiring import open_host
from tests.flows.cli import avnwizard
from tests.flows.in_process import take
from tests.lab.stack import LabStack

pytestmark = pytest.mark.engine
_LIMIT_S = 900.0


def _in_minio(stack: LabStack, script: str) -> str:
    return stack.compose("exec", "-T", "minio", "sh", "-c", script).stdout.strip()


def test_a_snapshot_of_a_real_stack(in_reach: LabStack) -> None:
    """Postgres killed in mid-dump loses nothing; then databases and a volume are taken, ruined, and restored."""
    rows = in_reach.row_counts()
    host = open_host(in_reach.clone)
    postgres = in_reach.states()["postgres"].id

    def kill(kind: str, *told: Any) -> None:
        if kind == "say" and told[1].startswith("dumping kratos"):
            in_reach.lab.docker("kill", postgres)

    with pytest.raises(StepError, match="could not be taken") as raised:
        take(host, kill)
    assert raised.value.hint
    assert host.files.list(host.state.snapshots) == ()
    in_reach.lab.docker("start", postgres)
    in_reach.wait_ready()
    assert in_reach.row_counts() == rows

    _in_minio(in_reach, "echo kept > '/data/an object' && chown 4711:4712 '/data/an object' && mkdir /data/bucket")
    (size,) = host.stack.volume_sizes([f"{in_reach.project}_minio_data", "no such volume"]).values()
    assert size >= len("kept\n")
    made = avnwizard(
        "snapshot", "create", "--stack", in_reach.clone, "--volume", "minio_data", "--json", timeout_s=_LIMIT_S
    )
    assert made.code == ExitCode.DONE, made.err
    assert made.data["proof"] == "restored"
    manifest = json.loads((Path(made.data["folder"]) / "manifest.json").read_bytes())
    assert manifest["volumes"][0]["live"] is True
    digests = {one["service"]: one["digest"] for one in manifest["images"]}
    assert digests["gateway"].startswith("sha256:")

    _in_minio(in_reach, "echo ruined > '/data/an object' && rmdir /data/bucket && echo new > /data/new")
    in_reach.sql("kratos", "DROP TABLE identities CASCADE")
    words = ("--yes", "--volume", "minio_data", "--database", "kratos")
    back = avnwizard("snapshot", "restore", "--stack", in_reach.clone, *words, timeout_s=_LIMIT_S)
    assert back.code == ExitCode.DONE, back.err
    assert in_reach.row_counts() == rows
    assert _in_minio(in_reach, "cat '/data/an object' && stat -c %u:%g '/data/an object' && cat /data/new") == (
        "kept\n4711:4712\nnew"
    )
    assert _in_minio(in_reach, "test -d /data/bucket && echo there") == "there"
