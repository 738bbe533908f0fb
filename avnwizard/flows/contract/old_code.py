"""Whether any code still runs that needs what a release held back."""

from pathlib import Path

from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Plan
from avnwizard.domain.plan import from_json as plan_from_json
from avnwizard.engine.journal import Journal
from avnwizard.engine.records import RunRecord
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.flow import Upgrade


def require_no_old_code(host: Host, journal: Journal, run: RunRecord, plan: Plan) -> None:
    """Every stack on that database has to run the release, or a later one: by its commit, or by its tag.

    Stacks of a fleet may be clones of different repositories, in which one release has different commits.

    Args:
        run: the upgrade that held something back, by its plan.

    Raises:
        RefusedError: names the stack and its release.
    """
    since = [one for one in (run, *journal.later_than(run.id)) if one.kind == Upgrade.kind and one.state == "done"]
    releases = [plan_from_json(one.plan).target for one in since]
    fine, tags = {one.commit for one in releases}, {one.tag for one in releases}
    stacks = host.config.fleet.stacks if host.config.fleet.driver else {}
    places = {name: host.neighbour(Path(place)).repo for name, place in stacks.items()}
    for name, repo in {"": host.repo, **places}.items():
        head = repo.head()
        if {head.commit, head.base} & fine or head.tag in tags:
            continue
        who = printable(name) if name else "The stack"
        at = printable(head.tag or head.commit[:12])
        raise RefusedError(
            f"{who} is at {at}, whose code needs what {printable(plan.target.tag)} held back. Nothing was changed.",
            f"Upgrade it first: avnwizard upgrade --to {printable(plan.target.tag)}",
        )
