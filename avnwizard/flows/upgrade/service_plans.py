"""How each service goes to the target release, and what becomes of the running ones that it does not start."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avnwizard.domain.config import Strategy
from avnwizard.domain.edge import EdgeFacts
from avnwizard.domain.handover import HandoverChoice, lost_in_recreate, recreate_grace_s
from avnwizard.domain.host import ComposeModel, Container, Service
from avnwizard.domain.plan import ServicePlan
from avnwizard.domain.readiness import Readiness
from avnwizard.domain.references import is_known_as
from avnwizard.domain.strategy import Choice, choose, lacks_a_check_alone, roll_order, routers_of
from avnwizard.flows.host import Host
from avnwizard.flows.roll.asking import plan_readiness
from avnwizard.flows.roll.handover import plan_handover
from avnwizard.flows.roll.naming import settle_choice
from avnwizard.flows.safety import retiring
from avnwizard.flows.stack.same import Seen, Target, same_as
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.release_files import in_words

_ASKED_AT_ONCE = 4
"""Registries take their time."""
AS_CHOSEN = "as you chose"


def others_of(
    host: Host, draft: UpgradeInputs, containers: list[Container], now: ComposeModel, model: ComposeModel
) -> retiring.Others:
    """What becomes of the running services that the target does not start."""
    release = draft.target.name
    retiring.require_no_stranger(host, containers, now=now, target=model, release=release)
    files = draft.every_compose.values()
    return retiring.sort_out(host, containers, now=now, target=model, files=files, release=release)


def services_of(
    host: Host,
    target: Target,
    chosen: Mapping[str, Strategy],
    containers: list[Container],
    gone: tuple[str, ...],
    now: ComposeModel,
) -> tuple[ServicePlan, ...]:
    """What happens to each service, in the order of the roll.

    Args:
        chosen: service -> strategy, over what `avnwizard.toml` says.
        gone: the running services that only the current release has.
        now: the model of the files in the checkout.
    """
    model = target.model
    facts = host.edge.facts()
    names = list(model.services)
    with ThreadPoolExecutor(_ASKED_AT_ONCE, thread_name_prefix="registry") as pool:
        seen = dict(zip(names, pool.map(lambda name: _seen(host, target, containers, name), names), strict=True))
    same = same_as(host, target, seen)
    parts: list[ServicePlan] = []
    for name in roll_order(model):
        cut_off = any(part.service in model.services[name].owners and part.strategy != "skip" for part in parts)
        unchanged = name in same and not cut_off
        part = _service(host, target, seen[name], name, facts, chosen.get(name), same=unchanged)
        parts.append(_scaled(part, target.model.services[name], containers, now.services.get(name)))
    parts += [_retired(target, containers, now, name) for name in gone]
    return tuple(parts)


def _retired(target: Target, containers: list[Container], now: ComposeModel, name: str) -> ServicePlan:
    off = name in (target.model.raw.get("services") or {})
    why = "the release switches it off (0 replicas)" if off else "the release no longer has it"
    replicas = sum(one.service == name and one.state == "running" for one in containers)
    successor = _successor(now.services.get(name), target.model, now)
    if successor:
        why = f"{why}, and {successor} has its routes"
    return ServicePlan(name, "retire", why, _image(containers, name), "", "", replicas=replicas, successor=successor)


def _successor(gone: Service | None, model: ComposeModel, now: ComposeModel) -> str:
    """The new service that has a router of a service which is gone, as after a renaming; "" for none."""
    mine = routers_of(gone) if gone else frozenset()
    fresh = (one for name, one in sorted(model.services.items()) if name not in now.services)
    return next((one.name for one in fresh if mine & routers_of(one)), "")


def _is_checked_by_image(model: ComposeModel, service: Service, running: tuple[Container, ...]) -> bool:
    """Whether the containers that run have a health check although the compose file names none: their image's own."""
    named = ((model.raw.get("services") or {}).get(service.name) or {}).get("healthcheck")
    serving = [one for one in running if one.state == "running"]
    return not named and bool(serving) and all(one.health != "none" for one in serving)


