"""The practice host behind the ports."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from avnwizard.domain.config import StatePaths
from avnwizard.domain.shared_servers import Reached
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.wiring.choosing import choose
from avnwizard.wiring.parts import sql_reader
from avnwizard.wiring.settings import config_of

if TYPE_CHECKING:
    from avnwizard.ports import Rehearsals
    from avnwizard.practice.host import PracticeHost

_BAKE_S = 6.0


def open_practice(directory: Path) -> Host:
    """The practice stack in a folder."""
    from avnwizard.practice.host import open_host as open_practice

    return _practice_host(open_practice(directory))


def _practice_host(practice: "PracticeHost") -> Host:
    from avnwizard.adapters.compose_platform import ComposePlatform
    from avnwizard.adapters.cosign import Cosign
    from avnwizard.adapters.files import LocalFiles
    from avnwizard.adapters.git import open_repo
    from avnwizard.adapters.hooks import HostHooks
    from avnwizard.adapters.offsite import offsite
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.domain.host import ComposeProject
    from avnwizard.ports import Compose, Platform
    from avnwizard.practice.disk import PracticeDatabase
    from avnwizard.practice.edge_probe import PracticeEdge
    from avnwizard.practice.stack import PracticeStack

    repo = open_repo(practice.project.directory)
    state = StatePaths(practice.home / "state")
    config = config_of(repo, state, bake_s=_BAKE_S)
    database = PracticeDatabase(PostgresDatabase(practice.postgres), practice.stack.observer)
    stack, edge, clock = practice.stack, practice.edge, practice.clock
    choice = choose(stack, config, stack.server_evidence())
    probe = PracticeEdge(practice.state, practice.stack.observer)
    sql = sql_reader()
    around = (LocalFiles(), clock, choice, lambda: probe, sql, HostHooks())
    copies = _practice_rehearsals(practice)

    def behind(stack: PracticeStack) -> tuple[Platform, Compose]:
        return ComposePlatform(stack, edge, lambda _service: database), Compose(stack, edge)

    def by_files(project: ComposeProject, _otherwise: ComposeProject | None = None) -> tuple[Platform, Compose]:
        return behind(PracticeStack(project, practice.state, practice.cluster))

    platform, compose = behind(stack)
    host = Host(config, state, repo, platform, compose, *around, offsite=offsite, image_signatures=Cosign)
    return replace(
        host,
        rehearsals=lambda: copies,
        by_files=by_files,
        reached=lambda: (Reached("postgres", "postgres:5432", str(practice.cluster.home), "folder"),),
    )


def _practice_rehearsals(practice: "PracticeHost") -> "Rehearsals":
    from avnwizard.adapters.postgres import PostgresDatabase
    from avnwizard.adapters.postgres.emptying import empty_tables
    from avnwizard.practice.disk import PracticeDatabase
    from avnwizard.practice.rehearsals import PracticeRehearsals

    return PracticeRehearsals(
        practice, lambda access, observer: PracticeDatabase(PostgresDatabase(access), observer), empty_tables
    )


@dataclass(frozen=True)
class Practice:
    """A practice stack that was just made, and its `Host`."""

    host: Host
    home: Path
    _practice: "PracticeHost"

    def rest(self) -> None:
        """Stop its Postgres; the next look starts it again."""
        self._practice.cluster.stop()

    def remove(self) -> None:
        """Remove it whole."""
        self._practice.destroy()
        shutil.rmtree(self.home, ignore_errors=True)


def make_practice(directory: Path, *, speed: float, failures: Sequence[str] = ()) -> Practice:
    """Make a practice stack at v1.5.0 in an empty folder, with failures ordered.

    Raises:
        RefusedError: the folder is not empty, or the `demo` extra is missing.
        UsageError: there is no such failure.
    """
    from avnwizard.practice import failures as orders
    from avnwizard.practice.workshop import make

    wanted = [orders.parse(name) for name in failures]
    practice = make(directory, speed=speed)
    for failure in wanted:
        practice.failures.order(failure)
    return Practice(_practice_host(practice), practice.home, practice)


def remove_practice(folder: Path, *, only_reports: bool = False) -> None:
    """Remove a practice stack with its PostgreSQL.

    Args:
        only_reports: a folder in which a demo left nothing but its reports is removed too.

    Raises:
        RefusedError: there is none in the folder, or a run is live on it.
    """
    from avnwizard.engine.lock import holder
    from avnwizard.practice.host import open_host as open_practice

    try:
        practice = open_practice(folder)
    except RefusedError:
        if not only_reports:
            raise
        shutil.rmtree(folder, ignore_errors=True)
        return
    if live := holder(_practice_host(practice).lock):
        raise RefusedError(f"Run {live.get('run', '?')} is live on it.", "Wait for its end, or: avnwizard abort")
    practice.destroy()
    shutil.rmtree(practice.home, ignore_errors=True)
