"""The real file system: atomic replacement, private modes, owners, full disks."""

import errno
import os
import stat
import subprocess
from pathlib import Path

import pytest

from avnwizard.adapters import durable
from avnwizard.adapters.clock import SystemClock
from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.errors import HostError


def test_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The content is as asked, the file is private under any umask, and no temporary file stays."""
    files, place = LocalFiles(), tmp_path / ".env.production"
    old = os.umask(0o777)
    try:
        files.write(place, b"one")
        place.chmod(0o644)
        files.write(place, b"two")
    finally:
        os.umask(old)
    assert files.read(place) == b"two"
    assert files.mode(place) == 0o600
    assert list(tmp_path.iterdir()) == [place]


def test_link_stays_a_link(tmp_path: Path) -> None:
    """An env file that is a link elsewhere is written where it points."""
    target = tmp_path / "secrets" / "env"
    target.parent.mkdir()
    target.write_text("old")
    link = tmp_path / ".env.production"
    link.symlink_to(target)
    LocalFiles().write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can keep another owner")
def test_owner_is_kept(tmp_path: Path) -> None:
    """As root, the operator's file stays the operator's."""
    place = tmp_path / "env"
    place.touch()
    os.chown(place, 1234, 2345)
    LocalFiles().write(place, b"new")
    assert (place.stat().st_uid, place.stat().st_gid) == (1234, 2345)


def test_errors_are_ours(tmp_path: Path) -> None:
    """A missing file or folder is one sentence with a hint."""
    files = LocalFiles()
    for attempt in (
        lambda: files.read(tmp_path / "no"),
        lambda: files.mode(tmp_path / "no"),
        lambda: files.write(tmp_path / "no" / "file", b""),
        lambda: files.read(tmp_path),
    ):
        with pytest.raises(HostError) as raised:
            attempt()
        assert str(tmp_path) in raised.value.message


def test_free_space_of_a_folder_to_be(tmp_path: Path) -> None:
    """The nearest existing parent is measured."""
    files = LocalFiles()
    assert files.free_bytes(tmp_path / "a" / "b") == files.free_bytes(tmp_path) > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """With no room left the error says so, the old content is whole, and no temporary file stays."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        place = small / "env"
        LocalFiles().write(place, b"old")
        with pytest.raises(HostError, match="No space left") as raised:
            LocalFiles().write(place, b"x" * 200_000)
        assert "room" in raised.value.hint
        assert place.read_bytes() == b"old"
        assert list(small.iterdir()) == [place]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_clock() -> None:
    """Time goes on while it sleeps, and a negative sleep is none."""
    clock = SystemClock()
    begun = clock.now()
    clock.sleep(0.02)
    clock.sleep(-1)
    assert 0.015 < clock.now() - begun < 5


def _stream(to: Path, blocks: list[bytes]) -> FileFacts:
    with durable.appearing(to) as sink:
        for block in blocks:
            sink.take(block)
        return sink.written()


def test_a_stream_is_read_again_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stride by stride while it is written: a byte that the disk gives back otherwise is found, early or late."""
    monkeypatch.setattr(durable, "_STRIDE_BYTES", 1 << 12)
    blocks = [bytes([number % 251]) * 3000 for number in range(20)]
    written = _stream(tmp_path / "good", blocks)
    assert (tmp_path / "good").read_bytes() == b"".join(blocks)
    assert written == LocalFiles().measure(tmp_path / "good")
    read = os.pread
    for place in (100, 31_000, 59_999):

        def wrong(handle: int, count: int, offset: int, *, place: int = place) -> bytes:
            found = bytearray(read(handle, count, offset))
            if offset <= place < offset + len(found):
                found[place - offset] ^= 1
            return bytes(found)

        monkeypatch.setattr(durable.os, "pread", wrong)  # type: ignore[attr-defined]
        with pytest.raises(HostError, match="is not what was written"):
            _stream(tmp_path / "bad", blocks)
    assert [file.name for file in tmp_path.iterdir()] == ["good"]


def test_a_disk_that_fails_amid_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier part met is told, though the stream went on."""
    monkeypatch.setattr(durable, "_STRIDE_BYTES", 1 << 12)

    def failing(_handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable.os, "fsync", failing)  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="Input/output error"):
        _stream(tmp_path / "x", [bytes(3000)] * 10)
    assert list(tmp_path.iterdir()) == []
