"""A rollback across a rotation: the env file goes back, and the secrets that were rotated since keep their values.

What was written since is under the newer secrets, and people signed in under them. Where the databases go back too,
their rows are under the older ones: a list then names both, the newer ones first.
"""

from collections.abc import Iterator, Mapping, Sequence

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan, from_json
from avnwizard.domain.rotation.lists import read_list, written_list
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.env_on_disk import env_bytes
from avnwizard.flows.host import Host
from avnwizard.flows.rotate import plan as rotating
from avnwizard.flows.rotate.standing import ROTATE
from avnwizard.flows.stack.run_folder import AGAIN, BACK, ENV_AFTER, ENV_BEFORE, ROTATED, RunFolder


def rotated_since(journal: Journal, run: RunRecord) -> tuple[rotating.RotationPlan, ...]:
    """The rotations that were carried out since a run and stand, a phase each."""
    later = (one for one in journal.later_than(run.id) if one.kind == ROTATE and one.state == "done")
    return tuple(rotating.from_json(one.plan) for one in later)


def notes(rotated: Sequence[rotating.RotationPlan]) -> tuple[str, ...]:
    """What the plan of a rollback says of them."""
    places = dict.fromkeys(one.place.shown for one in rotated)
    return tuple(f"{place} keeps its newer value: the secret was rotated since the upgrade." for place in places)


def require_kept(host: Host, undone: RunRecord, rotated: Sequence[rotating.RotationPlan], *, restore: bool) -> None:
    """Refuse a rollback after which a service could not read its rows.

    Raises:
        RefusedError: the previous release has no such variable, or the secret lies in a file of its own.
    """
    for one in rotated:
        if not one.variable and restore and one.is_last and one.kind.phases > 1:
            raise RefusedError(
                f"The databases would go back to rows under the old secret, and {one.place.shown} no longer has it. "
                "Nothing was changed.",
                "Take the last phase of the rotation back first: avnwizard runs, then avnwizard rollback RUN",
            )
    if rotated:
        dict(_contents(host, undone, rotated, restore=restore))


def keep_newer(host: Host, undone: RunRecord, rotated: Sequence[rotating.RotationPlan], *, restore: bool) -> None:
    """Put the env files that the rollback writes, and that its undoing would, into the run's folder.

    Raises:
        RefusedError: as `require_kept`.
    """
    folder = RunFolder(host.state.run(undone.id), host.files)
    folder.forget_secrets()
    if any(one.variable for one in rotated):
        folder.save_secrets(dict(_contents(host, undone, rotated, restore=restore)))


def _contents(
    host: Host, undone: RunRecord, rotated: Sequence[rotating.RotationPlan], *, restore: bool
) -> Iterator[tuple[str, bytes]]:
    folder, now = RunFolder(host.state.run(undone.id), host.files), EnvFile.parse(env_bytes(host))
    lists = {one.variable: one.kind.phases > 1 for one in rotated if one.variable}
    before = EnvFile.parse(folder.env(ENV_BEFORE, as_it_was=True))
    after = EnvFile.parse(folder.env(ENV_AFTER, as_it_was=True))
    yield ROTATED, now.to_bytes()
    yield BACK, _with_newer(before, now, _names_before(from_json(undone.plan), lists), lists, both=restore).to_bytes()
    yield AGAIN, _with_newer(after, now, {name: name for name in lists}, lists, both=restore).to_bytes()


def _names_before(plan: Plan, lists: Mapping[str, bool]) -> dict[str, str]:
    """Variable -> what it was called before the upgrade."""
    renamed = {edit.new_key: edit.key for edit in plan.env if edit.action == "rename"}
    return {name: renamed.get(name, name) for name in lists}


def _with_newer(
    env: EnvFile, now: EnvFile, names: Mapping[str, str], lists: Mapping[str, bool], *, both: bool
) -> EnvFile:
    for name, called in names.items():
        if called not in env:
            raise RefusedError(
                f"{printable(name, limit=60)} was rotated since the upgrade, and the previous env file does not set "
                f"{printable(called, limit=60)}. Nothing was changed.",
                "Take the rotation back first: avnwizard runs names its phases.",
            )
        secrets = read_list(now.get(name) or "")
        if both and lists[name]:
            secrets = (*secrets, *(one for one in read_list(env.get(called) or "") if one not in secrets))
        env = env.with_value(called, written_list(secrets))
    return env
