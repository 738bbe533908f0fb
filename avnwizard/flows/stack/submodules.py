"""Git submodules: a checkout of a release leaves them where they are, so a release that moves one is refused."""

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host


def refuse_submodules(host: Host, current: TagRef, target: TagRef) -> None:
    """Refuse a release that moves a git submodule: the checkout would leave it where it is.

    One that is not checked out here, and only moves, is nothing that this stack uses.

    Raises:
        RefusedError: it names the first one.
    """
    for one in host.repo.changed(current.commit, target.commit):
        folder = host.repo.directory / one.path
        is_here = folder.is_dir() and any(folder.iterdir())
        if one.submodule and (is_here or one.is_new):
            raise RefusedError(
                f"{printable(target.name)} moves the git submodule {printable(one.path)}, which avnwizard does not "
                "check out: new code would run with its old files. Nothing was changed.",
                f"Upgrade by hand: git checkout {printable(target.name)}, git submodule update --init, then "
                "docker compose up -d.",
            )
