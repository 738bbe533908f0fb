"""What a plan warns of, besides what stops it."""

from avnwizard.domain.host import ComposeModel
from avnwizard.domain.lockstep_migrations import unmigrated
from avnwizard.domain.migrations import MigrationVerdict
from avnwizard.domain.plan import EnvEdit, ServicePlan
from avnwizard.domain.strategy import COMPLETED
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.new_migrations import unread_jobs
from avnwizard.flows.upgrade.release_words import unread_notes
from avnwizard.flows.upgrade.releases import cautions
from avnwizard.flows.upgrade.standing_notes import file_notes, own_commits


def warnings_of(
    host: Host,
    draft: UpgradeInputs,
    edits: tuple[EnvEdit, ...],
    verdict: MigrationVerdict,
    services: tuple[ServicePlan, ...],
    model: ComposeModel,
) -> tuple[str, ...]:
    """A sentence each: of the releases, the checkout, the migrations, the services that belong together."""
    found = [*cautions(draft.current, draft.target), *own_commits(draft.head)]
    found += [*draft.drifted.warnings(), *draft.skipped, *file_notes(host, draft)]
    found += unread_notes(draft.changelog)
    found += [
        f"{draft.coming.path}: you changed {key}, and {draft.target.name} does too; yours stays."
        for key in draft.coming.contested
    ]
    if verdict.breaks_old_code:
        found.append(
            "The old code does not work on the new schema: from a migration until its service is rolled, "
            "requests to it may fail."
        )
    found += unread_jobs(verdict, services, model)
    lockstep = host.config.lockstep
    staying = [one for one in services if one.strategy != "retire" and one.service in lockstep.services]
    moved = [one for one in staying if one.image_old != one.image_new]
    migrating = [
        one.service for one in moved if one.migrate or COMPLETED in model.services[one.service].depends_on.values()
    ]
    if migrating:
        found.append(
            f"{', '.join(migrating)} migrate their own schemas: {lockstep.name} does not promise that the old "
            "version works on the new one."
        )
    found += unmigrated(model, {one.service for one in moved if not one.migrate})
    known = {edit.new_key or edit.key for edit in edits}
    related = (group for group in draft.diff.related if not known.issuperset(group.new))
    found += [f"{', '.join(group.old)} -> {', '.join(group.new)}: {group.kind}, look at it." for group in related]
    return tuple(found)
