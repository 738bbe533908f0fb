"""Env files that a release gives to its services and nobody has made."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.envfile import EnvFile
from avnwizard.errors import RefusedError
from avnwizard.flows.upgrade.env_files import require_env_files

NOW = "services: {web: {env_file: [web.env, ./brought.env]}, side: {env_file: side.env}}"
NEXT = """\
services:
  web: {env_file: ["conf/${NAME}.env", ./brought.env, {path: spare.env, required: false}]}
  side: {env_file: side.env}
"""


def _checked(folder: Path, *, now: str = NOW, then: str = NEXT) -> None:
    files = {("now", "compose.yml"): now, ("then", "brought.env"): "A=1\n"}

    def read(commit: str, path: str) -> bytes | None:
        return files[commit, path].encode() if (commit, path) in files else None

    repo = SimpleNamespace(directory=folder, read=read)
    host = SimpleNamespace(repo=repo, stack=SimpleNamespace(project=SimpleNamespace(directory=folder)))
    draft = SimpleNamespace(
        head=SimpleNamespace(commit="now"),
        target=SimpleNamespace(name="v1.6.0", commit="then"),
        compose={"compose.yml": then.encode()},
        every_compose={"compose.yml": then.encode()},
        carried={},
    )
    require_env_files(cast("Any", host), cast("Any", draft), EnvFile.parse(b"NAME=web\n"))


def test_one_that_the_release_calls_otherwise(tmp_path: Path) -> None:
    """It is named with the one that the service has now, and with the command that makes it."""
    for name in ("web.env", "side.env"):
        (tmp_path / name).write_text("B=2\n")
    with pytest.raises(RefusedError) as refused:
        _checked(tmp_path)
    assert refused.value.message == (
        "v1.6.0 gives web the env file conf/web.env in place of web.env, which is not there. Nothing was changed."
    )
    assert refused.value.hint == "Make it from yours, and plan again: install -D -m 600 web.env conf/web.env"
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "web.env").write_text("B=2\n")
    _checked(tmp_path)


def test_one_that_is_new(tmp_path: Path) -> None:
    """What it holds only the release can say."""
    with pytest.raises(RefusedError, match=r"gives web the env file new\.env, which is not there") as refused:
        _checked(tmp_path, now="services: {web: {}}", then="services: {web: {env_file: new.env}}")
    assert refused.value.hint == "Make it as v1.6.0 says, and plan again."
