"""An env file that git tracks: the release brings a new one, and the operator's changes go on top of that."""

from dataclasses import dataclass

from avnwizard.domain.checkout import TagRef
from avnwizard.domain.env_merge import contested, merged
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, UsageError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.renamed import renamed_to


@dataclass(frozen=True)
class EnvOfRelease:
    """The operator's env file as the target's checkout makes it, before anything is decided.

    Attributes:
        path: in the checkout, where git tracks the file; "" where it is the operator's alone and stays as it is.
        was: what the checkout calls it, where the target calls it otherwise; "" where it keeps its name.
        contested: variables that both the operator and the release changed: the operator's stay.
    """

    env: EnvFile
    path: str = ""
    was: str = ""
    contested: tuple[str, ...] = ()


def tracked_path(host: Host) -> str:
    """The env file's path in the checkout where git tracks it, "" where it does not."""
    path = _in_checkout(host)
    return path if path and host.repo.read("HEAD", path) is not None else ""


def env_of_release(host: Host, tag: TagRef, operator: EnvFile) -> EnvOfRelease:
    """Merge the operator's env file with the target's, where git tracks it.

    Raises:
        RefusedError: the target brings one where the operator has one of his own; or it cannot be read.
    """
    path = _in_checkout(host)
    base = host.repo.head().base or "HEAD"
    before = host.repo.read(base, path) if path else None
    called = (renamed_to(host, tag.commit, path) if before is not None else "") or path
    after = host.repo.read(tag.commit, called) if path else None
    if before is None:
        if after is not None:
            raise RefusedError(
                f"{printable(tag.name)} brings a {printable(path)} of its own, and yours is not tracked by git: "
                "the checkout would have to overwrite it. Nothing was changed.",
                "Give your env file another name, start the stack with it, and plan again.",
            )
        return EnvOfRelease(operator)
    if after is None:
        return EnvOfRelease(operator, path)
    former, theirs = (_parsed(content, path, tag) for content in (before, after))
    merge = host.repo.merge(path, tag.commit, called=called)
    of_both = merge.conflict or merge.content is None
    env = merged(former, operator, theirs) if of_both else _parsed(merge.content or b"", called, tag)
    was = path if called != path else ""
    return EnvOfRelease(env, called, was, contested(former, operator, theirs))


def _in_checkout(host: Host) -> str:
    file, top = host.stack.project.env_file.resolve(), host.repo.directory.resolve()
    return file.relative_to(top).as_posix() if file.is_relative_to(top) else ""


def _parsed(content: bytes, path: str, tag: TagRef) -> EnvFile:
    try:
        return EnvFile.parse(content)
    except UsageError as error:
        raise RefusedError(
            f"{printable(path)} of {printable(tag.name)} does not merge with yours: {error.message}. "
            "Nothing was changed.",
            error.hint,
        ) from error
