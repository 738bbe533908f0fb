"""Files of the operator's that a release's checkout would overwrite: such a release is refused."""

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host

_SHOWN = 3


def refuse_overwriting(host: Host, target: TagRef) -> None:
    """Refuse a release that brings a file where the operator has another one that git does not track.

    Raises:
        RefusedError: it names the first ones.
    """
    if found := host.repo.in_the_way(target.commit):
        names = ", ".join(printable(path, limit=200) for path in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise RefusedError(
            f"Files that git does not track are in the way of {printable(target.name)}: {names}{more}. "
            "Nothing was changed.",
            f"The release brings files of these names: compare yours with git show {target.commit[:12]}:PATH, then "
            "move yours away or rename them.",
        )
