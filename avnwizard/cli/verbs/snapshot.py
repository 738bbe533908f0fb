"""`snapshot create|list|show|verify|restore|prune`: snapshots apart from an upgrade."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, finite, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.cli.teller import told
from avnwizard.cli.verbs import snapshot_looking
from avnwizard.cli.verbs.upgrade import YesOption, confirm
from avnwizard.domain.snapshot import Proof
from avnwizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from avnwizard.flows.run.pruning import Pruning

VolumeOption = Annotated[
    list[str] | None, typer.Option("--volume", metavar="NAME", help="A volume too; may be given again.")
]
DatabaseOption = Annotated[
    list[str] | None, typer.Option("--database", metavar="NAME", help="Only this database; may be given again.")
]
NameArgument = Annotated[
    str,
    typer.Argument(metavar="[SNAPSHOT]", help="Its name, the beginning of it, or its folder. Default: the newest."),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Take, look at, verify, restore and prune snapshots.", no_args_is_help=True)
    group.command()(create)
    snapshot_looking.register(group)
    group.command()(restore)
    group.command()(prune)
    app.add_typer(group, name="snapshot")


def create(
    stack: StackOption = HERE,
    *,
    volume: VolumeOption = None,
    proof: Annotated[str, typer.Option(help='"restored" or "read back"; default: as avnwizard.toml says.')] = "",
    json: JsonOption = False,
) -> int:
    """Take a snapshot now; nothing of the stack is changed.

    JSON: {"folder", "taken_at", "tag", "bytes", "proof"}
    """
    from avnwizard.flows import by_hand
    from avnwizard.flows.env_on_disk import env_bytes
    from avnwizard.flows.snapshot import snapshots
    from avnwizard.flows.snapshot.planning import plan_snapshot
    from avnwizard.flows.steps.snapshot import TakeSnapshot

    host = open_stack(stack)
    volumes = None if volume is None else tuple(volume)
    model = host.stack.resolve()  # before the database's library is in memory: Compose takes enough of it
    database = host.database()
    host = replace(host, reach=lambda _service: database)
    plan = plan_snapshot(host, host.repo.head().tag, volumes=volumes, proof=_proof(proof), model=model)
    if plan.proof_note:
        say(f"it will only be read back: {plan.proof_note}", style="yellow")
    env = env_bytes(host)
    with told("snapshot") as tell:
        step = TakeSnapshot(host, plan, lambda: env, model)
        by_hand.carry(host, "snapshot", plan.folder.name, str(plan.folder), [step], tell, again=True)
    if json:
        emit_json(snapshots.summary(plan.folder, snapshots.load(host.files, plan.folder)))
    return ExitCode.DONE


def _proof(text: str) -> Proof | None:
    for known in get_args(Proof):
        if text == known:
            return known  # type: ignore[no-any-return]  # get_args of a Literal
    if text:
        raise UsageError(f"There is no proof {text!r}.", 'Use "restored" or "read back".')
    return None


def restore(
    name: NameArgument = "",
    stack: StackOption = HERE,
    *,
    database: DatabaseOption = None,
    volume: VolumeOption = None,
    stop_services: Annotated[
        bool, typer.Option("--stop-services", help="Stop what uses the databases for the swap, and start it again.")
    ] = False,
    yes: YesOption = False,
) -> int:
    """Bring the databases (and volumes, where named) back to a snapshot; what they were is kept beside, renamed.

    Works where databases or roles are missing. Interrupted, the same command goes on.
    """
    from avnwizard.flows import by_hand
    from avnwizard.flows.restore import flow as restoring
    from avnwizard.flows.snapshot import snapshots

    host = open_stack(stack)
    folder = snapshots.find(host.files, host.state.snapshots, name)
    order, manifest = restoring.plan_restore(
        host, folder, tuple(database or ()), tuple(volume or ()), stop_services=stop_services
    )
    head = host.repo.head()
    if manifest.commit != head.commit:
        was = manifest.tag or manifest.commit[:12]
        say(f"the snapshot is of {was}, the checkout is at {head.tag or head.commit[:12]}", style="yellow")
        say("  only data goes back, and the code of now may not fit it; for both: avnwizard rollback", style="yellow")
    rows = {one.name: sum(one.rows.values()) for one in manifest.databases}
    for each in order.databases:
        how = "kept beside under another name" if each in order.keeping else "missing"
        say(f"  {each}: {rows[each]:,} rows come back; as it is now it is {how}")
    if order.stop:
        say(f"  for the swap {len(order.stop)} services are stopped, then started again: {', '.join(order.stop)}")
    elif order.keeping:
        say("  services that run go on writing until the swap, which ends their connections: what they write is in")
        say("  what is kept, not in what comes back. --stop-services stops them for the swap.")
    for each in order.volumes:
        say(f"  {each}: unpacked over what is there, its service stopped meanwhile; what it is now is archived")
    if not yes:
        project = host.stack.project.name
        confirm(f"Type {project} to restore {folder.name}", project)
    with told("restore") as tell:
        steps = restoring.restore_steps(host, order, manifest)
        by_hand.carry(host, "restore", folder.name, restoring.to_json(order), steps, tell)
    say("restored" if order.stop else "restored; restart the services that keep data in memory")
    return ExitCode.DONE


def prune(
    stack: StackOption = HERE,
    *,
    keep: Annotated[int | None, typer.Option(min=0, help="Keep at least so many. Default: avnwizard.toml's.")] = None,
    keep_days: Annotated[
        float | None,
        typer.Option(min=0, callback=finite, help="Keep all that are younger. Default: avnwizard.toml's."),
    ] = None,
    databases: Annotated[
        bool, typer.Option("--databases", help="Also drop databases that a rollback or restore set aside.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> int:
    """Remove old snapshots, never one that an unfinished run or the last upgrade needs.

    JSON: {"removed": [folder], "kept": [{"folder", "why"}], "leftover": [folder], "databases": [name], "dry_run"}
    """
    from avnwizard.flows.holding import holding
    from avnwizard.flows.run import pruning as flow

    host = open_stack(stack)
    section = host.config.snapshot
    found = flow.plan_pruning(
        host,
        keep=section.keep if keep is None else keep,
        keep_days=section.keep_days if keep_days is None else keep_days,
        databases=databases,
    )
    if not json:
        _show(found)
    doomed = bool(found.remove or found.leftover or found.databases)
    if doomed and not dry_run:
        if not yes:
            project = host.stack.project.name
            confirm(f"Type {project} to remove them for good", project)
        with holding(host, run="prune", kind="prune"):
            flow.prune(host, found)
    if json:
        emit_json(
            {
                "removed": [str(folder) for folder in found.remove],
                "kept": [{"folder": str(folder), "why": why} for folder, why in found.kept],
                "leftover": [str(folder) for folder in found.leftover],
                "databases": [one.name for one in found.databases],
                "dry_run": dry_run,
            }
        )
    elif not doomed:
        say("nothing to remove")
    return ExitCode.DONE


def _show(found: "Pruning") -> None:
    rows = [(folder.name, "removed", "") for folder in found.remove]
    rows += [(folder.name, "removed", "never finished") for folder in found.leftover]
    rows += [(one.name, "dropped", f"{one.size_bytes:,} bytes, set aside") for one in found.databases]
    rows += [(folder.name, "kept", why) for folder, why in found.kept]
    if rows:
        show_table(("what", "", "why"), rows)
