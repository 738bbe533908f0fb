"""What a snapshot holds besides the databases, and what says where it comes from: looked up while they are dumped."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from avnwizard.domain.checkout import Head
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.postgres.database import FileFacts
from avnwizard.domain.snapshot import ServiceImage
from avnwizard.engine.step import StepContext
from avnwizard.flows.host import Host
from avnwizard.flows.snapshot import snapshots
from avnwizard.ports import Database


@dataclass(frozen=True)
class SnapshotContext:
    """Of one snapshot.

    Attributes:
        roles: the globals' file.
        edited: the operator's edited files; `edits` is what they changed in them.
    """

    roles: FileFacts
    head: Head
    edited: tuple[str, ...]
    edits: bytes
    images: tuple[ServiceImage, ...]
    model: ComposeModel

    @classmethod
    def look(
        cls, host: Host, database: Database, folder: Path, ctx: StepContext, model: Callable[[], ComposeModel]
    ) -> Self:
        """Dump the globals, read the checkout and the images; one at a time, for the sake of memory.

        The globals come after the databases' moment: a role that something of that moment belongs to is in them,
        unless both were dropped since.
        """
        snapshots.make_ready()
        with ctx.effect("dump-globals"):
            roles = database.dump_globals(folder / snapshots.GLOBALS)
        return cls(
            roles=roles,
            head=host.repo.head(),
            edited=host.repo.state().edited,
            edits=host.repo.diff(),
            images=host.platform.running(),
            model=model(),
        )
