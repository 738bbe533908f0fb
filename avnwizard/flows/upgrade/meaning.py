"""What the files of two releases say of each other, without checking either out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from avnwizard.domain.compose import ComposeDiff, compose_diff
from avnwizard.domain.compose.diff import PostgresMajor
from avnwizard.domain.host import ComposeModel
from avnwizard.domain.migrations import TableSize
from avnwizard.domain.plain import printable
from avnwizard.domain.postgres.major import target_image
from avnwizard.errors import PostgresFirstError, WizardError
from avnwizard.flows.host import Host
from avnwizard.ports import Repo


def added_files(repo: Repo, folder: str, current: str, target: str) -> dict[str, str]:
    """Path -> text of the files in a folder that the target has and the current release has not."""
    known = set(repo.list(current, folder))
    fresh = [path for path in repo.list(target, folder) if path not in known]
    return {path: (repo.read(target, path) or b"").decode("utf-8", "replace") for path in fresh}


def table_sizes(host: Host) -> dict[str, TableSize] | None:
    """The live tables' sizes by "schema.table"; None where no database can be asked.

    Which database a migration runs in is not known: of tables of one name the largest counts.
    """
    if not host.has_database:
        return None
    try:
        database = host.database()
        found = [database.table_sizes(one.name) for one in database.databases()]
    except WizardError:
        return None
    return largest(found)


def largest(found: Iterable[Mapping[str, TableSize]]) -> dict[str, TableSize]:
    """Table -> the larger of its sizes, and every column, where several databases have one of that name."""
    sizes: dict[str, TableSize] = {}
    for each in found:
        for name, mine in each.items():
            known = sizes.get(name)
            sizes[name] = mine if known is None else _both(known, mine)
    return sizes


def _both(one: TableSize, other: TableSize) -> TableSize:
    """The larger, with the columns of either; a type in which they differ is not known."""
    larger = max(one, other, key=lambda size: size.size_bytes)
    if one.columns is None or other.columns is None:
        return replace(larger, columns=None)
    first, second = one.columns, other.columns
    columns = {name: kind if first.get(name, kind) == kind else "" for name, kind in second.items()}
    return replace(larger, columns={**first, **columns})


def compose_changes(old: ComposeModel, new: ComposeModel, servers: Collection[str] = ()) -> tuple[str, ...]:
    """What changed between two resolved models, in sentences without a value of any variable.

    Args:
        servers: services that are known to be Postgres, whatever their images are called.

    Raises:
        PostgresFirstError: the major version of Postgres changes: that is no plain roll.
    """
    diff = compose_diff(old.raw, new.raw, servers)
    for major in diff.postgres_majors:
        image = _image(diff, major)
        raise PostgresFirstError(
            f"This release takes {major.service} from Postgres {major.old} to {major.new}. A new major cannot read "
            "the old one's files, so it is no plain roll. Nothing was changed.",
            f"First take the database there by itself: avnwizard postgres upgrade --to {major.new}"
            f"{image and f' --image {image}'}. Then give this upgrade again: it goes on from there.",
            service=major.service,
            old=major.old,
            new=major.new,
            image=image,
        )
    return tuple(_sentences(diff))


def _image(diff: ComposeDiff, major: PostgresMajor) -> str:
    """The release's own image, where --image has to name it: any other would conflict with the release afterwards."""
    changed = next((one.image for one in diff.services_changed if one.name == major.service), None)
    image = str(changed.new or "") if changed else ""
    wanted = target_image(str(changed.old or ""), int(major.new)) if changed else ""
    return printable(image, limit=200) if image and image != wanted else ""


def _sentences(diff: ComposeDiff) -> list[str]:
    said = [f"service {name} is new" for name in diff.services_added]
    said += [f"service {name} is gone" for name in diff.services_removed]
    said += [f"volume {name} is new and starts empty" for name in diff.volumes_added]
    for mount in diff.mounts:
        was, now = mount.old or "nothing", mount.new or "nothing"
        said.append(f"{mount.service} mounts {now} at {mount.target}, where {was} was")
    for change in diff.services_changed:
        if change.image is not None:
            said.append(f"{change.name} runs {change.image.new}, was {_was(change.image.new, change.image.old)}")
        said += [
            f"{change.name}: {len(parts)} {what if len(parts) > 1 else what.removesuffix('s')} changed"
            for what, parts in change.parts
            if parts
        ]
    return said


def _was(new: str, old: str) -> str:
    """The old image; its tag alone where the rest is the same."""
    name, _, tag = old.rpartition(":")
    return tag if name and "/" not in tag and name == new.rpartition(":")[0] else old
