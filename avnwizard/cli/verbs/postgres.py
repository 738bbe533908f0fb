"""`postgres plan|upgrade|forget|reindex`: the stack's Postgres on its next major, and on other libraries."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from avnwizard.cli.options import HERE, JsonOption, RunArgument, StackOption, finite, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.upgrade import DetachOption, DryRunOption, YesOption, confirm, start
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from avnwizard.domain.postgres.major import Way
    from avnwizard.flows.host import Host
    from avnwizard.flows.postgres.plan import MajorPlan

MajorOption = Annotated[int, typer.Option("--to", metavar="MAJOR", min=10, max=99, help="Such as 18.")]
ImageOption = Annotated[
    str, typer.Option("--image", metavar="NAME:TAG", help="The new image. Default: the running one's of that major.")
]
WayOption = Annotated[
    str, typer.Option("--way", help='"copy", "cold", "dump" or "logical". Default: what `postgres plan` recommends.')
]


ServiceOption = Annotated[
    str, typer.Option("--service", metavar="NAME", help="Which Postgres service, where the stack has several.")
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Take Postgres to its next major, and back.", no_args_is_help=True)
    group.command()(plan)
    group.command()(upgrade)
    group.command()(forget)
    group.command()(reindex)
    app.add_typer(group, name="postgres")


def plan(
    to: MajorOption,
    stack: StackOption = HERE,
    *,
    image: ImageOption = "",
    way: WayOption = "",
    service: ServiceOption = "",
    json: JsonOption = False,
) -> int:
    """Say what a new major takes, which ways lead there, and what stands in the way; change nothing.

    The new image is pulled, so that it can be asked. Ends with 3 where something stands in the way.

    JSON: the plan: "version_old", "major_new", "image_new", "volume_old", "volume_new", "way", "ways", "stops":
    [[what, remedy]], "notes", "databases": [[name, bytes]], "stop": services that are away meanwhile, and more.
    """
    import json as jsonlib

    from avnwizard.flows.postgres.plan import to_json

    host = _of(open_stack(stack), service)
    found = _planned(host, to, image, way)
    if json:
        emit_json(jsonlib.loads(to_json(found)))
    else:
        _show(host, found)
    return ExitCode.REFUSED if found.stops else ExitCode.DONE


def upgrade(
    to: MajorOption,
    stack: StackOption = HERE,
    *,
    image: ImageOption = "",
    way: WayOption = "",
    service: ServiceOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    """Upgrade Postgres to another major. The old volume is not touched: avnwizard rollback goes back to it."""
    from avnwizard.flows.holding import require_free
    from avnwizard.flows.postgres.planning import require_possible
    from avnwizard.flows.run.orders import order_major

    host = _of(open_stack(stack), service)
    require_free(host)
    found = _planned(host, to, image, way)
    _show(host, found)
    require_possible(found)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {found.project} to start", found.project)
    return start(host, order_major(host, found), detach=detach)


def forget(
    run: RunArgument = "",
    stack: StackOption = HERE,
    *,
    keep_days: Annotated[
        float | None,
        typer.Option(min=0, callback=finite, help="Only one that was left so long ago. Default: avnwizard.toml's."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> int:
    """Remove the volume that a Postgres upgrade left, for good; after that, no rollback leads back to it."""
    from avnwizard.flows.postgres.forget import choose, leftovers
    from avnwizard.flows.run.orders import order_forgetting

    host = open_stack(stack)
    found = leftovers(host, host.journal())
    days = host.config.postgres.keep_old_days if keep_days is None else keep_days
    one = choose(found, run, keep_days=days)
    say(f"{printable(one.volume)}: {printable(one.what)}")
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {one.volume} to remove it for good", one.volume)
    return start(host, order_forgetting(host, one), detach=False)


def reindex(stack: StackOption = HERE, *, dry_run: DryRunOption = False, yes: YesOption = False) -> int:
    """Make the indexes again that a library of another version put in order, and refresh the recorded versions.

    An upgrade does it by itself after each new image of Postgres; this is for an image that was changed by hand. A
    table takes no writes while one of its indexes is made again.
    """
    from avnwizard.flows.postgres.renewing import look
    from avnwizard.flows.run.orders import order_reindex

    host = open_stack(stack)
    found = look(host)
    for one in found:
        say(one.sentence)
    if not found:
        say("Every index is in the order of the server's libraries.")
    if dry_run or not found:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {host.stack.project.name} to start", host.stack.project.name)
    return start(host, order_reindex(host), detach=False)


def _of(host: "Host", service: str) -> "Host":
    """The host with the database that was named: several Postgres services are upgraded one at a time."""
    from avnwizard.flows.postgres.planning import with_database

    return with_database(host, service) if service else host


def _planned(host: "Host", to: int, image: str, way: str) -> "MajorPlan":
    from avnwizard.flows.postgres.planning import plan_major

    return plan_major(host, to, image=image, way=_way(way), tell=lambda line: say(f"  {printable(line)}"))


def _way(text: str) -> "Way | None":
    from avnwizard.domain.postgres.major import Way

    for known in get_args(Way):
        if text == known:
            return known  # type: ignore[no-any-return]  # get_args of a Literal
    if text:
        raise UsageError(f"There is no way {text!r}.", f"Use {' or '.join(get_args(Way))}.")
    return None


def _show(host: "Host", found: "MajorPlan") -> None:
    from avnwizard.domain.words import about, size
    from avnwizard.flows.postgres.flow import steps_of

    say(f"Postgres {found.version_old} to {found.major_new}: {printable(found.image_new)}")
    say(f"  {len(found.databases)} databases, {size(found.total_bytes)}")
    say(f"  {found.compose_file} is edited: image, mount ({found.mount_new}) and volume ({found.volume_new})")
    say(f"  the old volume {found.volume_old} stays as it is")
    for offer in found.ways:
        chosen = " (chosen)" if offer.way == found.way else ""
        price = offer.why_not or f"away for about {about(offer.interruption_s)}, {size(offer.needed_bytes)} of disk"
        say(f"  way {offer.way}{chosen}: {offer.title}: {price}")
        if offer.risk and not offer.why_not:
            say(f"    risk: {printable(offer.risk, limit=400)}")
        if not offer.why_not:
            say(f"    going back: {offer.back}")
    for note in found.notes:
        say(f"  {note}", style="yellow")
    say(f"  {'paused' if found.pauses else 'stopped'} meanwhile: {', '.join(map(printable, found.stop))}")
    if found.held:
        say(f"  waiting in PgBouncer meanwhile: {', '.join(map(printable, found.held))}")
    for number, step in enumerate(steps_of(host, found, "plan"), 1):
        say(f"  {number}. {step.describe().title}")
    for what, remedy in found.stops:
        say(f"  in the way: {what}", style="red")
        say(f"    {remedy}")
