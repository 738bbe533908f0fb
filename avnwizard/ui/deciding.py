"""From what the operator decided to the frozen plan."""

from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.planning import Prepared, prepare
from avnwizard.ui.state import Upgrade


def prepared_from(host: Host, upgrade: Upgrade) -> Prepared:
    """Make the plan; asks the stack, so it belongs in the background."""
    return prepare(
        host,
        upgrade.draft,
        upgrade.answers,
        snapshot=upgrade.snapshot,
        volumes=upgrade.volumes,
        strategies=upgrade.strategies,
    )
