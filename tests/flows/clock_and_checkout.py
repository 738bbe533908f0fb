"""A clock and a checkout that need nothing of the machine, for hosts in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avnwizard.domain.checkout import Head


class FakeClock:
    """Time that passes as fast as it is waited for."""

    def __init__(self) -> None:
        self._now = 1000.0

    def now(self) -> float:
        """Seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._now += seconds


class FakeRepo:
    """A checkout of one file."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.git_dir = directory, directory / ".git"

    def head(self) -> Head:
        """On a tag."""
        return Head("c0ffee", "v1", "")

    def state(self) -> Any:
        """No other edits."""
        return type("State", (), {"edited": ()})

    def diff(self) -> bytes:
        """None either."""
        return b""

    def checkout(self, ref: str, *, branch: str = "", contents: Mapping[str, bytes | None]) -> None:
        """Write the contents."""
        for path, content in contents.items():
            assert content is not None
            (self.directory / path).write_bytes(content)
