"""A volume that is put back: what was stopped serves again, and what was there is kept whole."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.adapters.docker import copying
from avnwizard.adapters.docker.cli import DockerCli
from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.compose.model import model_from_config
from avnwizard.domain.host import ComposeModel, Mount
from avnwizard.domain.snapshot import ArchivedVolume, Part
from avnwizard.errors import HostError
from avnwizard.flows.restore.unpack import UnpackVolume

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

_VOLUME = ArchivedVolume("minio_data", "minio", "/data", True, Part("volume-0.tar", 1, ""))


class _Stack:
    """Containers of a service, by id: whether each runs."""

    def __init__(self, **running: bool) -> None:
        self.running, self.full = running, False
        self.mounts: tuple[Mount, ...] = (Mount("volume", "x_minio_data", "/data"),)

    def containers(self, _service: str) -> tuple[Any, ...]:
        return tuple(
            SimpleNamespace(id=name, name=name, state="running" if runs else "exited", mounts=self.mounts)
            for name, runs in self.running.items()
        )

    def resolve(self) -> ComposeModel:
        return model_from_config({"volumes": {"minio_data": {"name": "x_minio_data"}}})

    def stop(self, *containers: str, grace_s: float) -> None:
        assert grace_s
        self.running |= dict.fromkeys(containers, False)

    def start(self, container: str) -> None:
        self.running[container] = True

    def archive(self, _container: str, _path: str, to: Path, _progress: Callable[..., None]) -> None:
        if self.full:
            raise HostError("No space left on device.")
        to.touch()

    def unarchive(self, *_: object) -> None:
        assert not any(self.running.values())


def _unpack(stack: _Stack, home: Path, noted: dict[str, Any]) -> None:
    host = cast("Host", SimpleNamespace(stack=stack, files=LocalFiles(), state=SimpleNamespace(folder=home)))
    ctx = SimpleNamespace(
        run="r", effect=lambda _: nullcontext(), say=lambda _: None, recall=lambda *_: noted, note=noted.update
    )
    UnpackVolume(host, home, _VOLUME).do(cast("StepContext", ctx))


def test_what_was_stopped_before_a_crash_starts_too(tmp_path: Path) -> None:
    """Two replicas; the run was cut off when the first had ended: both run in the end."""
    stack = _Stack(first=False, second=True)
    _unpack(stack, tmp_path, {"running": ["first", "second", "made anew since"]})
    assert stack.running == {"first": True, "second": True}


def test_without_room_to_keep_what_is_there_it_serves_again(tmp_path: Path) -> None:
    """Nothing was unpacked; the service is not left stopped."""
    stack = _Stack(first=True, never=False)
    stack.full = True
    with pytest.raises(HostError, match="No space left"):
        _unpack(stack, tmp_path, {})
    assert stack.running == {"first": True, "never": False}


def test_a_volume_that_is_mounted_elsewhere_is_not_unpacked(tmp_path: Path) -> None:
    """Its files would land in the container's own layer: nothing is stopped, kept or unpacked."""
    stack = _Stack(first=True)
    stack.mounts = (Mount("volume", "x_minio_data", "/srv"),)
    with pytest.raises(HostError, match="its own layer"):
        _unpack(stack, tmp_path, {})
    assert stack.running == {"first": True}
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_not_whole_is_not_kept(tmp_path: Path) -> None:
    """Taken for what was there, it would let the resumed step unpack over the only copy."""
    to = tmp_path / "kept.tar"
    with pytest.raises(HostError, match="no whole archive"):
        copying.archive(DockerCli({"PATH": "/usr/bin:/bin"}), ("echo", "no tar"), to, lambda *_: None)
    assert list(tmp_path.iterdir()) == []
