"""`status`, `releases`, `check`: look, change nothing."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import data_console, emit_json, say, show_findings, show_table
from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.domain.words import count
from avnwizard.errors import ExitCode

if TYPE_CHECKING:
    from avnwizard.domain.cadence import Cadence
    from avnwizard.flows.host import Host
    from avnwizard.flows.stack.survey import Survey


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command()(status)
    app.command()(releases)
    app.command()(check)


def status(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Say where the stack stands: release, services, pins, last run, last snapshot.

    JSON: {"product", "project", "directory", "tag", "commit", "branch", "services": [{"service", "image", "state",
    "serving"}], "drifted": {service: image}, "last_run": {"id", "kind", "title", "state"} | null,
    "last_snapshot": {"folder", "taken_at", "tag", "bytes"} | null, "rotations": [{"secret", "phase", "phases",
    "pending", "since", "needed_by", "safe_at", "run", "sentence"}] of secrets that were rotated here (of a role's
    password "secret" is "password" and "role" names it), "unfinished": [{"message", "hint"}] of runs that did not
    finish, those of other logins first, "cadence": {"sentence", "released", "newer", "newest", "postgres",
    "supported_until", "ending": [{"title", "release", "ends"}] of deprecations}, each null where it is not known}
    """
    from avnwizard.domain.cadence import findings
    from avnwizard.engine.carried import apart
    from avnwizard.flows.run.unfinished import half_done
    from avnwizard.flows.stack import survey
    from avnwizard.flows.upgrade.cadence import cadence

    host = open_stack(stack)
    found, in_time = survey.survey(host), cadence(host)
    described = _status(host, found, in_time)
    if json:
        emit_json(described)
        return ExitCode.DONE
    where = f"on {found.head.branch}" if found.head.branch else "detached"
    at = f"{described['product']} {found.head.tag or found.head.commit[:12]} ({where})"
    data_console().print(printable(f"{at}, project {described['project']} in {described['directory']}"))
    show_table(
        ("service", "image", "state"),
        [(one["service"], one["image"], one["state"]) for one in described["services"]],
    )
    journal = host.journal()
    if half := half_done(apart(journal), journal.steps):
        drifted = f"{count(len(found.drifted), 'service')} of another release"
        say(printable(f"run {half.id} ({half.title}) is half done: {drifted}"), style="yellow")
    elif age := described["cadence"]["sentence"]:
        say(printable(f"{at.split(' (', maxsplit=1)[0]}: {age}"))
    _say_findings(findings(in_time))
    for service, image in found.drifted.items() if not half else ():
        say(f"{service} runs {image}, which this release does not pin", style="yellow")
    if described["last_run"]:
        last = described["last_run"]
        say(f"last run: {last['id']} {last['title']}: {last['state']}")
    for one in described["rotations"]:
        if one["pending"]:
            say(one["sentence"], style="yellow")
            say(f"  try: avnwizard rotate {one['secret']}")
    for one in described["unfinished"]:
        say(one["message"], style="yellow")
        say(f"  try: {one['hint']}")
    return ExitCode.DONE


def _say_findings(found: Iterable[Finding]) -> None:
    for one in found:
        say(one.message, style="yellow" if one.level == "warn" else "")
        if one.hint:
            say(f"  try: {one.hint}")


def _status(host: "Host", found: "Survey", in_time: "Cadence") -> dict[str, Any]:
    from avnwizard.flows.holding import unfinished_business
    from avnwizard.flows.rotate.pending import described as rotations
    from avnwizard.flows.run.unfinished import unfinished_run
    from avnwizard.flows.snapshot import snapshots

    runs = host.journal().runs()
    unfinished = [*unfinished_business(host), *filter(None, [unfinished_run(host)])]
    return {
        "product": host.config.stack.product,
        "project": host.stack.project.name,
        "directory": str(host.repo.directory),
        "tag": found.head.tag,
        "commit": found.head.commit,
        "branch": found.head.branch,
        "services": [
            {
                "service": one.service,
                "image": one.containers[0].image if one.containers else one.image,
                "state": one.ailment or ("done" if one.job else "serving"),
                "serving": not one.ailment,
            }
            for one in found.services
        ],
        "drifted": dict(found.drifted),
        "last_run": _run(runs[0]) if runs else None,
        "last_snapshot": snapshots.newest(host.files, host.state.snapshots),
        "rotations": rotations(host.journal()),
        "unfinished": [{"message": one.message, "hint": one.hint} for one in unfinished],
        "cadence": _in_time(in_time),
    }


