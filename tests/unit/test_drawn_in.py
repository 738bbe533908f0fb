"""Which further files Compose reads for a compose file, and the folder in which it finds them."""

from pathlib import Path

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.compose.drawn import Drawn, drawn_in
from avnwizard.errors import HostError

_TEXT = """\
include:
  - db.yml
  - path: [a/one.yml, "${WHICH}.yml"]
    env_file: a/.env
services:
  web:
    extends: {file: common.yml, service: base}
    env_file: [web.env, {path: more.env, required: false}]
    label_file: web.labels
  api: {extends: web}
"""


def test_every_way_to_draw_in_a_file_is_known() -> None:
    """In the short and the long syntax; `extends` of a service in the same file draws in nothing."""
    found = drawn_in(_TEXT, {"WHICH": "b/two"}, source="compose.yml")
    others = ("db.yml", "a/one.yml", "b/two.yml", "common.yml")
    assert {one.path for one in found if one.compose} == set(others)
    assert [one.path for one in found if not one.compose] == ["a/.env", "web.env", "more.env", "web.labels"]
    assert drawn_in("services: {web: {image: x}}", {}, source="compose.yml") == ()
    assert drawn_in("include: ['${A:?none}.yml']", {}, source="x") == (Drawn("${A:?none}.yml", True),)


def test_a_folder_of_files_in_memory(tmp_path: Path) -> None:
    """Each file is read by its path in the folder, nothing but links is on the disk, and nothing stays."""
    with LocalFiles().tree({"a.yml": b"1", "deep/b.env": b"S=s3cret"}) as folder:
        assert (folder / "deep" / "b.env").read_bytes() == b"S=s3cret"
        assert all(one.is_symlink() for one in folder.rglob("*") if not one.is_dir() or one.is_symlink())
    assert not folder.exists()
    with pytest.raises(HostError, match="not a path inside"), LocalFiles().tree({"../x": b""}):
        pass
    assert list(tmp_path.iterdir()) == []
