"""What a rollback will do, as it is decided, journalled and shown."""

from dataclasses import dataclass

from avnwizard.domain.config import Strategy
from avnwizard.domain.data_way import DataReturn
from avnwizard.domain.going_back import GoingBack
from avnwizard.domain.postgres.globals import GlobalsChange
from avnwizard.domain.typed import Typed
from avnwizard.flows.stack.former_images import Gone


@dataclass(frozen=True)
class RollbackPlan:
    """What a rollback will do.

    Attributes:
        restore: whether the databases go back to the snapshot.
        why: the verdict's reason in one sentence, also where the operator chose the dearer way (`chosen`).
        databases: those to be restored. All that hold tables go back together, so that they agree with each other.
        cost: what going back costs, as of when this was planned.
        roles: how the server's roles differ from the snapshot's; None where they are not compared. What is in
            `repaired` is put back: nothing, where no database goes back.
        first: the service that goes back before all others: Postgres, where it does not answer; else "".
        save_rows: whether the tables that were written to since the snapshot are dumped once more.
        steps: the names of the undone run's steps that were begun.
        services: service -> strategy, in order; those to be stopped for a restore are in `stop`.
        retire: services that only the newer release has.
        same: those of `services` that both releases run alike: at most stopped and started.
        stay: (service, why) of those that keep running as the newer release has them.
        notes: what does not go back, a sentence each.
        consent: (flag, sentence) of what the operator has to agree to before this may start.
        gone: services that the run removed and that do not come back: no previous compose file names them.
        fetch: images that ran before and are pulled first, since they are gone from this host.
        borrowed: image names that the previous files give to other images than ran.
        data: services whose volumes go back to a copy, or are emptied.
        sealed: whether this stack's key vouches for the snapshot; not for one that an earlier version took.
        waves: of `services` those that go back at the same time.
    """

    run: str
    restore: bool
    why: str
    chosen: bool
    snapshot: str
    databases: tuple[str, ...]
    cost: GoingBack
    save_rows: bool
    roles: GlobalsChange | None
    first: str
    steps: tuple[str, ...]
    services: tuple[tuple[str, Strategy], ...]
    stop: tuple[str, ...]
    retire: tuple[str, ...]
    same: tuple[str, ...] = ()
    stay: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    consent: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    fetch: tuple[Gone, ...] = ()
    borrowed: tuple[str, ...] = ()
    sealed: bool = False
    waves: tuple[tuple[str, ...], ...] = ()
    data: tuple[DataReturn, ...] = ()

    @property
    def altered(self) -> dict[Strategy, list[str]]:
        """Of `services` those that differ between the releases, by strategy."""
        found: dict[Strategy, list[str]] = {}
        for name, how in self.services:
            if name not in self.same:
                found.setdefault(how, []).append(name)
        return found

    def wave(self, service: str) -> int:
        """The number of the wave in which a service goes back, 0 for none."""
        return next((number for number, names in enumerate(self.waves, start=1) if service in names), 0)

    @property
    def stopped(self) -> tuple[str, ...]:
        """The services that are stopped while the databases are swapped, without one-shots."""
        jobs = {name for name, how in self.services if how == "job"}
        return tuple(name for name in self.stop if name not in jobs)


_ADAPTER: Typed[RollbackPlan] = Typed(RollbackPlan)


def rollback_to_json(plan: RollbackPlan) -> str:
    """For the journal and for `--json`."""
    return _ADAPTER.to_json(plan)


def rollback_from_json(text: str) -> RollbackPlan:
    """Read back from the journal."""
    return _ADAPTER.planned(text, "rollback")


@dataclass(frozen=True)
class RollbackOptions:
    """What the operator wants beyond what is needed, and what he agrees to; only the dearer way can be chosen.

    Attributes:
        restore: put the databases back though the old code could go on with the data of now.
        save_rows: dump the tables that were written to since the snapshot; None leaves it to `avnwizard.toml`.
        unrestored: databases that avnwizard cannot put back may stay as they are.
        older: services whose older version is started on data that a newer one wrote: the operator took care of it.
    """

    restore: bool = False
    save_rows: bool | None = None
    unrestored: bool = False
    older: tuple[str, ...] = ()
