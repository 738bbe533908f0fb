"""`rotate hydra|cookie|kratos|cipher|password|forget`: replace a secret while people stay signed in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, as_dry_run, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.upgrade import DetachOption, YesOption, confirm, start
from avnwizard.domain.plain import printable
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.domain.plan import Plan
    from avnwizard.domain.rotation.kinds import What
    from avnwizard.flows.rotate.plan import RotationPlan

EndsOption = Annotated[
    int, typer.Option("--ends", min=0, metavar="N", help="End exactly so many tokens and sessions by dropping early.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show what the next phase does; change nothing.", callback=as_dry_run)
]


_COOKIE = (
    "Give Hydra a secret for its cookies alone, or replace it, in one roll: browsers log in at Hydra again.\n\n"
    "With it, a rotation of the system secret signs no browser out."
)
_CIPHER = (
    "Carry out the next of the two phases that put a new secret ahead of Kratos' cipher secrets (SECRETS_CIPHER).\n\n"
    "Phase 1 has the new secret read everywhere, phase 2 has it write. The older ones stay in the list for good."
)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Replace a secret while people stay signed in.", no_args_is_help=True)
    group.command()(hydra)
    group.command("cookie")(_in_turn("cookie", _COOKIE))
    group.command("kratos")(_in_turn("kratos", "Replace Kratos' cookie secret: every browser has to sign in again."))
    group.command("cipher")(_in_turn("cipher", _CIPHER))
    group.command()(password)
    group.command()(forget)
    app.add_typer(group, name="rotate")


def hydra(
    stack: StackOption = HERE,
    *,
    ends: EndsOption = 0,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Carry out the next of the three phases in which Hydra's system secret is replaced.

    Phase 1 has the new secret read everywhere, phase 2 has it write, phase 3 drops the old one once nothing that
    lives needs it. Each is a run of its own, hours or weeks apart.

    JSON (with --dry-run): the plan of the phase: "phase", "notes": what it means, "stack": the services that are
    rolled, "generation": salted fingerprints of the list that it leaves.
    """
    return _rotate(stack, "hydra", ends=ends, dry_run=dry_run, yes=yes, json=json, detach=detach)


def _in_turn(what: "What", said: str) -> Callable[..., int]:
    """The verb of a secret of which nothing in a database has to be counted.

    Args:
        said: its help.
    """

    def verb(
        stack: StackOption = HERE,
        *,
        dry_run: DryRunOption = False,
        yes: YesOption = False,
        json: JsonOption = False,
        detach: DetachOption = False,
    ) -> int:
        return _rotate(stack, what, ends=0, dry_run=dry_run, yes=yes, json=json, detach=detach)

    verb.__doc__ = f"{said}\n\nJSON (with --dry-run): as `rotate hydra`."
    return verb


def password(
    role: Annotated[str, typer.Argument(help="The database role that services sign in as.")],
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Replace the password of a database role, without refusing anybody a connection meanwhile.

    Services are rolled to a twin of the role, the password is replaced, and they are rolled back to the role.

    JSON (with --dry-run): the plan: "role", "twin", "variable", "signing_in": the services that sign in as the role,
    "notes", "stack": the roll.
    """
    import json as jsonlib

    from avnwizard.flows.rotate.password_plan import to_json
    from avnwizard.flows.rotate.password_planning import plan_password
    from avnwizard.flows.run.orders import order_password

    host = open_stack(stack)
    prepared = plan_password(host, role)
    plan = prepared.plan
    if dry_run and json:
        emit_json(jsonlib.loads(to_json(plan)))
        return ExitCode.DONE
    _show_steps(f"{printable(plan.title)}, {printable(plan.variable)} in the env file", plan.notes, plan.stack)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {host.stack.project.name} to start", host.stack.project.name)
    return start(host, order_password(host, prepared), detach=detach)


def _rotate(
    stack: StackOption, what: "What", *, ends: int, dry_run: bool, yes: bool, json: bool, detach: bool
) -> int:
    import json as jsonlib

    from avnwizard.flows.rotate.plan import to_json
    from avnwizard.flows.rotate.planning import plan_next
    from avnwizard.flows.run.orders import order_rotation

    host = open_stack(stack)
    prepared = plan_next(host, what, ends=ends)
    plan = prepared.plan
    if dry_run and json:
        emit_json(jsonlib.loads(to_json(plan)))
        return ExitCode.DONE
    _show(plan)
    if dry_run:
        return ExitCode.DONE
    if not yes:
        confirm(f"Type {host.stack.project.name} to start", host.stack.project.name)
    return start(host, order_rotation(host, prepared), detach=detach)


def _show(plan: "RotationPlan") -> None:
    of = f", phase {plan.phase} of {plan.kind.phases}" if plan.kind.phases > 1 else ""
    _show_steps(f"{plan.kind.title}, {plan.place.shown}{of}", plan.notes, plan.stack)


def _show_steps(heading: str, notes: tuple[str, ...], stack: "Plan") -> None:
    say(heading)
    for note in notes:
        say(f"  {note}", style="yellow")
    for step in stack.steps:
        cost = f"; {step.interrupts}" if step.interrupts else ""
        say(f"  {step.title}{f': {step.note}' if step.note else ''}{cost}")


def forget(
    what: Annotated[str, typer.Argument(help='"hydra", "cookie", "kratos", "cipher" or "password".')],
    stack: StackOption = HERE,
    *,
    yes: YesOption = False,
) -> int:
    """Destroy the old secret that a finished rotation keeps: then its last phase cannot be taken back."""
    from avnwizard.domain.rotation.kinds import KINDS
    from avnwizard.flows.holding import holding
    from avnwizard.flows.rotate import keeping
    from avnwizard.flows.rotate.standing import REPLACE, standing, unfinished_password

    host = open_stack(stack)
    known = next((one for one in KINDS if one == what), None)
    if known is None and what != REPLACE:
        raise UsageError(f"There is no secret {what!r} to forget.", f"There are: {', '.join((*KINDS, REPLACE))}.")
    with holding(host, run="", kind="forget"):
        found, kept = standing(host.journal(), known) if known else None, keeping.kept(host, what)
        if not kept:
            say("no old secret is kept")
            return ExitCode.DONE
        if found and found.is_pending:
            raise RefusedError(
                f"{found.sentence()} Its old secret is still in use. Nothing was changed.",
                f"Finish it: avnwizard rotate {known}",
            )
        if not known and (run := unfinished_password(host.journal())):
            raise RefusedError(
                f"Run {run} replaces a password and is not finished. Nothing was changed.",
                f"Finish it: avnwizard resume {run}",
            )
        if not yes:
            confirm(f"Type {what} to destroy its old secret", what)
        for file in kept:
            host.files.remove(file)
    say(
        "the old secret is destroyed; a snapshot from before the rotation can no longer be used without your own copy"
    )
    return ExitCode.DONE
