"""The end of a volume that a Postgres upgrade left behind: asked for by itself, once it is old enough."""

import json
from dataclasses import dataclass

from avnwizard.domain.plain import printable
from avnwizard.domain.typed import order_from
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.engine.step import Probe, Step, StepContext
from avnwizard.errors import HostError, RefusedError
from avnwizard.flows.flow import Flow, Outcome
from avnwizard.flows.host import Host
from avnwizard.flows.postgres.flow import PostgresMajor
from avnwizard.flows.postgres.plan import from_json
from avnwizard.flows.stack.kept_images import keep_name
from avnwizard.planned import StepKind

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Leftover:
    """A volume that the stack no longer runs on.

    Attributes:
        run: the upgrade that left it.
        what: what it holds, as a clause.
        age_s: since the upgrade, or its rollback, in seconds.
        image: the tag under which the old image is kept, "" for none.
    """

    run: str
    volume: str
    what: str
    age_s: float
    image: str = ""


def leftovers(host: Host, journal: Journal) -> tuple[Leftover, ...]:
    """What finished upgrades left, and those that were rolled back; newest first."""
    found: list[Leftover] = []
    used = {mount.source for one in host.stack.containers() for mount in one.mounts}
    for run in journal.runs():
        if run.kind != PostgresMajor.kind or run.state not in {"done", "undone"}:
            continue
        plan, age_s = from_json(run.plan), host.clock.now() - _ended(journal, run)
        done = run.state == "done"
        volume = plan.volume_old if done else plan.volume_new
        what = f"the data of PostgreSQL {plan.version_old}, as it was when {run.id} switched"
        if not done:
            what = f"what was written to PostgreSQL {plan.major_new} until {run.id} was rolled back"
        if (
            volume not in used
            and volume not in {one.volume for one in found}
            and host.clusters().volume_there(volume)
        ):
            found.append(Leftover(run.id, volume, what, age_s, keep_name(run.id, plan.service) if done else ""))
    return tuple(found)


def _ended(journal: Journal, run: RunRecord) -> float:
    back = [one.finished_at for one in journal.runs() if one.undoes == run.id]
    return max([run.finished_at, *back])


def choose(found: tuple[Leftover, ...], run: str, *, keep_days: float) -> Leftover:
    """The one to remove.

    Args:
        run: the upgrade's name, or its beginning; "" is the only one that there is.

    Raises:
        RefusedError: there is none, there are several, or it is too young.
    """
    fitting = [one for one in found if one.run.startswith(run)]
    if len(fitting) != 1:
        named = ", ".join(f"{one.run} ({printable(one.volume)})" for one in fitting)
        raise RefusedError(
            f"Postgres upgrades left {len(fitting)} volumes{': ' + named if named else ''}. Nothing was removed.",
            "Name one: avnwizard postgres forget RUN" if fitting else "avnwizard runs",
        )
    chosen = fitting[0]
    if chosen.age_s < keep_days * _DAY_S:
        raise RefusedError(
            f"{printable(chosen.volume)} has been left for {chosen.age_s / _DAY_S:.1f} days; it is kept for "
            f"{keep_days:g}. Nothing was removed.",
            "Wait, or give --keep-days.",
        )
    return chosen


class RemoveVolume(Step):
    """Remove one volume for good, and let go of the image that it was kept with."""

    name = "forget"
    kind = StepKind.REMOVE
    undone_by = ()  # the operator asked for it, by name

    def __init__(self, host: Host, volume: str, image: str) -> None:
        self._host, self._volume, self._image = host, volume, image
        self.title = f"Remove the volume {printable(volume)}"

    def probe(self, ctx: StepContext) -> Probe:
        """Done when it is gone."""
        return Probe.HALF_DONE if self._host.clusters().volume_there(self._volume) else Probe.DONE

    def do(self, ctx: StepContext) -> None:
        """Remove it; the engine refuses while a container has it.

        Raises:
            HostError: the stack runs on it.
        """
        if any(mount.source == self._volume for one in self._host.stack.containers() for mount in one.mounts):
            raise HostError(f"The stack runs on {printable(self._volume)}. Nothing was removed.", "avnwizard runs")
        with ctx.effect("remove"):
            self._host.clusters().drop_volume(self._volume)
        if self._image:
            self._host.stack.release(self._image)


class ForgetOld(Flow):
    """The old volume goes, and with it the quick way back."""

    kind = "postgres-forget"
    noun = "removal of an old Postgres volume"
    doing = "removing an old Postgres volume"
    finished = "The volume is removed"
    stands_alone = True
    leaves_nothing = True

    def steps(self, host: Host, journal: Journal, run: RunRecord) -> list[Step]:
        """One."""
        del journal
        plan = order_from(run.plan, volume=str, image=str)
        return [RemoveVolume(host, plan["volume"], plan["image"])]

    def outcome(self, journal: Journal, run: RunRecord) -> Outcome:
        """Which one."""
        del journal
        return Outcome((("Volume", order_from(run.plan, volume=str)["volume"]),))


def to_json(one: Leftover) -> str:
    """For the journal."""
    return json.dumps({"volume": one.volume, "image": one.image, "run": one.run})
