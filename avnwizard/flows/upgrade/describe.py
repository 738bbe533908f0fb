"""The plan's steps as the operator reads them: the commands that will run, and what going back costs at each."""

from collections.abc import Iterator
from dataclasses import replace

from avnwizard.domain import commands
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Again, Plan, PlannedStep, ServicePlan
from avnwizard.flows.safety.unprotected import after_job
from avnwizard.flows.steps.snapshot import snapshot_title
from avnwizard.flows.steps.swap_back import SwapBack
from avnwizard.flows.steps.writers import StopWriters

OLD = "OLD_CONTAINER"
"""Stands for a container id that is only known when the step runs."""


def describe(plan: Plan) -> Plan:
    """The plan with its steps written down."""
    return replace(plan, steps=tuple(_steps(plan)))


def _steps(plan: Plan) -> Iterator[PlannedStep]:
    directory = plan.project.directory
    if plan.again:
        yield from _again(plan, plan.again)
    elif plan.snapshot.taken:
        yield _snapshot(plan)
    yield PlannedStep(
        "checkout", f"Check out {plan.target.tag}", (commands.git_checkout(directory, plan.target.commit),),
        f"Your edits of {', '.join(plan.edited)} are carried over." if plan.edited else "",
        "the files go back; nobody notices",
    )  # fmt: skip
    yield PlannedStep(
        "env", "Write the env file", (), f"{len(plan.env)} edits of {plan.project.env_file}; the old file is kept.",
        "the env file goes back; nobody notices",
    )  # fmt: skip
    images = sorted({part.image_new for part in plan.services if part.image_new})
    yield PlannedStep(
        "pull", "Pull every image", tuple(commands.docker_pull(image) for image in images),
        "What is pulled is what runs, by image id. The images that run now are kept under a tag each, which "
        "`docker image prune` spares; `prune -a` does not, and a rollback then pulls them from their registry.",
        "nothing to undo; the old images are kept",
    )  # fmt: skip
    for part in plan.services:
        yield _service(plan, part)
    edge = "" if plan.probe.off else " Every route that answered before must answer through the edge."
    yield PlannedStep("verify", f"Verify {plan.target.tag}", (), f"Every service must serve.{edge}", "as above")


def _again(plan: Plan, again: Again) -> Iterator[PlannedStep]:
    if not again.databases:
        return
    yield PlannedStep(
        "stop", StopWriters.title, (), f"{len(again.stop)} services; they come back with {plan.target.tag}.",
        "they are started again", "whatever needs the databases is away until it is rolled",
    )  # fmt: skip
    yield PlannedStep(
        "swap-back", SwapBack.title, (), f"{', '.join(map(printable, again.databases))} by renaming; what was "
        "written since the rollback is kept beside, renamed.",
        "from here on: the databases are restored from the snapshot of the first time",
    )  # fmt: skip


def _snapshot(plan: Plan) -> PlannedStep:
    names = [name for name, _ in plan.snapshot.databases]
    dumps = [commands.pg_dump(name, compression="zstd:1", moment="MOMENT") for name in names]
    tools = [commands.pg_dumpall_globals(), *dumps, commands.pg_read_back()]
    proof = "each dump is read back whole and checksummed"
    if plan.snapshot.proof == "restored":
        tools.append(commands.pg_restore("SCRATCH", scratch=True))
        proof += ", restored into a scratch database, compared, and that one dropped"
    elif plan.snapshot.proof_note:
        proof += f"; not restored to prove it: {plan.snapshot.proof_note}"
    sizes = dict(plan.snapshot.volume_sizes)
    told = [f"{name} ({sizes[name]:,} bytes)" if name in sizes else name for name in plan.snapshot.volumes]
    volumes = f"; volumes: {', '.join(told)}" if told else ""
    return PlannedStep(
        "snapshot", snapshot_title(plan.snapshot, plan.postgres_service),
        tuple(commands.docker_exec(plan.postgres_service, tool) for tool in tools),
        f"Globals and {len(names)} databases ({plan.snapshot.total_bytes:,} bytes on disk), all of one moment, into "
        f"{plan.snapshot.folder}{volumes}; {proof}.",
        "nothing to undo; the snapshot stays",
    )  # fmt: skip


def _service(plan: Plan, part: ServicePlan) -> PlannedStep:
    up = commands.compose_up(plan.project, part.service, force=bool(part.unseen))
    if part.strategy == "job":
        return PlannedStep(
            f"job:{part.service}", f"Run {part.service}", (up,), "Must end with exit code 0.",
            after_job(plan),
        )  # fmt: skip
    gone: tuple[commands.Argv, ...] = (commands.docker_stop([OLD], part.grace_s), commands.docker_remove(OLD))
    if part.strategy == "retire":
        return PlannedStep(
            f"retire:{part.service}", f"Remove {part.service}", gone, "The release no longer has it; volumes stay.",
            "it is started again",
        )  # fmt: skip
    if part.strategy == "surge":
        beside = commands.compose_up(plan.project, part.service, scale=2, recreate=False)
        steer: tuple[commands.Argv, ...] = ()
        if part.handover == "director":
            steer = (commands.docker_director("TRAEFIK_IMAGE", f"avnwizard-director-{part.service}"),)
            gone = (*gone, commands.docker_remove_helper(f"avnwizard-director-{part.service}"))
        return PlannedStep(
            f"roll:{part.service}", f"Roll {part.service}", (beside, *steer, *gone), part.reason,
            part.way_back or "rolled back the same way, the old beside the new", part.may_lose,
        )  # fmt: skip
    if part.strategy == "skip":
        return PlannedStep(f"roll:{part.service}", f"Leave {part.service}", (), part.reason, "nothing to undo")
    again = commands.compose_up(plan.project, part.service, force=bool(part.unseen), grace_s=part.grace_s)
    return PlannedStep(
        f"roll:{part.service}", f"Recreate {part.service}", (again,), part.reason,
        part.way_back or "recreated again", part.may_lose,
    )  # fmt: skip
