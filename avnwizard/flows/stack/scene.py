"""What every step of an upgrade is given."""

from dataclasses import dataclass

from avnwizard.domain.plan import Plan
from avnwizard.flows.host import Host
from avnwizard.flows.stack.run_folder import RunFolder


@dataclass(frozen=True)
class Scene:
    """The plan, the world, and the folder of the run that the plan belongs to."""

    plan: Plan
    host: Host
    folder: RunFolder
