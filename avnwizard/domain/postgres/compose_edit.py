"""The compose file's text with another image, mount and volume for one service; every other character stays.

The edit is the operator's from then on, as the manual has it ("swap image"): a plain `docker compose up -d` finds
nothing to do, and the next release is merged with it. An override file would be forgotten by the next `-f`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from avnwizard.domain.compose.errors import ComposeError
from avnwizard.domain.plain import printable

_BY_HAND = "Write image, mount and volume into the compose file as plain values, then plan again."


@dataclass(frozen=True)
class ServerMove:
    """What changes of a Postgres service.

    Attributes:
        mount_old, mount_new: where the data's volume is mounted.
        volume: the volume's name on the engine from now on.
    """

    service: str
    image: str
    mount_old: str
    mount_new: str
    volume: str


@dataclass(frozen=True)
class _Patch:
    begin: int
    end: int
    text: str


def moved(text: str, move: ServerMove) -> str:
    """The edited text.

    Raises:
        ComposeError: the file does not hold the service's image, or holds one of the parts in a form that cannot be
            edited without a doubt.
    """
    patches = _patches(text, move)
    for patch in sorted(patches, key=lambda one: one.begin, reverse=True):
        text = text[: patch.begin] + patch.text + text[patch.end :]
    return text


def names_image(text: str, service: str) -> bool:
    """Whether this is the file that says which image the service runs."""
    part = _at(_at(_document(text), "services"), service)
    return _at(part, "image") is not None


def key_of(text: str, move: ServerMove) -> str:
    """The name that the file has for the data's volume.

    Raises:
        ComposeError: there is no plain mount of a named volume.
    """
    service = _at(_at(_document(text), "services"), move.service)
    return _mount(service, move.mount_old, printable(move.service, limit=63))[1]


def _patches(text: str, move: ServerMove) -> list[_Patch]:
    document = _document(text)
    service = _at(_at(document, "services"), move.service)
    image = _at(service, "image")
    shown = printable(move.service, limit=63)
    if not isinstance(image, yaml.ScalarNode):
        raise ComposeError(f"The compose file names no image of {shown}.", _BY_HAND)
    if "$" in image.value:
        raise ComposeError(f"The image of {shown} comes from a variable of the env file.", _BY_HAND)
    mount, key = _mount(service, move.mount_old, shown)
    return [
        _scalar(image, move.image),
        *([] if move.mount_new == move.mount_old else [_remounted(mount, move)]),
        _named(text, _at(document, "volumes"), key, move.volume),
    ]


def _mount(service: yaml.Node | None, target: str, shown: str) -> tuple[yaml.ScalarNode, str]:
    """The scalar that holds the mount's target, and the volume's key in the file."""
    mounts = _at(service, "volumes")
    for one in mounts.value if isinstance(mounts, yaml.SequenceNode) else ():
        if isinstance(one, yaml.ScalarNode):
            source, _, rest = one.value.partition(":")
            if rest.partition(":")[0].rstrip("/") == target and "$" not in one.value:
                return one, source
        elif isinstance(at := _at(one, "target"), yaml.ScalarNode) and at.value.rstrip("/") == target:
            source_node = _at(one, "source")
            if isinstance(source_node, yaml.ScalarNode) and "$" not in source_node.value:
                return at, source_node.value
    raise ComposeError(f"{shown} has no plain mount of a named volume at {target} in its compose file.", _BY_HAND)


def _remounted(mount: yaml.ScalarNode, move: ServerMove) -> _Patch:
    if ":" not in mount.value:
        return _scalar(mount, move.mount_new)
    source, _, rest = mount.value.partition(":")
    options = rest.partition(":")[2]
    return _scalar(mount, f"{source}:{move.mount_new}" + (f":{options}" if options else ""))


def _named(text: str, volumes: yaml.Node | None, key: str, name: str) -> _Patch:
    """The volume's own name, in the file's part for volumes."""
    for node, value in _pairs(volumes):
        if node.value != key:
            continue
        if isinstance(at := _at(value, "name"), yaml.ScalarNode):
            return _scalar(at, name)
        if isinstance(value, yaml.ScalarNode) and value.value in {"", "~", "null"}:
            colon = text.index(":", node.end_mark.index) + 1
            end = value.end_mark.index if value.value else colon
            return _Patch(colon, max(end, colon), f" {{ name: {name} }}")
        if isinstance(value, yaml.MappingNode) and not value.value:
            return _Patch(value.start_mark.index, value.end_mark.index, f"{{ name: {name} }}")
        if isinstance(value, yaml.MappingNode) and value.flow_style:
            return _Patch(value.start_mark.index + 1, value.start_mark.index + 1, f" name: {name},")
        if isinstance(value, yaml.MappingNode):
            first = value.value[0][0].start_mark
            return _Patch(first.index, first.index, f"name: {name}\n{' ' * first.column}")
    raise ComposeError(f"The compose file has no volume {printable(key, limit=63)}.", _BY_HAND)


def _scalar(node: yaml.ScalarNode, value: str) -> _Patch:
    quote = node.style if node.style in {'"', "'"} else ""
    return _Patch(node.start_mark.index, node.end_mark.index, f"{quote}{value}{quote}")


def _document(text: str) -> yaml.Node | None:
    try:
        # nothing is built: only the nodes with their places in the text (libyaml's would count bytes)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise ComposeError("The compose file is not readable as YAML.", "Correct it, then plan again.") from None


def _at(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return next((value for name, value in _pairs(node) if name.value == key), None)


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if isinstance(name, yaml.ScalarNode):
                yield name, value
