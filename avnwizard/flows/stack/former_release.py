"""The stack as it was before a run, as the plan and the run's folder tell, whatever is in the checkout now."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from avnwizard.domain.config import Strategy
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.origin import all_called_now
from avnwizard.domain.plan import Plan, ServicePlan
from avnwizard.domain.postgres.outside import pointed_outside
from avnwizard.domain.readiness import Readiness, readiness_of
from avnwizard.domain.strategy import choose, keeps_running, lacks_a_check_alone, roll_order
from avnwizard.flows.host import Host
from avnwizard.flows.stack.drawing import ReleaseFiles, self_contained
from avnwizard.flows.stack.models import compose_paths, resolve_contents
from avnwizard.flows.stack.run_folder import EDITED, ENV_BEFORE, RunFolder


def model_of_before(host: Host, plan: Plan, run: str) -> ComposeModel:
    """The model that ran, whatever checkout and env file hold at this moment: the run may be cut off anywhere."""
    folder = RunFolder(host.state.run(run), host.files)
    edited = folder.contents(EDITED)
    commit = plan.current.commit
    paths = all_called_now(
        [PurePosixPath(path) for path in (*compose_paths(host), *_before(host, plan))],
        lambda one: str(one) in edited or host.repo.read(commit, str(one)) is not None,
    )
    compose = {path: edited[path] if path in edited else host.repo.read(commit, path) for path in map(str, paths)}
    known = {path: content for path, content in compose.items() if content is not None}
    env, release = folder.env(ENV_BEFORE), ReleaseFiles(plan.current.commit, edited, plan.current.tag)
    return resolve_contents(host, self_contained(host, known, env, release), env, what=plan.current.tag)


def old_services(model: ComposeModel, plan: Plan) -> list[tuple[str, Strategy]]:
    """The services of the previous release, in its order."""
    planned = {part.service: part for part in plan.services}
    found: list[tuple[str, Strategy]] = []
    for name in roll_order(model):
        if name in planned and not planned[name].image_old:
            continue  # the newer release brought it
        service = model.services[name]
        if name in planned and planned[name].image_checked:
            service = replace(service, has_healthcheck=True)
        strategy = choose(service, model).strategy
        if strategy == "recreate" and lacks_a_check_alone(service) and isinstance(readiness_of(service), Readiness):
            strategy = "surge"  # avnwizard asks it itself
        found.append((name, _way_back(strategy, planned.get(name))))
    return found


def _way_back(chosen: Strategy, part: ServicePlan | None) -> Strategy:
    """As the service was rolled where that rests on what its containers were: a one-shot, or none after all."""
    if part is None:
        return chosen
    if part.strategy == "job":
        return "job"
    if chosen == "job" and part.strategy in {"surge", "recreate", "skip"}:
        return "surge" if part.strategy == "surge" else "recreate"
    return chosen


def _before(host: Host, plan: Plan) -> Iterator[str]:
    """The compose files that the plan was made with, as paths in the checkout: the release may have dropped one."""
    top = host.repo.directory.resolve()
    for file in plan.files_before:
        if file.is_relative_to(top):
            yield str(file.relative_to(top))


def gone_for_good(model: ComposeModel, plan: Plan) -> tuple[str, ...]:
    """Services that the run removed though no previous compose file names them: nothing can bring them back.

    Plans of today retire no such service; those of earlier versions did.
    """
    return tuple(
        part.service for part in plan.services if part.strategy == "retire" and part.service not in model.services
    )


def stays_running(host: Host, model: ComposeModel) -> frozenset[str]:
    """What is not stopped while databases are swapped: see `keeps_running`."""
    facts = host.edge.facts()
    edge, databases = facts.service if facts else "", host.choice.services
    found = frozenset(
        one.name for one in model.services.values() if keeps_running(one, model, edge=edge, databases=databases)
    )
    if not host.choice.outside:
        return found
    # nobody waits for a server outside: who is pointed at one writes there, and where none is seen to be, all may
    users = {name for names in pointed_outside(model.raw.get("services") or {}).values() for name in names}
    return found - users if users else found & {edge, *databases}


def of_plan(host: Host, plan: Plan) -> Host:
    """The host with the databases that a run's plan was made with."""
    return host.of_run(plan.postgres_service, plan.postgres_also, plan.postgres_outside)


def writers(host: Host, plan: Plan, model: ComposeModel) -> tuple[str, ...]:
    """What is stopped while the databases are swapped."""
    staying = stays_running(host, model)
    return tuple(part.service for part in plan.services if part.service not in staying)
