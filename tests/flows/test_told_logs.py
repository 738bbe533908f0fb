"""What a failing container said is kept in a run's feed: without what the env file says is a secret."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.host import Container
from avnwizard.flows.roll.settling import tell_log

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host


def test_a_log_line_loses_the_secrets(tmp_path: Path) -> None:
    """By value, by shape, and where the cut to a line's length would leave half of an address."""
    env_file = tmp_path / ".env"
    env_file.write_text("DBPASS=s3cret-one\n")
    said = (
        "cannot log in with s3cret-one",
        "dial postgres://u:s3cret-two@h/db\x1b[2J",
        "x" * 385 + " postgres://u:s3cret-three@h/db",
    )
    stack, platform = SimpleNamespace(logs=lambda *_, **__: said), SimpleNamespace(env_file=env_file)
    told: list[str] = []
    host = cast("Host", SimpleNamespace(stack=stack, platform=platform, files=LocalFiles()))
    ctx = cast("StepContext", SimpleNamespace(say=told.append))
    container = Container("1", "web-1", "web", 1, "i", "sha256:x", "exited", "none", 1, "h", False, 0.0)
    tell_log(ctx, host, container)
    assert told[0] == "web-1 | cannot log in with ***"
    assert told[1].startswith("web-1 | dial postgres://***@h/db")
    assert [line for line in told if "s3cret" in line or "\x1b" in line] == []


def test_without_the_env_file_no_log_is_shown(tmp_path: Path) -> None:
    """Secrets in it could not be told, and the failure that the log belongs to must still be reported."""
    stack, platform = SimpleNamespace(logs=lambda *_, **__: ("s3cret",)), SimpleNamespace(env_file=tmp_path / "gone")
    said: list[str] = []
    host = cast("Host", SimpleNamespace(stack=stack, platform=platform, files=LocalFiles()))
    container = Container("1", "web-1", "web", 1, "i", "sha256:x", "exited", "none", 1, "h", False, 0.0)
    tell_log(cast("StepContext", SimpleNamespace(say=said.append)), host, container)
    assert len(said) == 1
    assert said[0].startswith("web-1: its log is not shown")
