"""From what the operator decided to the frozen plan."""

from avnwizard.flows.host import Host
from avnwizard.flows.kubernetes.drafting import HelmDraft
from avnwizard.flows.kubernetes.preparing import prepare_release
from avnwizard.flows.upgrade.holding_back import hold_back
from avnwizard.flows.upgrade.inputs import UpgradeInputs
from avnwizard.flows.upgrade.planning import Prepared, prepare
from avnwizard.ui.state import Upgrade


def prepared_from(host: Host, upgrade: Upgrade) -> Prepared:
    """Make the plan; asks the stack, so it belongs in the background."""
    assert isinstance(upgrade.draft, UpgradeInputs)
    return prepare(
        host,
        upgrade.draft,
        upgrade.answers,
        snapshot=upgrade.snapshot,
        volumes=upgrade.volumes,
        strategies=upgrade.strategies,
        holding=hold_back(host, upgrade.draft) if upgrade.hold else None,
    )


def planned(host: Host, upgrade: Upgrade) -> Upgrade:
    """The upgrade with its plan, wherever the stack runs; asks the stack."""
    if isinstance(upgrade.draft, HelmDraft):
        found = prepare_release(host, upgrade.draft, upgrade.answers, snapshot=upgrade.snapshot)
        return upgrade.with_release(found)
    return upgrade.with_plan(prepared_from(host, upgrade))