def _kept_replicas(service: Service, running: tuple[Container, ...], now: Service | None) -> int:
    """How many containers of a service that somebody scaled up by hand are kept; 0 where nobody did.

    Containers of different images are what a run that was cut off has left, and no scaling.
    """
    serving = [one for one in running if one.state == "running"]
    alike = len({one.make for one in serving}) == 1
    named = max(service.replicas, now.replicas if now else service.replicas)
    return len(serving) if alike and len(serving) > named and not service.container_name else 0


def _seen(host: Host, target: Target, containers: list[Container], name: str) -> Seen:
    service = target.model.services[name]
    digest = "" if name in target.unpulled else host.stack.registry_digest(service.image)
    image = host.stack.image(service.image)
    if image and digest and not is_known_as(digest, image.digest, image.sources):
        image = None  # the registry has another one under this tag
    return Seen(tuple(one for one in containers if one.service == name), digest, image)


def _service(
    host: Host,
    target: Target,
    seen: Seen,
    name: str,
    facts: EdgeFacts | None,
    chosen: Strategy | None,
    *,
    same: bool,
) -> ServicePlan:
    model, changed, running = target.model, target.changed[name], seen.running
    service = model.services[name]
    override = chosen or host.config.roll.strategy.get(name)
    checked = _is_checked_by_image(model, service, running)
    vouched = replace(service, has_healthcheck=True) if checked else service
    choice = choose(vouched, model, same=same, override=override, running=running)
    handed = plan_handover(
        host,
        service,
        facts,
        by_name=any(name in other.depends_on for other in model.services.values()),
        before=next((one for one in running if one.is_serving), None),
    )
    choice, ready = _asked(host, vouched, choice, handed, running, ordered=override is not None)
    choice = settle_choice(host, service, choice)
    reason, how, may_lose = AS_CHOSEN if chosen else choice.reason, None, ""
    if name in target.built:
        reason = f"its image is built again; {reason}"
    if changed.all and choice.strategy != "job":
        reason = f"{in_words(changed.all)}; {reason}"
    if choice.strategy == "surge":
        reason, how, may_lose = f"{reason}; {handed.reason}", handed.handover, handed.may_lose
    elif choice.strategy == "recreate":
        holds = facts is not None and facts.holds and handed.handover == "director"
        may_lose = lost_in_recreate(service, facts, host.config.roll.hold_s if holds else 0.0)
    return ServicePlan(
        name,
        choice.strategy,
        reason,
        _image(running, name),
        service.image,
        seen.digest,
        how,
        may_lose,
        recreate_grace_s(service, facts) if choice.strategy == "recreate" else service.stop_grace_s,
        unseen=changed.copied if choice.strategy == "job" else changed.mounted + changed.copied,
        pulled=name not in target.unpulled,
        built=name in target.built,
        image_checked=checked,
        ready=ready,
        named=service.container_name if choice.strategy == "surge" else "",
    )


def _asked(
    host: Host,
    service: Service,
    choice: Choice,
    handed: HandoverChoice,
    running: tuple[Container, ...],
    *,
    ordered: bool,
) -> tuple[Choice, Readiness | None]:
    """The choice for a service without a health check, where avnwizard itself can ask when a new one is ready."""
    lacking = choice.strategy == "surge" or (choice.strategy == "recreate" and not ordered)
    if not lacking or not lacks_a_check_alone(service) or not routers_of(service):
        return choice, None
    found = plan_readiness(host, service, handed, running)
    if isinstance(found, str):
        return (choice if choice.strategy == "surge" else replace(choice, reason=f"{choice.reason} ({found})")), None
    reason = choice.reason if ordered else "the new one starts alongside the old"
    return Choice("surge", f"{reason}; it has no health check: {found.in_words()}"), found


def _scaled(part: ServicePlan, service: Service, containers: list[Container], now: Service | None) -> ServicePlan:
    """The part of a plan with the number of containers that the operator's scaling has made."""
    running = tuple(one for one in containers if one.service == part.service)
    count = _kept_replicas(service, running, now) if part.strategy in {"surge", "recreate"} else 0
    if not count:
        return part
    named = f"{max(service.replicas, 1)} container{'' if service.replicas <= 1 else 's'}"
    return replace(part, replicas=count, reason=f"{part.reason}; {count} run and are kept, the files name {named}")


def _image(containers: Sequence[Container], service: str) -> str:
    return next((one.image for one in containers if one.service == service), "")
