"""What a release calls a file of the stack's: by the names that Compose looks for, else as git compares the two."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from avnwizard.domain.compose.document import read
from avnwizard.domain.origin import called_now
from avnwizard.domain.plain import printable
from avnwizard.domain.plan import Breaking
from avnwizard.errors import WizardError
from avnwizard.flows.host import Host

ITEM = "files"
"""The id of what has to be acknowledged where a name alone does not tell which file it is."""


def called_in(host: Host, commit: str, path: str) -> PurePosixPath | None:
    """What a commit calls a compose file of the checkout; None where it has none such."""
    name = PurePosixPath(path)
    return called_now(name, lambda one: host.repo.read(commit, str(one)) is not None) or followed(host, commit, path)


def by_hand_from_now(env_file: str) -> str:
    """How an operator starts the stack once its env file has another name, as a sentence."""
    return f"By hand the stack is started with docker compose --env-file {printable(env_file)} from then on."


def followed(host: Host, commit: str, path: str) -> PurePosixPath | None:
    """The compose file that git takes for this one under another name, in the same folder; None where there is none.

    In another folder its relative paths would mean other files.
    """
    other = PurePosixPath(renamed_to(host, commit, path))
    return other if other.parent == PurePosixPath(path).parent and _is_compose(host, commit, other) else None


def renamed_to(host: Host, commit: str, path: str) -> str:
    """What a commit calls a file that git tracks, as git compares the two; "" where it knows none."""
    base = host.repo.head().base or "HEAD"
    if host.repo.read(base, path) is None or host.repo.read(commit, path) is not None:
        return ""
    return host.repo.renamed(base, commit).get(path, "")


def to_acknowledge(tag: str, renamed: dict[str, str]) -> Iterator[Breaking]:
    """Ask whether that is the file, where only git's comparison says so: old path -> new one."""
    if renamed:
        pairs = ", ".join(f"{printable(new)} in place of {printable(old)}" for old, new in sorted(renamed.items()))
        yield Breaking(
            ITEM,
            f"{printable(tag)} has {pairs}: the stack is run from that then.",
            "Git takes the one for the other, as half of their lines or more are the same. Look at both, and at the "
            "changelog, whether that is the file that your stack is to be run from.",
        )


def _is_compose(host: Host, commit: str, path: PurePosixPath) -> bool:
    content = host.repo.read(commit, str(path)) if path.suffix in {".yml", ".yaml"} else None
    try:
        return content is not None and "services" in read(content.decode("utf-8", "replace"))
    except WizardError:
        return False
