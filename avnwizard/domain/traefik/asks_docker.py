"""Whether a Traefik can ask an engine for containers: one that cannot has no routes, and says so in its log only.

Docker 29.0 raised the oldest API that an engine takes from 1.24 to 1.44, and Traefik before 3.6.1, v2 too, asks with
1.24 (traefik/traefik #12253, #12420). An engine's `min-api-version` in `daemon.json` lowers it again.
"""

import re

FIRST = (3, 6, 1)
"""The first Traefik that settles the version with the engine."""
_ASKS_WITH = (1, 24)
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])")


def cannot_ask(version: str, min_api: str) -> bool:
    """Whether this Traefik gets no containers from an engine; False where one of the versions is not known.

    Args:
        version: such as "3.5.3"; a minor without a patch release may be any of its patch releases.
        min_api: the oldest API that the engine takes, such as "1.44".
    """
    least = tuple(int(part) for part in min_api.split(".") if part.isdigit())
    found = _VERSION.match(version)
    if not found or least <= _ASKS_WITH:
        return False
    major, minor, patch = int(found[1]), int(found[2]), found[3]
    return (major, minor, int(patch)) < FIRST if patch is not None else (major, minor) < FIRST[:2]


def version_of(image: str) -> str:
    """The version that an image's name gives a Traefik; "" for another image, and where the tag is no version."""
    name, _, tag = image.partition("@")[0].rpartition(":")
    is_traefik = name.rpartition("/")[2] == "traefik"
    return tag.removeprefix("v") if is_traefik and _VERSION.match(tag) else ""


def in_words(who: str, version: str, min_api: str) -> str:
    """What is wrong, in one sentence."""
    return (
        f"{who} is Traefik {version}, which asks Docker by API 1.24, and this engine takes {min_api} or newer: "
        "Traefik would find no container, and no route would be served."
    )


WAY_OUT = 'Use Traefik 3.6.1 or newer, or set "min-api-version": "1.24" in /etc/docker/daemon.json.'
