"""`snapshot list|show|verify`: look at what is kept, change nothing."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import data_console, emit_json, say, show_table
from avnwizard.cli.teller import told
from avnwizard.domain.plain import printable
from avnwizard.domain.words import moment, size
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from avnwizard.cli.teller import Teller
    from avnwizard.domain.snapshot import Manifest

NameArgument = Annotated[
    str,
    typer.Argument(metavar="[SNAPSHOT]", help="Its name, the beginning of it, or its folder. Default: the newest."),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("list")(list_)
    app.command()(show)
    app.command()(verify)


def list_(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """List the snapshots of this stack, newest first.

    JSON: [{"name", "folder", "taken_at", "tag", "bytes", "proof", "databases": number, "volumes": number,
    "needed_by": run or ""}]
    """
    from avnwizard.flows.run import pruning
    from avnwizard.flows.snapshot import snapshots

    host = open_stack(stack)
    needed = pruning.needed_by(host)
    rows: list[dict[str, Any]] = [
        {
            "name": folder.name,
            **snapshots.summary(folder, manifest),
            "databases": len(manifest.databases),
            "volumes": len(manifest.volumes),
            "needed_by": needed.get(folder, ""),
        }
        for folder, manifest in snapshots.all_whole(host.files, host.state.snapshots)
    ]
    if json:
        emit_json(rows)
    elif not rows:
        say("no snapshot yet; take one with: avnwizard snapshot create")
    else:
        show_table(
            ("snapshot", "release", "size", "proven", "needed by"),  # its name says when it was taken
            [(one["name"], one["tag"], size(one["bytes"]), one["proof"], one["needed_by"]) for one in rows],
        )
    for folder in snapshots.unreadable(host.files, host.state.snapshots):
        say(f"{folder.name} cannot be read as a snapshot: nothing can be restored from it", style="yellow")
    return ExitCode.DONE


def show(name: NameArgument = "", stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Say what a snapshot holds.

    JSON: the manifest (see `avnwizard.domain.snapshot.Manifest`) and "folder".
    """
    from avnwizard.flows.snapshot import snapshots

    host = open_stack(stack)
    folder = snapshots.find(host.files, host.state.snapshots, name)
    manifest = snapshots.load(host.files, folder)
    if json:
        emit_json({"folder": str(folder), **snapshots.described(manifest)})
    else:
        _show(folder, manifest)
    return ExitCode.DONE


def _show(folder: "Path", manifest: "Manifest") -> None:
    console = data_console()
    note = f" ({manifest.proof_note})" if manifest.proof_note else ""
    facts = (
        ("folder", str(folder)),
        ("taken", f"{moment(manifest.taken_at)}, {size(manifest.size_bytes)}"),
        ("proven", manifest.proof + note),
        ("release", f"{manifest.tag} {manifest.commit[:12]}" + (f" on {manifest.branch}" if manifest.branch else "")),
        ("edited", ", ".join(manifest.edited) or "nothing"),
        ("postgres", f"{manifest.server_version}, WAL position {manifest.wal_lsn or 'not kept'}"),
    )
    for label, text in facts:
        console.print(f"{label:<9} {printable(text)}", soft_wrap=True)
    console.print()
    show_table(
        ("database", "owner", "dump", "rows", "proven", "extensions"),
        [
            (
                one.name,
                one.owner,
                size(one.dump.size_bytes),
                f"{sum(one.rows.values()):,}",
                one.proof,
                ", ".join(f"{extension} {version}" for extension, version in one.extensions),
            )
            for one in manifest.databases
        ],
    )
    if manifest.volumes:
        console.print()
        show_table(
            ("volume", "of", "archive", "copied while"),
            [
                (one.volume, one.service, size(one.archive.size_bytes), "running" if one.live else "stopped")
                for one in manifest.volumes
            ],
        )
    if manifest.images:
        console.print(f"\n{len(manifest.images)} images, by id: {folder / 'manifest.json'}")


def verify(
    name: NameArgument = "",
    stack: StackOption = HERE,
    *,
    restored: Annotated[
        bool, typer.Option("--restored", help="Restore each dump into a scratch database, too, and compare.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Read a snapshot from the disk: every checksum, every dump to its end. Exit code 3 when something is damaged.

    JSON: {"snapshot": folder, "level": "checksums" | "read back" | "restored", "doubts": [why it may not be this
    stack's own]}; "checksums" where Postgres is down.
    """
    from avnwizard.flows.snapshot import seal, snapshots, verifying

    host = open_stack(stack)
    folder = snapshots.find(host.files, host.state.snapshots, name)
    with told("verify") as tell:
        level, note = verifying.verify(host, folder, restored=restored, progress=partial(_heard, tell))
    doubts = seal.doubts(host, folder, snapshots.load(host.files, folder))
    if json:
        emit_json({"snapshot": str(folder), "level": level, "doubts": list(doubts)})
    else:
        say(f"{folder.name} is whole: {verifying.WORDS[level]}{note}")
        for doubt in doubts:
            say(doubt, style="yellow")
    return ExitCode.DONE


def _heard(tell: "Teller", done: int, total: int | None) -> None:
    tell("progress", "verify", "", {"done": done, "total": total, "unit": "bytes"})
