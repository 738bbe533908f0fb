"""`snapshot create|list|show|verify|restore|prune`: snapshots apart from an upgrade."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, as_dry_run, finite, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.cli.verbs import snapshot_copies, snapshot_looking
from avnwizard.cli.verbs.upgrade import DetachOption, YesOption, confirm, start
from avnwizard.domain.snapshot import Proof
from avnwizard.domain.words import size
from avnwizard.errors import ExitCode, RefusedError, UsageError

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
    snapshot_copies.register(group)
    group.command()(restore)
    group.command()(prune)
    app.add_typer(group, name="snapshot")


def create(
    stack: StackOption = HERE,
    *,
    volume: VolumeOption = None,
    proof: Annotated[str, typer.Option(help='"restored" or "read back"; default: as avnwizard.toml says.')] = "",
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Take a snapshot now; nothing of the stack is changed. It goes on when the terminal closes.

    JSON: {"folder", "taken_at", "tag", "bytes", "proof"}
    """
    from avnwizard.flows.run.orders import order_snapshot
    from avnwizard.flows.snapshot import snapshots
    from avnwizard.flows.snapshot.planning import plan_snapshot

    host = open_stack(stack)
    volumes = None if volume is None else tuple(volume)
    plan = plan_snapshot(host, host.repo.head().tag, volumes=volumes, proof=_proof(proof))
    if plan.proof_note:
        say(f"it will only be read back: {plan.proof_note}", style="yellow")
    run = order_snapshot(host, plan)
    code = start(host, run, detach=detach)
    if json and not detach and code == ExitCode.DONE:
        emit_json(snapshots.summary(plan.folder, snapshots.load(host.files, plan.folder)))
    return code


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
    foreign: Annotated[
        bool, typer.Option("--foreign", help="Restore one that this stack's key does not vouch for; you do.")
    ] = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Bring the databases (and volumes, where named) back to a snapshot; what they were is kept under other names.

    Works where databases or roles are missing. It goes on when the terminal closes; stopped, the same command or
    `avnwizard resume` goes on with it.
    """
    from avnwizard.flows.restore import planning as restoring
    from avnwizard.flows.run.orders import order_restore
    from avnwizard.flows.snapshot import snapshots

    host = open_stack(stack)
    folder = snapshots.find(host.files, host.state.snapshots, name)
    order, manifest = restoring.plan_restore(
        host, folder, tuple(database or ()), tuple(volume or ()), stop_services=stop_services
    )
    for doubt in order.doubts:
        say(doubt, style="yellow")
    if order.doubts and not foreign:
        raise RefusedError(
            f"{folder.name} may not be a snapshot of this stack, or not as it was taken. Nothing was changed.",
            "If you know where it comes from: --foreign restores it all the same. Its checksums are compared anyway.",
        )
    head = host.repo.head()
    if manifest.commit != head.commit:
        was = manifest.tag or manifest.commit[:12]
        say(f"the snapshot is of {was}, the checkout is at {head.tag or head.commit[:12]}", style="yellow")
        say("  only data goes back, and the code of now may not fit it; for both: avnwizard rollback", style="yellow")
    rows = {one.name: sum(one.rows.values()) for one in manifest.databases}
    for each in order.databases:
        how = "kept under another name" if each in order.keeping else "missing"
        say(f"  {each}: {rows[each]:,} rows come back; as it is now it is {how}")
    if order.stop:
        say(f"  for the swap {len(order.stop)} services are stopped, then started again: {', '.join(order.stop)}")
    elif order.keeping:
        say("  services that run go on writing until the swap, which ends their connections: what they write is in")
        say("  what is kept, not in what comes back. --stop-services stops them for the swap.")
    for each in order.volumes:
        say(f"  {each}: unpacked over what is there, its service stopped meanwhile; what it is now is archived")
    if not yes:
        project = host.platform.name
        confirm(f"Type {project} to restore {folder.name}", project)
    run = order_restore(host, order)
    code = start(host, run, detach=detach)
    if code == ExitCode.DONE and not detach and not order.stop:
        say("restart the services that keep data in memory")
    return code


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go; remove nothing.", callback=as_dry_run)
    ] = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> int:
    """Remove old snapshots, never one that an unfinished run or the last upgrade needs.

    JSON: {"removed": [folder], "kept": [{"folder", "why"}], "leftover": [folder], "databases": [name], "dry_run"}
    """
    from avnwizard.flows.run.orders import order_removal
    from avnwizard.flows.run.pruning import plan_pruning

    host = open_stack(stack)
    section = host.config.snapshot
    found = plan_pruning(
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
            project = host.platform.name
            confirm(f"Type {project} to remove them for good", project)
        code = start(host, order_removal(host, found), detach=False)
        if code != ExitCode.DONE:
            return code
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
    rows += [(one.name, "dropped", f"{size(one.size_bytes)}, set aside") for one in found.databases]
    rows += [(folder.name, "kept", why) for folder, why in found.kept]
    if rows:
        show_table(("what", "", "why"), rows)
