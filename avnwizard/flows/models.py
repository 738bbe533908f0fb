"""The compose model of files that are not in the checkout: of a release to come, or of the one before."""

import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from avnwizard.domain.host import ComposeModel
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host


def compose_paths(host: Host) -> tuple[str, ...]:
    """The project's compose files as paths within the checkout.

    Raises:
        RefusedError: one lies outside: a release cannot bring a new version of it.
    """
    top = host.repo.directory.resolve()
    paths = []
    for file in host.stack.project.files:
        try:
            paths.append(str(PurePosixPath(file.resolve().relative_to(top))))
        except ValueError:
            raise RefusedError(
                f"The compose file {file} lies outside the checkout {top}.",
                "Move it into the checkout, or name the files.",
            ) from None
    return tuple(paths)


def resolve_contents(host: Host, compose: Mapping[str, bytes], env: bytes, *, what: str) -> ComposeModel:
    """Resolve compose files from their contents, in a private folder that is gone afterwards.

    Args:
        compose: path in the checkout -> content, in Compose's order.
        what: whose files they are, for the message.

    Raises:
        RefusedError: Compose does not resolve them with this env file.
    """
    with tempfile.TemporaryDirectory(prefix="avnwizard-") as folder:
        files = []
        for number, (path, content) in enumerate(compose.items()):
            file = Path(folder) / f"{number}-{Path(path).name}"
            host.files.write(file, content)
            files.append(file)
        env_file = Path(folder) / "env"
        host.files.write(env_file, env)
        try:
            return host.stack.resolve(files, env_file)
        except WizardError as error:
            said = error.message.replace(folder + "/", "")
            raise RefusedError(
                f"The compose files of {what} do not resolve with the env file: {said} Nothing was changed.",
                error.hint,
            ) from error
