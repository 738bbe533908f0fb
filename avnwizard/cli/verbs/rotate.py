"""`rotate hydra|cookie|kratos|cipher|forget`: replace a secret while people stay signed in."""

from typing import TYPE_CHECKING, Annotated

import typer

from avnwizard.cli.options import HERE, JsonOption, StackOption, open_stack
from avnwizard.cli.output import emit_json, say
from avnwizard.cli.verbs.upgrade import DetachOption, YesOption, confirm, start
from avnwizard.errors import ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from avnwizard.domain.rotation.kinds import What
    from avnwizard.flows.rotate.plan import RotationPlan

EndsOption = Annotated[
    int, typer.Option("--ends", min=0, metavar="N", help="End exactly so many tokens and sessions by dropping early.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what the next phase does; change nothing.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    group = typer.Typer(help="Replace a secret while people stay signed in.", no_args_is_help=True)
    group.command()(hydra)
    group.command()(cookie)
    group.command()(kratos)
    group.command()(cipher)
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


def cookie(
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Give Hydra a secret for its cookies alone, or replace it, in one roll: browsers log in at Hydra again.

    With it, a rotation of the system secret signs no browser out.

    JSON (with --dry-run): as `rotate hydra`.
    """
    return _rotate(stack, "cookie", ends=0, dry_run=dry_run, yes=yes, json=json, detach=detach)


def kratos(
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Replace Kratos' cookie secret in one roll: every browser has to sign in again.

    JSON (with --dry-run): as `rotate hydra`.
    """
    return _rotate(stack, "kratos", ends=0, dry_run=dry_run, yes=yes, json=json, detach=detach)


def cipher(
    stack: StackOption = HERE,
    *,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
    detach: DetachOption = False,
) -> int:
    """Carry out the next of the two phases that put a new secret ahead of Kratos' cipher secrets (SECRETS_CIPHER).

    Phase 1 has the new secret read everywhere, phase 2 has it write. The older ones stay in the list for good.

    JSON (with --dry-run): as `rotate hydra`.
    """
    return _rotate(stack, "cipher", ends=0, dry_run=dry_run, yes=yes, json=json, detach=detach)


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
    say(f"{plan.kind.title}, {plan.place.shown}{of}")
    for note in plan.notes:
        say(f"  {note}", style="yellow")
    for step in plan.stack.steps:
        cost = f"; {step.interrupts}" if step.interrupts else ""
        say(f"  {step.title}{f': {step.note}' if step.note else ''}{cost}")


def forget(
    what: Annotated[str, typer.Argument(help='"hydra", "cookie", "kratos" or "cipher".')],
    stack: StackOption = HERE,
    *,
    yes: YesOption = False,
) -> int:
    """Destroy the old secret that a finished rotation keeps: then its last phase cannot be taken back."""
    from avnwizard.domain.rotation.kinds import KINDS
    from avnwizard.flows.holding import holding
    from avnwizard.flows.rotate import keeping
    from avnwizard.flows.rotate.standing import standing

    host = open_stack(stack)
    known = next((one for one in KINDS if one == what), None)
    if known is None:
        raise UsageError(f"There is no secret {what!r} to forget.", f"There are: {', '.join(KINDS)}.")
    with holding(host, run="", kind="forget"):
        found, kept = standing(host.journal(), known), keeping.kept(host, known)
        if not kept:
            say("no old secret is kept")
            return ExitCode.DONE
        if found and found.is_pending:
            raise RefusedError(
                f"{found.sentence()} Its old secret is still in use. Nothing was changed.",
                f"Finish it: avnwizard rotate {known}",
            )
        if not yes:
            confirm(f"Type {known} to destroy its old secret", known)
        for file in kept:
            host.files.remove(file)
    say(
        "the old secret is destroyed; a snapshot from before the rotation can no longer be used without your own copy"
    )
    return ExitCode.DONE
