"""A machine with several users and one checkout, for tests of the state that they share; it needs root."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from avnwizard.adapters.state import finding
from avnwizard.adapters.state.finding import STATE_DIR, find_state, slug
from avnwizard.domain.config import StatePaths

DEPLOY, ALICE, EVE, OPS = 61001, 61002, 61003, 61100


@dataclass(frozen=True)
class Machine:
    """A checkout of deploy's, with homes for several users and a place for root."""

    top: Path

    @property
    def checkout(self) -> Path:
        """Deploy's checkout."""
        return self.top / "srv" / "id"

    @property
    def git_dir(self) -> Path:
        """Its git folder."""
        return self.checkout / ".git"

    @property
    def pointer(self) -> Path:
        """The file that names the state's folder."""
        return self.git_dir / "avnwizard.state"

    @property
    def system(self) -> Path:
        """What stands for `/var/lib/avnwizard`."""
        return self.top / "lib" / "avnwizard"

    def home(self, uid: int) -> Path:
        """A user's HOME."""
        return self.top / "home" / str(uid)

    def old(self, uid: int) -> Path:
        """Where earlier versions kept the state for one user."""
        return self.home(uid) / ".local" / "state" / "avnwizard" / slug(self.checkout)

    def find(self) -> StatePaths:
        """The state, as whoever is logged in finds it."""
        return find_state(self.checkout, self.git_dir)

    @contextmanager
    def login(self, uid: int, umask: int = 0o022) -> Iterator[None]:
        """Be a user, in the group `ops` where that is deploy or alice, with that user's home."""
        groups = [OPS] if uid in {DEPLOY, ALICE} else []
        before = {name: os.environ.get(name) for name in ("HOME", "XDG_STATE_HOME")}
        was = os.umask(umask)
        os.environ["HOME"] = str(self.home(uid))
        os.environ.pop("XDG_STATE_HOME", None)
        os.setgroups(groups)
        os.setegid(uid)
        os.seteuid(uid)
        try:
            yield
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups([])
            os.umask(was)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine of its own below one folder."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    monkeypatch.delenv(STATE_DIR, raising=False)
    made = Machine(Path(tempfile.mkdtemp(prefix="avnwizard-state-")).resolve())
    made.top.chmod(0o755)
    made.git_dir.mkdir(parents=True)
    made.system.parent.mkdir()
    (made.top / "home").mkdir()
    for uid in (0, DEPLOY, ALICE, EVE):
        made.home(uid).mkdir(mode=0o700)
        os.chown(made.home(uid), uid, uid)
    for path in (made.checkout, made.git_dir):
        os.chown(path, DEPLOY, DEPLOY)
    monkeypatch.setattr(finding, "SYSTEM", made.system)
    yield made
    shutil.rmtree(made.top)
