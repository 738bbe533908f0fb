"""Folders that containers have bound: what keeps one from being set aside, and what is left of it."""

import os
from pathlib import Path

import pytest

from avnwizard.adapters.docker import bound_folders


def test_a_folder_is_set_aside_and_made_again(tmp_path: Path) -> None:
    """Nothing of it is destroyed, the second time neither; one that is gone is only made."""
    folder = tmp_path / "up"
    assert bound_folders.renew(str(folder)) == ""
    for number in (1, 2):
        (folder / "a").write_text(f"{number}")
        kept = Path(bound_folders.renew(str(folder)))
        assert (kept / "a").read_text() == f"{number}"
        assert (kept.parent, list(folder.iterdir())) == (tmp_path, [])
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_keeps_a_folder_where_it_is(tmp_path: Path) -> None:
    """A file, a link, a file system of its own, and a folder that is not there."""
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link", "none"):
        assert "no folder" in bound_folders.trouble(str(tmp_path / name))
    assert "of its own" in bound_folders.trouble("/proc")
    (tmp_path / "up").mkdir()
    assert bound_folders.trouble(str(tmp_path / "up")) == ""


def test_a_folder_below_one_that_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The login could not rename it; root, who may be running this, could."""
    (tmp_path / "up").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)
    assert "rename nothing" in bound_folders.trouble(str(tmp_path / "up"))


def test_the_size_of_a_folder(tmp_path: Path) -> None:
    """All that lies in it, links as themselves."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"x" * 1000)
    (tmp_path / "b").write_bytes(b"x" * 500)
    assert bound_folders.size_bytes(str(tmp_path)) == 1500
    assert bound_folders.size_bytes(str(tmp_path / "none")) is None