def _in_time(found: "Cadence") -> dict[str, Any]:
    from avnwizard.domain.cadence import standing

    until = found.supported_until
    return {
        "sentence": standing(found),
        "released": found.released.isoformat() if found.released else None,
        "newer": found.newer,
        "newest": found.newest or None,
        "postgres": found.postgres,
        "supported_until": until.isoformat() if until else None,
        "ending": [
            {"title": one.title, "release": one.release, "ends": one.ends.isoformat()} for one in found.ending
        ],
    }


def _run(run: Any) -> dict[str, Any]:
    return {"id": run.id, "kind": run.kind, "title": run.title, "state": run.state}


def releases(
    stack: StackOption = HERE,
    *,
    fetch: Annotated[bool, typer.Option(help="Ask the remote for new tags first.")] = True,
    json: JsonOption = False,
) -> int:
    """List the releases newer than the current one, newest first, and what each would mean.

    JSON: {"current", "releases": [{"tag", "commit", "date", "kind", "prerelease",
    "signed": whether by a key that is trusted here, "signature": "verified" | "not signed" | "unknown key" | "bad" |
    "not checked", "signed_by", "recommended", "note",
    "apart": whether nobody can say what its name means, "breaking": number, "notices": number,
    "changelog": "read" | "partly read" | "not read", "source": what was read, "migrations": number of
    files' statements (null where they were not read), "unread": {file: why}, "env_changes": number | null,
    "verdict"}], "left_out": [tags that cannot be put in order]}
    """
    from avnwizard.domain.signature import Standing
    from avnwizard.flows.safety.provenance import signatures_of
    from avnwizard.flows.upgrade import releases as flow
    from avnwizard.flows.upgrade.meaning import table_sizes
    from avnwizard.flows.upgrade.outlines import outline
    from avnwizard.flows.upgrade.release_words import beyond_the_table, left_out, no_newer

    host = open_stack(stack)
    flow.current_tag(host)
    trouble = flow.fetch(host) if fetch else "The remote was not asked; these are the releases that are here."
    if fetch and trouble:
        say(trouble, style="yellow")
    listing = flow.listing(host)
    current, found = listing.current, listing.newer
    sizes = table_sizes(host)
    signatures = signatures_of(host, [one.tag for one in found])
    outlines = [
        outline(host, current, one.tag, found[0].tag, sizes=sizes, signature=signed)
        for one, signed in zip(found, signatures, strict=True)
    ]
    rows = [
        {
            "tag": one.tag.name,
            "commit": one.tag.commit,
            "date": one.tag.date,
            "kind": one.kind,
            "prerelease": one.prerelease,
            "signed": signed.standing is Standing.VERIFIED,
            "signature": signed.standing.value,
            "signed_by": signed.by,
            "recommended": one.recommended,
            "note": one.note,
            "apart": one.apart,
            "breaking": read.breaking,
            "notices": read.notices,
            "changelog": read.read,
            "source": read.source or "a changelog",
            "migrations": None if read.migrations.missing_folder else len(read.migrations.statements),
            "unread": dict(read.migrations.unread),
            "env_changes": read.env,
            "verdict": read.migrations.said(restorable=host.has_database),
        }
        for one, read, signed in zip(found, outlines, signatures, strict=True)
    ]
    if json:
        emit_json({"current": current.name, "releases": rows, "left_out": list(listing.left_out)})
        return ExitCode.DONE
    if not rows:
        say(no_newer(listing, asked=not trouble))
    else:
        show_table(
            ("release", "date", "kind", "signed", "breaks", "notes", "changelog", "env", "migrations"),
            [
                (
                    one.tag.name + (" *" if one.recommended else ""),
                    one.tag.date[:10],
                    one.kind,
                    "no" if signed.standing is Standing.NONE else signed.standing.value,
                    "?" if read.read == "not read" else str(read.breaking),
                    "?" if read.read == "not read" else str(read.notices),
                    read.read,
                    "?" if read.env is None else str(read.env),
                    read.migrations.brief,
                )
                for one, read, signed in zip(found, outlines, signatures, strict=True)
            ],
        )
        for one, read in zip(found, outlines, strict=True):
            about = "; ".join(text for text in (beyond_the_table(read.migrations), one.note) if text)
            if about:
                say(f"{one.tag.name}{' (recommended)' if one.recommended else ''}: {about}")
    if listing.left_out:
        say(left_out(listing.left_out))
    return ExitCode.DONE


def check(stack: StackOption = HERE, *, json: JsonOption = False) -> int:
    """Look whether the stack is fit to be upgraded; exit code 3 when something says stop.

    JSON: [{"check", "level": "ok" | "warn" | "stop", "message", "hint"}]
    """
    from avnwizard.domain.findings import worst
    from avnwizard.flows import check as flow

    findings = flow.check(open_stack(stack))
    if json:
        emit_json([asdict(finding) for finding in findings])
    else:
        show_findings(findings)
    return ExitCode.REFUSED if worst(findings) == "stop" else ExitCode.DONE
