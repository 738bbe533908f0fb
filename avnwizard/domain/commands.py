"""Every command that changes the host or that a plan shows, as pure argv: what is shown is what runs.

No secret is ever part of one; secrets travel in the child's environment or on its stdin.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from avnwizard.domain.host import ComposeProject

Argv = tuple[str, ...]
_UP = ("--no-deps", "--pull", "never")
DUMPING = "avnwizard dump"
"""The `application_name` of our pg_dump, by which its progress is found."""


def compose_base(project: ComposeProject, *, files: Sequence[Path] = (), env_file: Path | None = None) -> Argv:
    """`docker compose` with project, directory, files and env file spelled out, so that nothing is guessed.

    `files` and `env_file` stand in for the project's own; relative paths in them still mean its directory. Compose
    refuses an env file that is named and missing, so none is named where the project has none.
    """
    argv = ["docker", "compose"]
    for file in files or project.files:
        argv += ["--file", str(file)]
    if env_file or not project.env_absent:
        argv += ["--env-file", str(env_file or project.env_file)]
    return (*argv, "--project-name", project.name, "--project-directory", str(project.directory))


def compose_up(
    project: ComposeProject,
    service: str,
    *,
    scale: int | None = None,
    recreate: bool = True,
    force: bool = False,
    grace_s: float | None = None,
) -> Argv:
    """Start one service from images that are here, and nothing that it depends on.

    Args:
        force: replace its containers also where Compose sees no difference.
        grace_s: what is replaced is killed after so long; None for what its own container says.
    """
    argv = [*compose_base(project), "up", "--detach"]
    argv += [] if scale is None else ["--scale", f"{service}={scale}"]
    argv += ["--force-recreate"] if force else []
    argv += [] if recreate else ["--no-recreate"]
    return (*argv, *_UP, *up_words(service, grace_s))


def compose_up_together(
    project: ComposeProject, services: Sequence[str], scales: Mapping[str, int] | None = None
) -> Argv:
    """Start several services from images that are here, and nothing that they depend on.

    Args:
        scales: service -> how many containers it shall have: new ones start alongside, and none is replaced.
    """
    more = [word for name, scale in (scales or {}).items() for word in ("--scale", f"{name}={scale}")]
    return (*compose_base(project), "up", "--detach", *more, *(["--no-recreate"] if scales else []), *_UP, *services)


def compose_run(project: ComposeProject, service: str, words: Sequence[str], *, name: str) -> Argv:
    """Run a service's image once with other words, apart from the service's containers.

    The label keeps Traefik from sending it requests: Compose gives it the labels of the service.
    """
    apart = ("run", "--detach", "--no-deps", "--name", name, "--label", "traefik.enable=false")
    return (*compose_base(project), *apart, service, *words)


def up_words(service: str, grace_s: float | None) -> Argv:
    """What `up` ends with: the service, behind the grace period of what it replaces."""
    return (*(() if grace_s is None else ("--timeout", _whole(grace_s))), service)


def compose_dry_run(
    project: ComposeProject,
    counts: Mapping[str, int],
    *,
    files: Sequence[Path] = (),
    env_file: Path | None = None,
    override: Path | None = None,
) -> Argv:
    """Print what `up` would do to some services; nothing is changed (Compose 2.20 and later).

    Args:
        counts: service -> how many containers it has: Compose shall not tell of a scaling.
        override: one more compose file, after the others, that says which images there are: none is built.
    """
    used = (*(files or project.files), override) if override else files
    argv = [*compose_base(project, files=used, env_file=env_file), "up", "--detach", *_UP, "--dry-run"]
    if override:
        argv.append("--no-build")
    for service, count in sorted(counts.items()):
        if count > 1:
            argv += ["--scale", f"{service}={count}"]
    return (*argv, *sorted(counts))


def compose_config(project: ComposeProject, *, files: Sequence[Path] = (), env_file: Path | None = None) -> Argv:
    """Print the resolved model as JSON. Its output holds secrets."""
    return (*compose_base(project, files=files, env_file=env_file), "config", "--format", "json")


def compose_hashes(project: ComposeProject) -> Argv:
    """Print "SERVICE HASH" per line: for most services what the label `com.docker.compose.config-hash` will be."""
    return (*compose_base(project), "config", "--hash", "*")


def docker_pull(reference: str) -> Argv:
    """Pull one image."""
    return ("docker", "image", "pull", reference)


def docker_stop(container_ids: Sequence[str], grace_s: float) -> Argv:
    """Stop, all at the same time, with SIGKILL after `grace_s` (whole seconds, rounded up)."""
    return ("docker", "container", "stop", *stop_words(container_ids, grace_s))


def stop_words(container_ids: Sequence[str], grace_s: float) -> Argv:
    """What `stop` ends with: the containers, behind their grace period."""
    return ("-t", _whole(grace_s), *container_ids)


def docker_rename(container_id: str, name: str) -> Argv:
    """Give a container another name, while it runs."""
    return ("docker", "container", "rename", container_id, name)


def docker_remove(container_id: str) -> Argv:
    """Remove a stopped container; its volumes stay."""
    return ("docker", "container", "rm", container_id)


def docker_mark(container_id: str, file: str, *, there: bool) -> Argv:
    """Make or remove an empty file in a container, by the tools of its own image."""
    return ("docker", "exec", container_id, *(("touch", file) if there else ("rm", "-f", file)))


def docker_remove_helper(container_id: str) -> Argv:
    """Remove one of avnwizard's own helpers at once, running or not."""
    return ("docker", "container", "rm", "--force", container_id)


