"""The compose model of files that are not in the checkout: of a release to come, or of the one before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from avnwizard.domain.compose.document import read
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.plain import printable
from avnwizard.errors import RefusedError, WizardError
from avnwizard.flows.host import Host
from avnwizard.flows.stack.renamed import called_in


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


def compose_at(host: Host, commit: str) -> dict[str, str]:
    """Each compose file that a commit has: its path there -> its path in the checkout."""
    found = {}
    for path in compose_paths(host):
        there = called_in(host, commit, path)
        if there is not None:
            found[str(there)] = path
    return found


def resolve_contents(host: Host, compose: Mapping[str, bytes], env: bytes, *, what: str) -> ComposeModel:
    """Resolve compose files from their contents; these and the env file, which hold secrets, touch no disk.

    Args:
        compose: path in the checkout -> content, in Compose's order.
        what: whose files they are, for the message.

    Raises:
        RefusedError: they draw in other files, or Compose does not resolve them with this env file.
    """
    _require_self_contained(compose, what)
    with _written(host, compose, env) as (files, env_file):
        try:
            return host.stack.resolve(files, env_file)
        except WizardError as error:
            said = _named(error.message, {**dict(zip(files, compose, strict=True)), env_file: "the env file"})
            raise RefusedError(
                f"The compose files of {what} do not resolve with the env file: {said} Nothing was changed.",
                error.hint,
            ) from error


def outdated_by(host: Host, compose: Mapping[str, bytes], env: bytes, services: Sequence[str]) -> frozenset[str]:
    """The containers of some services that `up` would replace by other compose files and another env file.

    What the services read by `env_file` is read as it is in the checkout now.

    Raises:
        HostError: Compose does not say.
    """
    with _written(host, compose, env) as (files, env_file):
        return host.stack.outdated(*services, files=files, env_file=env_file)


@contextmanager
def _written(host: Host, compose: Mapping[str, bytes], env: bytes) -> Iterator[tuple[list[Path], Path]]:
    """The files in memory, for as long as they are needed: they hold secrets."""
    with ExitStack() as held:
        files = [held.enter_context(host.files.in_memory(content)) for content in compose.values()]
        yield files, held.enter_context(host.files.in_memory(env))


def _named(said: str, names: Mapping[Path, str]) -> str:
    """A complaint with the files as the operator knows them."""
    for path, name in sorted(names.items(), key=lambda item: len(str(item[0])), reverse=True):
        said = said.replace(str(path), name)
    return said


def _require_self_contained(compose: Mapping[str, bytes], what: str) -> None:
    """Refuse `include` and `extends` of another file: they would be read from the checkout, of another release."""
    for path, content in compose.items():
        source = f"{printable(path)} of {printable(what)}"
        document = read(content.decode("utf-8", "replace"), source=source)
        services = document.get("services")
        parts = services.items() if isinstance(services, dict) else ()
        extending = [name for name, part in parts if isinstance(part, dict) and _extends_a_file(part.get("extends"))]
        drawing = ["include"] if document.get("include") else [f"extends of the service {name}" for name in extending]
        if drawing:
            raise RefusedError(
                f"{source} draws in another file ({printable(drawing[0], limit=80)}), "
                "which avnwizard cannot read before that release is checked out. Nothing was changed.",
                "Name every file in avnwizard.toml, [stack] files, instead of drawing it in.",
            )


def _extends_a_file(extends: object) -> bool:
    return isinstance(extends, dict) and bool(extends.get("file"))
