"""The edge probe's values: routes, who answered, what was counted. Pure; adapters send, flows count."""

from avnwizard.domain.probing.identity import LOST, TURNED, Identity, Verdict, identify, is_alike, judge
from avnwizard.domain.probing.presence import Presence, PresenceLog, Standing
from avnwizard.domain.probing.route import Answer, Failure, LeftOut, Loss, Outcome, ProbePlan, Route
from avnwizard.domain.probing.tally import Tally, numbers, tally_from, together

__all__ = [
    "LOST",
    "TURNED",
    "Answer",
    "Failure",
    "Identity",
    "LeftOut",
    "Loss",
    "Outcome",
    "Presence",
    "PresenceLog",
    "ProbePlan",
    "Route",
    "Standing",
    "Tally",
    "Verdict",
    "identify",
    "is_alike",
    "judge",
    "numbers",
    "tally_from",
    "together",
]
