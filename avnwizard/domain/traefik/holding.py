"""The labels of a director that holds requests while nobody serves: for the seconds that a recreation takes.

Its server is the container's own name, which Docker's DNS knows only while a container of that name runs. Traefik's
`retry` tries again as long as a request was not sent to anybody: the name is unknown, or the connection is refused.
So requests wait inside Traefik until the new container listens. If avnwizard is killed meanwhile, they still get
there.
"""

import math
from collections.abc import Mapping

MARK, HELD = "x-avnwizard", "held"
"""The header of every answer that passes such a director, by which the probe counts."""
TARGET = "held"
"""Such a director's target is this and the container's number."""
_TRY_S = 0.25
_MEAN = 1.44
"""The pause grows to twice the first one, over all tries (traefik v3.7, pkg/middlewares/retry, `newBackOff`)."""
_RETRY_AFTER_S = 5
"""What those are answered who waited in vain."""


def holding_labels(labels: Mapping[str, str], token: str, hold_s: float) -> dict[str, str]:
    """A director's labels with what makes it hold requests, at the inner end of each router's middlewares."""
    note, retry = f"avnwizard-{token}-note", f"avnwizard-{token}-hold"
    made = dict(labels)
    for key in labels:
        router, dot, option = key.removeprefix("traefik.http.routers.").rpartition(".")
        if dot and option == "rule" and f"-{token}-marker-" not in router:
            name = f"traefik.http.routers.{router}.middlewares"
            made[name] = ",".join(part for part in (labels.get(name, ""), note, retry) if part)
    headers = f"traefik.http.middlewares.{note}.headers.customresponseheaders"
    return made | {
        f"{headers}.{MARK}": HELD,
        f"{headers}.Retry-After": str(_RETRY_AFTER_S),
        f"traefik.http.middlewares.{retry}.retry.attempts": str(math.ceil(hold_s / (_TRY_S * _MEAN)) + 1),
        f"traefik.http.middlewares.{retry}.retry.initialinterval": f"{int(_TRY_S * 1000)}ms",
    }


def is_held(headers: Mapping[str, str]) -> bool:
    """Whether an answer passed such a director; names are in lower case."""
    return headers.get(MARK) == HELD
