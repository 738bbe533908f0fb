"""`snapshot copy|copies|fetch`: copies of snapshots off this host."""

from typing import Annotated

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import emit_json, say, show_table
from avnwizard.cli.teller import told
from avnwizard.cli.verbs.snapshot_looking import NameArgument
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(copy)
    app.command()(copies)
    app.command()(fetch)


def copy(name: NameArgument = "", stack: StackOption = HERE) -> int:
    """Copy a snapshot to every place of `[snapshot] copy`, read each copy back and compare it."""
    from avnwizard.flows.snapshot import offsite, snapshots

    host = open_stack(stack)
    folder = snapshots.find(host.files, host.state.snapshots, name)
    with told("copy") as tell:
        offsite.copy(
            host,
            folder,
            say=lambda text: tell("say", "", text, {}),
            progress=lambda done, total: tell("progress", "", "", {"done": done, "total": total, "unit": "bytes"}),
        )
    return ExitCode.DONE


def copies(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """List the copies of this stack's snapshots, place by place.

    JSON: [{"place", "name", "at", "id"}]
    """
    from avnwizard.flows.snapshot import offsite

    found = offsite.listed(open_stack(stack))
    if json:
        emit_json([{"place": str(place), "name": one.name, "at": one.at, "id": one.id} for place, one in found])
    elif not found:
        say("no copy yet; make one with: avnwizard snapshot copy")
    else:
        rows = [(str(place), printable(one.name), one.at[:19], printable(one.id, limit=12)) for place, one in found]
        show_table(("place", "snapshot", "copied", "copy"), rows)
    return ExitCode.DONE


def fetch(
    name: Annotated[
        str, typer.Argument(metavar="[SNAPSHOT]", help="Its name or the beginning. Default: newest.")
    ] = "",
    stack: StackOption = HERE,
) -> int:
    """Bring a copy (default: the newest) back to this host and verify it; then `snapshot restore` can use it.

    On a new host the seal of the old one is not known: `snapshot restore --foreign` takes the snapshot all the same.
    """
    from avnwizard.flows.snapshot import offsite

    folder = offsite.fetch(open_stack(stack), name)
    say(f"{folder.name} is here again, whole: {folder}")
    return ExitCode.DONE
