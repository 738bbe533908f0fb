"""The tests' folders in memory: only where the machine has room for them, and gone afterwards."""

import tempfile
from pathlib import Path

import pytest

from tests import in_memory


def test_a_small_memory_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's /dev/shm of 64 MB would fill up amid a test; the temporary folder is taken instead."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(in_memory, "_MEMORY", tmp_path / "memory")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "disk"))
    for room, place in ((0, "memory"), (1 << 62, "disk")):
        monkeypatch.setattr(in_memory, "_ROOM_BYTES", room)
        with in_memory.scratch("t-") as base:
            (base / "file").write_text("x")
            assert base.parent == tmp_path / place
        assert not base.exists()