def docker_director(image: str, name: str) -> Argv:
    """Start a director: labels to be read by Traefik, in a container that does nothing and that nobody reaches.

    It runs Traefik itself without a provider, since that is in the image whatever else is; with no network. The
    labels come on stdin: they may hold password hashes (basic authentication), which are not for an argv.
    """
    argv = ["docker", "container", "run", "--cap-drop", "ALL", "--env", "GOMAXPROCS=1", "--no-healthcheck"]
    argv += ["--label-file", "/dev/stdin", "--log-driver", "none", "--name", name, "--network", "none"]
    argv += ["--pull", "never", "--read-only", "--restart", "no", "--security-opt", "no-new-privileges"]
    return (*argv, *director_words(image))


def director_words(image: str) -> Argv:
    """What `run` ends with for a director: that nobody waits for it, its image, and Traefik's own options."""
    idle = ("--entrypoints.idle.address=127.0.0.1:65000", "--global.checknewversion=false")
    return ("--detach", image, *idle, "--global.sendanonymoususage=false", "--log.level=ERROR")


def docker_tag(image_id: str, name: str) -> Argv:
    """Point a tag at an image that is here."""
    return ("docker", "image", "tag", image_id, name)


def docker_untag(name: str) -> Argv:
    """Remove a tag; layers that something else uses stay."""
    return ("docker", "image", "rm", "--no-prune", name)


def docker_look_into(image_id: str) -> Argv:
    """Make a container of an image, never to be started, so that the image's files can be read."""
    never = ("--pull", "never", "--network", "none", "--label", "avnwizard.look=1")
    return ("docker", "create", *never, image_id, "true")


def docker_read(container_id: str, file: str) -> Argv:
    """Print a file of a container as a tar of one entry, links followed."""
    return ("docker", "cp", "--follow-link", f"{container_id}:{file}", "-")


def docker_looked(container_id: str) -> Argv:
    """Remove a container that was made to look into its image, with the anonymous volumes that came with it."""
    return ("docker", "rm", "-f", "-v", container_id)


def docker_start(container_id: str) -> Argv:
    """Start a stopped container as it is."""
    return ("docker", "container", "start", container_id)


def docker_archive(container_id: str, path: str) -> Argv:
    """Print a folder of a container as a tar, owners and modes kept; its entries are relative to the folder."""
    return ("docker", "cp", "--archive", f"{container_id}:{path.rstrip('/')}/.", "-")


def docker_unarchive(container_id: str, path: str) -> Argv:
    """Unpack a tar from stdin over a folder of a container, owners and modes kept."""
    return ("docker", "cp", "--archive", "-", f"{container_id}:{path}")


