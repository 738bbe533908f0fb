"""Whether the plan uses every compose file, and the env file, that the running containers were made from."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from avnwizard.domain.config import COMPOSE_FILES
from avnwizard.domain.findings import Finding
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.origin import Origin
from avnwizard.domain.plain import printable
from avnwizard.flows.host import Host

_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""What a plain `docker compose up` looks for (compose-go, cli/options.go: DefaultFileNames and its overrides)."""
_NAMED = 3


def made_from(host: Host, model: ComposeModel) -> Iterator[Finding]:
    """A stop for each file of a running container that the plan would not use.

    Compose replaces only what changed: after a file was added, the services that it does not touch keep containers
    that do not name it. A container of a service that the files do not name is not looked at here.

    Args:
        model: of the project's files.
    """
    origins = [one for one in host.stack.origins() if _of(one, model)]
    found = [*_left_out(host, model, origins), *_other_env(host, model, origins), *_override_beside(host, origins)]
    sets = {tuple(file for file in one.files if host.files.exists(file)) for one in origins}
    if not found and len(sets) > 1 and not host.config.stack.files:
        told = "; ".join(f"{_services(one, model)} from {_listed(host, one.files)}" for one in origins)
        used = _listed(host, host.stack.project.files)
        hint = f"avnwizard uses {used}, as the newest of them does; that leaves out none."
        found.append(Finding("files", "warn", f"The containers were made from different files: {told}.", hint))
    yield from found


def _left_out(host: Host, model: ComposeModel, origins: Sequence[Origin]) -> Iterator[Finding]:
    used = host.stack.project.files
    for one in origins:
        if not one.files:
            yield Finding(
                "files", "stop",
                f"Nobody can tell which compose files {_were(one, model)} made from.",
                f"Start it again from the files: docker compose up -d {_of(one, model)[0]}",
            )  # fmt: skip
        if out := [file for file in one.files if file not in used and host.files.exists(file)]:
            every = tuple(dict.fromkeys(file for each in (*origins[::-1],) for file in each.files))
            yield Finding(
                "files", "stop",
                f"{_were(one, model)} made from {_listed(host, one.files)}, but this plan would use only "
                f"{_listed(host, used)}: what {_listed(host, tuple(out))} sets would be dropped.",
                f"Name every file in avnwizard.toml: [stack] files = [{_quoted(host, every)}]. Or, where "
                f"{_listed(host, tuple(out))} is wanted no more, apply the others first: docker compose "
                f"{' '.join(f'-f {_short(host, file)}' for file in used)} up -d {_of(one, model)[0]}",
            )  # fmt: skip


def _other_env(host: Host, model: ComposeModel, origins: Sequence[Origin]) -> Iterator[Finding]:
    used = (host.stack.project.env_file,)
    if host.config.stack.env_file and any(one.env_files == used for one in origins):
        return
    for one in origins:
        if one.env_files != used and not _was_renamed(host, one):
            yield Finding(
                "files", "stop",
                f"{_were(one, model)} made with the env file {_listed(host, one.env_files)}, but this plan "
                f"would use {_listed(host, used)}.",
                f"Name the right one in avnwizard.toml: [stack] env_file = {_quoted(host, one.env_files[:1])}; or "
                f"apply the other first: docker compose --env-file {_short(host, used[0])} up -d",
            )  # fmt: skip


def _was_renamed(host: Host, one: Origin) -> bool:
    """Whether a release renamed the env file: the one that containers name is gone, and git tracks the new one."""
    gone = not any(host.files.exists(file) for file in one.env_files)
    return gone and _tracked(host, host.stack.project.env_file)


def _override_beside(host: Host, origins: Sequence[Origin]) -> Iterator[Finding]:
    """The operator's own override file that the next plain `docker compose up` would take up.

    One that the release ships was there when the containers were made: they were started without it on purpose.
    """
    files, folder = host.stack.project.files, host.stack.project.directory
    if host.config.stack.files or not origins or len(files) != 1 or files[0].name not in COMPOSE_FILES:
        return
    for name in _OVERRIDES:
        beside = files[0].parent / name
        if files[0].parent.resolve() == folder.resolve() and host.files.exists(beside) and not _tracked(host, beside):
            yield Finding(
                "files", "stop",
                f"{name} lies next to {files[0].name}, but no container comes from it: a plain `docker compose up` "
                "would use it, and this plan would not.",
                "Apply it first: docker compose up -d. Or, where it shall not count, name the files that do in "
                f"avnwizard.toml: [stack] files = [{_quoted(host, files)}]",
            )  # fmt: skip


def _tracked(host: Host, file: Path) -> bool:
    try:
        inside = file.resolve().relative_to(host.repo.directory.resolve())
    except ValueError:
        return False
    return host.repo.read("HEAD", str(inside)) is not None


def _of(one: Origin, model: ComposeModel) -> list[str]:
    return [name for name in one.services if name in model.services]


def _services(one: Origin, model: ComposeModel) -> str:
    names = _of(one, model)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(printable(name, limit=40) for name in names[:_NAMED]) + more


def _were(one: Origin, model: ComposeModel) -> str:
    return f"{_services(one, model)} {'was' if len(_of(one, model)) == 1 else 'were'}"


def _listed(host: Host, files: tuple[Path, ...]) -> str:
    return " and ".join(_short(host, file) for file in files)


def _quoted(host: Host, files: tuple[Path, ...]) -> str:
    return ", ".join(f'"{_short(host, file)}"' for file in files)


def _short(host: Host, file: Path) -> str:
    """The path within the project directory, else as it is."""
    try:
        return printable(str(file.relative_to(host.stack.project.directory)), limit=200)
    except ValueError:
        return printable(str(file), limit=200)
