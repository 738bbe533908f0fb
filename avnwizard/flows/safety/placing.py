"""Is what runs what these files describe: the same folder, the same data, and whose containers are there besides?"""

import os
from collections.abc import Iterator
from pathlib import Path

from avnwizard.domain.findings import Finding
from avnwizard.domain.plain import printable
from avnwizard.flows.host import Host
from avnwizard.flows.safety.mounts import CHECK, Target, database_troubles
from avnwizard.flows.safety.retiring import sort_out


def placed(host: Host) -> Iterator[Finding]:
    """Findings of `check`, for the release that is checked out."""
    model = host.stack.resolve()
    containers = [one for one in host.stack.containers() if not one.one_off]
    here = os.path.realpath(host.stack.project.directory)
    elsewhere = {
        one.made_in: one.service
        for one in containers
        if one.service in model.services
        and one.made_in
        and Path(one.made_in).is_dir()
        and os.path.realpath(one.made_in) != here
    }
    for folder, service in sorted(elsewhere.items()):
        yield Finding(
            CHECK, "stop",
            f"{printable(service)} was started in {printable(folder)}, and this stack's compose files count from "
            f"{printable(here)}: relative paths in them would mean other files and folders.",
            "Let avnwizard find the project by its containers: take `project` and `files` out of avnwizard.toml; "
            "or start the stack from the one folder first.",
        )  # fmt: skip
    tag = host.repo.head().tag or "the checkout"
    files = [host.files.read(file) for file in host.stack.project.files]
    others = sort_out(host, containers, now=model, target=model, files=files, release=tag)
    alone = frozenset(one.service for one in others.left_alone)
    found = list(database_troubles(host, Target(model, tag, frozenset(), left_alone=alone), containers))
    yield from found
    if not (found or elsewhere) and any(one.service in model.services for one in containers):
        yield Finding(CHECK, "ok", "The databases are where the compose files say.")
    for one in others.left_alone:
        yield Finding("services", "warn", one.sentence, "An upgrade neither rolls nor removes it.")
