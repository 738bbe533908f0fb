"""The variables of a copy: what would reach the outside is emptied, or replaced as the operator says."""

import re
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

from avnwizard.domain.rehearsal.order import Isolation

_WITH_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*)://[^\s/@]*@(\[[^\]]*\]|[^\s/:?#,@]+)([^\s]*)", re.IGNORECASE)
_ROUTED_BY = ("VIRTUAL_HOST", "VIRTUAL_PORT", "VIRTUAL_PATH", "LETSENCRYPT_HOST", "LETSENCRYPT_EMAIL")
"""By these nginx-proxy and its companion route to a container and fetch a certificate for it (their READMEs)."""
NOWHERE = "rehearsal:rehearsal@127.0.0.1:9"


def environment(given: Mapping[str, object], order: Isolation, names: Collection[str]) -> dict[str, str]:
    """A service's variables for the copy, with a single `$`; one that routes requests is left away.

    Args:
        given: as Compose prints them, every `$` doubled.
        names: of the hosts that the copy has: its services and their aliases.
    """
    found = {}
    for name, value in given.items():
        if name in _ROUTED_BY or value is None:
            continue
        if name in order.replace:
            found[name] = order.replace[name]
        elif any(fnmatchcase(name.upper(), pattern.upper()) for pattern in order.empty):
            found[name] = ""
        else:
            found[name] = inward(str(value).replace("$$", "$"), names)
    return found


def inward(value: str, names: Collection[str]) -> str:
    """An address with a password for a host that the copy has not, such as a mail server's, leads nowhere instead."""
    match = _WITH_PASSWORD.fullmatch(value.strip())
    if match is None or match[2].lower() in names or match[2] in {"localhost", "127.0.0.1", "[::1]"}:
        return value
    return f"{match[1]}://{NOWHERE}/"
