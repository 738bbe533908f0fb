"""What the probe would see now: asked while a plan is made, so that the plan says which routes it cannot judge."""

from dataclasses import replace

from avnwizard.domain.probing import ProbePlan, is_alike
from avnwizard.flows.edge.baseline import learn
from avnwizard.flows.host import Host

_LOOKS = 2
"""Fewer than before a run: enough to leave out of account what each answer has of its own, such as its number."""


def foreseen(host: Host, plan: ProbePlan) -> ProbePlan:
    """The plan with the routes that do not answer now, and those whose answers are like another service's."""
    if not plan.routes:
        return plan
    identities = learn(host, plan.routes, looks=_LOOKS)
    return replace(
        plan,
        silent=tuple(one.name for one in plan.routes if not identities[one.name].answers),
        alike=tuple(one.name for one in plan.routes if is_alike(one, identities[one.name])),
    )
