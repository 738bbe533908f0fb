"""A practice host as one thing: found in its folder by any process, with its stack, database, clock and failures."""

from dataclasses import dataclass
from pathlib import Path

from avnwizard.domain.host import ComposeProject
from avnwizard.errors import RefusedError
from avnwizard.practice import failures
from avnwizard.practice.access import PracticePostgresAccess
from avnwizard.practice.clock import PracticeClock
from avnwizard.practice.database import Cluster
from avnwizard.practice.place import CHECKOUT, STATE_FILE, home_of
from avnwizard.practice.stack import PracticeStack
from avnwizard.practice.state import State
from avnwizard.practice.traefik import PracticeTraefik


@dataclass(frozen=True)
class PracticeHost:
    """The parts of one practice host; `close` lets go of them and leaves the host as it is.

    Attributes:
        home: its folder: the remote repository, the operator's checkout, the state, locks, PostgreSQL's data.
    """

    home: Path
    state: State
    cluster: Cluster
    stack: PracticeStack
    edge: PracticeTraefik
    postgres: PracticePostgresAccess
    clock: PracticeClock

    @property
    def project(self) -> ComposeProject:
        """The operator's project."""
        return self.stack.project

    @property
    def failures(self) -> failures.FailureOrders:
        """What is to go wrong; clear it to play the operator who fixed it."""
        return self.stack.observer.failures

    def order(self, failure: str) -> None:
        """Order a failure by its name, as `avnwizard demo --fail` gives it; `UsageError` when there is none such."""
        self.failures.order(failures.parse(failure))

    def close(self) -> None:
        """Let go of the state file. PostgreSQL goes on running, as containers do."""
        self.state.close()

    def shut_down(self) -> None:
        """Stop PostgreSQL too, as when the machine goes down; the next look starts it again."""
        self.cluster.stop()
        self.close()

    def destroy(self) -> None:
        """Stop PostgreSQL and remove its data, wherever it is; the folder itself is the caller's to remove."""
        self.cluster.destroy()
        self.close()


def open_host(directory: Path) -> PracticeHost:
    """The practice host whose folder or checkout this is, from any process; `RefusedError` when it is none."""
    home = home_of(directory)
    if home is None:
        raise RefusedError(f"{directory} is no practice stack", "Make one with `avnwizard demo --dir DIR`.")
    state = State(home / STATE_FILE)
    try:
        return assemble(home, state)
    except KeyError:
        state.close()
        raise RefusedError(
            f"the practice stack in {home} was never finished", "Remove the folder and make it again."
        ) from None


def assemble(home: Path, state: State) -> PracticeHost:
    """The host of a state that has all its settings; KeyError when one is missing."""
    project_directory = home / CHECKOUT
    project = ComposeProject(
        name=state.setting("project"),
        directory=project_directory,
        files=tuple(project_directory / name for name in state.setting("compose_files")),
        env_file=project_directory / state.setting("env_file"),
    )
    server = state.setting("postgres")
    cluster = Cluster(Path(server.get("home", home)), server["major"], server["superuser"], server["durable"])
    stack = PracticeStack(project, state, cluster)
    access = PracticePostgresAccess(cluster, stack.observer, server["password"])
    edge = PracticeTraefik(project.name, state, stack.observer)
    return PracticeHost(home, state, cluster, stack, edge, access, PracticeClock(state.speed))
