"""From a draft and the operator's answers to a frozen plan."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from avnwizard.domain.answers import Answers, Decision
from avnwizard.domain.config import Strategy
from avnwizard.domain.data_way import DataWay
from avnwizard.domain.drift import Drifted
from avnwizard.domain.env_decisions import apply_decisions
from avnwizard.domain.env_merge import merge_edits
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.findings import Finding
from avnwizard.domain.lockstep_migrations import with_migrations
from avnwizard.domain.migrations import Kind
from avnwizard.domain.plan import MigrationStatement, Noticed, Plan, ReleaseRef
from avnwizard.domain.traefik.routes import plan_probe
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.canary.setup import sentence as canary_sentence
from avnwizard.flows.edge.foresight import foreseen
from avnwizard.flows.host import Host
from avnwizard.flows.safety import hazards
from avnwizard.flows.safety.data_plan import undecided, with_ways_back
from avnwizard.flows.safety.edge_and_engine import require_edge
from avnwizard.flows.safety.engine_sees import require_seen
from avnwizard.flows.safety.image_signatures import image_rule, require_signed
from avnwizard.flows.safety.networks import network_notes
from avnwizard.flows.safety.project_name import project_note
from avnwizard.flows.safety.provenance import doubt_of, require_genuine
from avnwizard.flows.safety.unprotected import beyond_reach, require_known_database, snapshot_warnings
from avnwizard.flows.snapshot.planning import plan_snapshot
from avnwizard.flows.stack.drawing import self_contained
from avnwizard.flows.stack.image_notes import image_notes
from avnwizard.flows.stack.models import resolve_contents
from avnwizard.flows.stack.rehearsed import rehearsed
from avnwizard.flows.stack.same import Target
from avnwizard.flows.upgrade.built_here import images_of_this_host
from avnwizard.flows.upgrade.env_files import require_env_files
from avnwizard.flows.upgrade.expecting import expected
from avnwizard.flows.upgrade.holding_back import Holding, offered, require_one_shot
from avnwizard.flows.upgrade.images_to_save import images_to_save, require_offered
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.meaning import compose_changes
from avnwizard.flows.upgrade.noticing import noticed
from avnwizard.flows.upgrade.release_files import changed_for_services, in_sentences
from avnwizard.flows.upgrade.releases import kind_of
from avnwizard.flows.upgrade.service_plans import others_of, services_of
from avnwizard.flows.upgrade.standing_notes import coming_project
from avnwizard.flows.upgrade.steps import described
from avnwizard.flows.upgrade.warnings import warnings_of
from avnwizard.flows.upgrade.waving import breaking_jobs, waved


class OpenDecisionsError(RefusedError):
    """Something is left that only the operator can decide."""

    def __init__(self, decisions: tuple[Decision, ...], target: str, command: str = "avnwizard plan") -> None:
        listed = "".join(f"\n  - {decision.question}" for decision in decisions)
        are = "decision is" if len(decisions) == 1 else "decisions are"
        super().__init__(
            f"{len(decisions)} {are} open; nothing was changed:{listed}",
            f"Write them down with: {command} --to {target} --write-answers FILE, then give --answers FILE",
        )
        self.decisions = decisions


@dataclass(frozen=True)
class Prepared:
    """A plan with what it needs that must not be in it: secrets and file contents.

    Attributes:
        drifted: what ran otherwise than the files said when the plan was made; None where nobody looked.
        undecided: what is still to be decided of services' data.
        ways: what was decided of that for this plan; `avnwizard.toml` keeps it when the run is made.
        checked: what a check of the stack found right before; the report keeps it.
    """

    plan: Plan
    env_before: bytes
    env_after: bytes
    edited: Mapping[str, bytes | None]
    carried: Mapping[str, bytes | None]
    edits_patch: bytes
    drifted: Drifted | None = None
    undecided: tuple[Decision, ...] = ()
    ways: Mapping[str, DataWay] = field(default_factory=dict)
    checked: tuple[Finding, ...] = ()

    def require_decided(self) -> "Prepared":
        """This plan, where nothing is left to be decided.

        Raises:
            OpenDecisionsError: it names what is.
        """
        if self.undecided:
            raise OpenDecisionsError(self.undecided, self.plan.target.tag)
        return self


def require_fit(findings: tuple[Finding, ...]) -> None:
    """Refuse to go on over a finding that says stop.

    Raises:
        RefusedError: the first one, and how many there are.
    """
    stops = [finding for finding in findings if finding.level == "stop"]
    if stops:
        more = f" (and {len(stops) - 1} more: avnwizard check)" if len(stops) > 1 else ""
        raise RefusedError(f"{stops[0].message}{more} Nothing was changed.", stops[0].hint)


def prepare(
    host: Host,
    draft: UpgradeInputs,
    answers: Answers,
    *,
    snapshot: bool = True,
    volumes: tuple[str, ...] | None = None,
    strategies: Mapping[str, Strategy] | None = None,
    holding: Holding | None = None,
) -> Prepared:
    """Decide everything and freeze it.

    Args:
        snapshot: whether one is taken.
        volumes: those that the snapshot holds too; None is what `avnwizard.toml` says.
        strategies: service -> how it is rolled, over what `avnwizard.toml` says.
        holding: what of the release's migrations waits; None where all of them run.

    Raises:
        OpenDecisionsError: a decision lacks an answer.
        RefusedError: nobody knows which service is the database.
        HostError: the target's compose files do not resolve with the new env file.
    """
    require_known_database(host)
    signature = require_genuine(host, draft.target.name)
    decisions = draft.decisions(answers)
    if left := answers.open(decisions):
        raise OpenDecisionsError(left, draft.target.name)
    note = f"avnwizard: {draft.current.name} to {draft.target.name}"
    env, edits = apply_decisions(draft.coming.env, decisions, answers, note=note)
    edits = (*merge_edits(draft.operator, draft.coming.env, why=f"{draft.target.name}'s own file"), *edits)
    try:
        compose = self_contained(host, draft.compose, env.to_bytes(), draft.release)
        model = resolve_contents(host, compose, env.to_bytes(), what=draft.target.name)
    except RefusedError:
        require_env_files(host, draft, env)
        raise
    now = host.stack.resolve()
    changed = changed_for_services(host, draft, now, model, env)
    changes = compose_changes(now, model, (*host.choice.services, *host.choice.others)) + in_sentences(changed)
    kept = plan_snapshot(host, draft.current.name, taken=snapshot and host.has_database, volumes=volumes)
    verdict = holding.verdict if holding else draft.migrations
    target = Target(model, compose, env.to_bytes(), changed, *images_of_this_host(host, draft, now, model))
    containers = [one for one in host.stack.containers() if not one.one_off]
    others = others_of(host, draft, containers, now, model)
    ways = answers.data_ways()
    rolled = services_of(host, target, strategies or {}, containers, others.retire, now)
    chosen = {**host.config.rollback.data, **ways}
    services, of_data = with_ways_back(host, rolled, model, kept.volumes, chosen)
    require_offered(host, services, draft.target.name)
    require_edge(host, services, release=draft.target.name)
    require_seen(host, model)
    rule = image_rule(host)
    require_signed(host, rule, {one.image_new: one.digest for one in services if one.image_new and one.pulled})
    told = hazards.require_safe(host, model, services, others, containers, release=draft.target.name)
    pinned = {one.service: one.pinned for one in draft.drifted.images}
    services = tuple(replace(part, image_pinned=pinned.get(part.service, "")) for part in services)
    moved = frozenset(one.service for one in services if one.image_old != one.image_new)
    services = with_migrations(services, model, moved)
    unjudged = moved & {*host.config.lockstep.services, *(one.service for one in services if one.migrate)}
    breaking = breaking_jobs(services, model, breaks=verdict.breaks_old_code, unjudged=unjudged)
    services = waved(host, services, model, breaking)
    plan = Plan(
        product=host.config.stack.product,
        jump=kind_of(draft.current, draft.target),
        project=coming_project(host, draft, env.to_bytes()),
        current=ReleaseRef(draft.current.name, draft.head.commit, draft.current.date),
        target=ReleaseRef(draft.target.name, draft.target.commit, draft.target.date),
        branch=draft.head.branch,
        edited=tuple(sorted(draft.edited)),
        breaking=draft.breaking,
        env=edits,
        snapshot=kept,
        services=services,
        steps=(),
        warnings=(
            *snapshot_warnings(kept),
            *beyond_reach(host, model),
            *image_notes(host, draft.target.name, draft.pins, env, services, model),
            *warnings_of(host, draft, edits, verdict, services, model),
            *filter(None, (doubt_of(host, draft.target.name, signature), "" if holding else offered(host, draft))),
            *project_note(host, draft.compose.values(), env, draft.target.name),
            *network_notes(model),
            *of_data,
            *told,
        ),
        postgres_service=host.postgres_service,
        postgres_also=host.choice.also,
        postgres_outside=host.choice.outside,
        files_before=host.stack.project.files,
        env_file_before=host.stack.project.env_file if draft.coming.was else None,
        verdict=verdict.said(restorable=kept.taken),
        statements=tuple(
            MigrationStatement(one.file, one.line, one.kind.value, one.why)
            for one in verdict.statements
            if one.kind is not Kind.ADDITIVE
        ),
        rollback_needs_restore=verdict.rollback_needs_restore,
        changes=changes,
        image_rule=rule,
        env_sha256=hashlib.sha256(draft.operator.to_bytes()).hexdigest(),
        healthy_s=host.config.roll.healthy_s,
        drain_s=host.config.roll.drain_s,
        drain_limit_s=host.config.roll.drain_limit_s,
        probe=foreseen(host, plan_probe(now, model, host.config.probe)),
        drift=tuple(decision.question for decision in draft.drifted.decisions()),
        migrations_read=not verdict.missing_folder,
        changelog=draft.changelog.sentence,
        signature=signature.sentence,
        bake_s=host.config.verify.bake_s,
        saved=images_to_save(host, services),
        notices=tuple(
            Noticed(one.version, notice.kind, notice.title)
            for one in draft.changelog.versions
            for notice in one.notices
        ),
        canary=canary_sentence(host),
        rehearsed=rehearsed(host, draft.target.commit),
        split=holding.split if holding else None,
    )
    require_one_shot(plan)
    edge = host.edge.facts()
    timed = _timed(host, described(host, plan))
    return Prepared(
        noticed(timed, model, breaks=verdict.breaks_old_code, unjudged=unjudged, edge=edge.service if edge else ""),
        draft.operator.to_bytes(),
        env.to_bytes(),
        _with_env(draft.coming.was or draft.coming.path, draft.edited, draft.operator),
        _with_env(draft.coming.path, draft.carried, env),
        draft.edits_patch,
        draft.drifted,
        undecided(host, services, model),
        {part.service: ways[part.service] for part in services if part.data and part.service in ways},
    )


def undecided_data(host: Host, draft: UpgradeInputs, answers: Answers) -> tuple[Decision, ...]:
    """What is to be decided of services' data, as far as a plan can be made from the proposals; else ()."""
    try:
        return prepare(host, draft, answers.accepting(draft.decisions(answers))).undecided
    except WizardError:
        return ()  # asked once the plan can be made


def _with_env(path: str, contents: Mapping[str, bytes | None], env: EnvFile) -> Mapping[str, bytes | None]:
    """Files of the checkout with the env file among them where git tracks it: a checkout moves that too."""
    return {**contents, path: env.to_bytes()} if path else contents


def _timed(host: Host, plan: Plan) -> Plan:
    """With expected times; looking makes no journal where there is none."""
    if not host.files.exists(host.state.journal):
        return expected(plan, None)
    journal = host.journal()
    try:
        return expected(plan, journal)
    finally:
        journal.close()
