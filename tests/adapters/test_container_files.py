"""Files of the host that containers see: laid out for any user, and looked through for sockets, pipes and devices."""

import os
import socket
from pathlib import Path

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.errors import HostError


def test_laid_out_for_any_user(tmp_path: Path) -> None:
    """Folders and files below can be read by everybody, scripts run; the folder above stays as private as it was."""
    private = tmp_path / "run"
    private.mkdir(mode=0o700)
    old = os.umask(0o077)
    try:
        LocalFiles().lay_out(private / "release", {"a/b/up.sql": b"SELECT 1", "a/start": b"#!/bin/sh\n"})
    finally:
        os.umask(old)
    modes = {str(one.relative_to(private)): one.stat().st_mode & 0o777 for one in private.rglob("*")}
    assert modes == {
        "release": 0o755, "release/a": 0o755, "release/a/b": 0o755,
        "release/a/b/up.sql": 0o644, "release/a/start": 0o755,
    }  # fmt: skip
    assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["../out", "a/../../out"])
def test_a_path_that_leads_out(tmp_path: Path, name: str) -> None:
    """It is refused, and nothing is written."""
    with pytest.raises(HostError):
        LocalFiles().lay_out(tmp_path / "release", {name: b"x"})
    assert not (tmp_path / "out").exists()


def test_a_link_that_leads_out(tmp_path: Path) -> None:
    """A folder that is a symbolic link elsewhere is not followed."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HostError):
        LocalFiles().lay_out(tmp_path / "release", {"a/x": b"x"})
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_would_let_a_container_out(tmp_path: Path) -> None:
    """A socket or a pipe is found however deep it lies, and behind a link; plain files are none."""
    look = LocalFiles().unsafe_below
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "file").write_text("x")
    assert look(plain) == look(plain / "file") == look(tmp_path / "not there") == ""
    deep = tmp_path / "deep" / "er"
    deep.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(deep / "innocent.txt"))
        assert look(tmp_path / "deep") == look(deep / "innocent.txt") == "has a socket of the host"
        (tmp_path / "link").symlink_to(tmp_path / "deep")
        assert look(tmp_path / "link") == "has a socket of the host"
    os.mkfifo(plain / "pipe")
    assert look(plain) == "has a pipe of the host"