def docker_exec(container_id: str, tool: Sequence[str], *, variables: Sequence[str] = ()) -> Argv:
    """Run a tool in a container, stdin and stdout attached; `variables` are passed on by name, never by value."""
    argv = ["docker", "exec", "-i"]
    for name in variables:
        argv += ["-e", name]
    return (*argv, container_id, *tool)


PG_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT", "PGDATABASE")
"""What points a client tool at a server outside (libpq); passed on by name, never by value."""


def outside_tool(image: str, tool: Sequence[str], ca_file: str = "") -> Argv:
    """Run a client tool against a server outside the project: of this host, or in a container of an image.

    The container is on the host's network, so that it reaches what this host reaches.

    Args:
        image: "" takes the host's own tools.
        ca_file: the certificate authority's file, which the container needs too.
    """
    if not image:
        return tuple(tool)
    argv = ["docker", "run", "--rm", "-i", "--network", "host", "--pull", "missing", "--quiet"]
    for name in PG_VARIABLES:
        argv += ["-e", name]
    if ca_file.startswith("/"):
        argv += ["-v", f"{ca_file}:{ca_file}:ro"]
    return (*argv, "--entrypoint", tool[0], image, *tool[1:])


def proof_server(image: str, name: str) -> Argv:
    """Start an empty server in which dumps are restored to prove them; no port of it is published."""
    lazy = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
    argv = ("docker", "run", "-d", "--rm", "--name", name, "--label", "avnwizard.proof=1", "--pull", "missing")
    return (*argv, "--quiet", "-e", "POSTGRES_PASSWORD", image, "postgres", *lazy)


def pg_dump(database: str, *, compression: str, moment: str = "") -> Argv:
    """Dump one database in the custom format to stdout.

    Args:
        compression: "zstd:1" needs client and server 16.
        moment: an exported snapshot (`pg_export_snapshot()`): the dump shows the database as of that moment.
    """
    options = ["-Fc", "-Z", compression, "--no-password", "--lock-wait-timeout=60s"]
    if moment:
        options.append(f"--snapshot={moment}")
    return ("pg_dump", *options, f"--dbname={conninfo(database)} application_name='{DUMPING}'")


def pg_dump_rows(database: str, tables: Sequence[str]) -> Argv:
    """Dump the rows of some tables, named by quoted patterns, in the custom format to stdout."""
    options = ("-Fc", "-Z", "1", "--data-only", "--no-password", "--lock-wait-timeout=60s")
    return ("pg_dump", *options, *(f"--table={table}" for table in tables), f"--dbname={conninfo(database)}")


def pg_dumpall_globals(*, passwords: bool = True) -> Argv:
    """Roles with their password hashes, and tablespaces, to stdout; only a superuser may read the hashes."""
    return ("pg_dumpall", "--globals-only", "--no-password", *(() if passwords else ("--no-role-passwords",)))


def pg_restore(database: str, *, scratch: bool = False) -> Argv:
    """Restore stdin into an empty database, owners and grants kept, ending at the first error.

    A `scratch` database is thrown away afterwards: its commits need not wait for the disk, and a subscription in it
    would be one more subscriber of a live publication. Row security stays on, or a materialized view over a table
    whose policies are forced on its owner cannot be refilled; the superuser who restores is above policies.
    """
    base = ("pg_restore", "--exit-on-error", "--enable-row-security", "--no-password")
    if not scratch:
        return (*base, f"--dbname={conninfo(database)}")
    lazy = f"{conninfo(database)} options='-c synchronous_commit=off'"
    return (*base, "--no-subscriptions", f"--dbname={lazy}")


def pg_read_back() -> Argv:
    """Read a dump from stdin to its end; unlike `--list` this finds a truncated one."""
    return ("pg_restore", "-f", "/dev/null")


def conninfo(database: str) -> str:
    """A database name that libpq cannot take for a connection string (`a=b`, `postgres://…`)."""
    quoted = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{quoted}'"


def _whole(seconds: float) -> str:
    """Whole seconds, rounded up."""
    return str(-int(-seconds // 1))
