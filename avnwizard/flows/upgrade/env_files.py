"""The env files that a release gives to its services, where one of them is the operator's to make."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from avnwizard.domain.compose import demanded_env_files
from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError
from avnwizard.flows.host import Host
from avnwizard.flows.upgrade.inputs import UpgradeInputs


def require_env_files(host: Host, draft: UpgradeInputs, env: EnvFile) -> None:
    """Refuse a release that gives a service an env file which is neither here nor among its own files.

    Raises:
        RefusedError: it names the first one, and the file that the service has now in its place.
    """
    now = {path: host.repo.read(draft.head.commit, path) or b"" for path in draft.compose}
    before, after = (_demanded(host, texts, env) for texts in (now, draft.every_compose))
    release = printable(draft.target.name)
    for service, paths in sorted(after.items()):
        for path in (one for one in paths if not _is_there(host, draft, one)):
            name = printable(service, limit=63)
            former = [one for one in before.get(service, ()) if one not in paths and one.is_file()]
            old, new = (_short(host, one) for one in (former[0] if former else path, path))
            shown, command = (
                printable(new, limit=200),
                printable(shlex.join(["install", "-D", "-m", "600", old, new])),
            )
            instead = f" in place of {printable(old, limit=200)}" if former else ""
            raise RefusedError(
                f"{release} gives {name} the env file {shown}{instead}, which is not there. Nothing was changed.",
                f"Make it from yours, and plan again: {command}"
                if former
                else f"Make it as {release} says, and plan again.",
            )


def _demanded(host: Host, texts: Mapping[str, bytes], env: EnvFile) -> dict[str, tuple[Path, ...]]:
    try:
        values = env.as_dict()
    except InterpolationError:
        values = {}
    found: dict[str, tuple[Path, ...]] = {}
    for content in texts.values():
        text, directory = content.decode("utf-8", "replace"), str(host.stack.project.directory)
        for service, paths in demanded_env_files(text, directory=directory, values=values).items():
            found[service] = (*found.get(service, ()), *map(Path, paths))
    return found


def _is_there(host: Host, draft: UpgradeInputs, file: Path) -> bool:
    if file.is_file():
        return True
    path = _short(host, file)
    return draft.carried.get(path) is not None or host.repo.read(draft.target.commit, path) is not None


def _short(host: Host, file: Path) -> str:
    """The path within the checkout, or as it is where it lies outside."""
    for top in (host.repo.directory, host.repo.directory.resolve()):
        if file.is_relative_to(top):
            return str(file.relative_to(top))
    return str(file)
