"""Images that are tested together and belong to one release: whether any of them was moved alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from avnwizard.domain.plain import printable

_NUMBER = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+._].*)?")
UNIFIED_SINCE = 25
"""Ory numbers Kratos, Hydra, Keto and Oathkeeper alike since v25.4.0 (October 2025); Polis joined later."""


@dataclass(frozen=True)
class Together:
    """What each service of a lockstep is, by image reference; "" or left out where there is none.

    Attributes:
        running: what its containers were made from.
        named: what the files in the checkout name, local edits, overrides and variables included.
        pinned: what the current release's own files pin.
        target: what the release to come pins.
    """

    running: Mapping[str, str]
    named: Mapping[str, str]
    pinned: Mapping[str, str]
    target: Mapping[str, str]


@dataclass(frozen=True)
class Unlike:
    """One service that is out of step, and what to do."""

    service: str
    message: str
    hint: str


def out_of_step(found: Together, services: Sequence[str], *, tag: str, target: str = "") -> Iterator[Unlike]:
    """Every difference, one for each service and reason.

    What runs otherwise than the files say is not repeated here: the comparison of containers with files says it.
    """
    for name in services:
        named, pinned, coming = (each.get(name, "") for each in (found.named, found.pinned, found.target))
        if named and pinned and named != pinned:
            ahead = f", which is what {target} pins" if coming and named == coming else ""
            yield Unlike(
                name,
                f"{name} is set to {printable(named, limit=200)}{ahead}; {tag} pins {printable(pinned, limit=200)}.",
                "An override file, an edit or a variable outweighs the release. Take it out, or upgrade to the "
                "release that pins it.",
            )
    for name, text in _unified(found.running, services):
        hint = "Bring all of them to the release's pins: avnwizard check --json names what each runs."
        yield Unlike(name, f"{name} runs {text}", hint)
    for name, text in _unified(found.target, services):
        hint = "Ask the project whether that is meant, or wait for its next release."
        yield Unlike(name, f"{target} pins {name} at {text}", hint)


def set_apart(
    now: tuple[Mapping[str, str], Mapping[str, str]],
    coming: tuple[Mapping[str, str], Mapping[str, str]],
    services: Sequence[str],
    *,
    tags: tuple[str, str],
) -> Iterator[tuple[str, str, str]]:
    """What an upgrade starts from or ends in, where something outweighs a pin: (service, what it is set to, why).

    Another registry or name for the same version is no matter of versions.

    Args:
        now: by service, the image that the files name now, and the one that the current release pins.
        coming: the same with the edits carried over to the target, and of the target.
        tags: the current release, and the target.
    """
    for name in services:
        (set_now, pin_now), (set_then, pin_then) = (_both(one, name) for one in (now, coming))
        if _is_another(set_then, pin_then):
            told = f"{name} will be set to {printable(set_then, limit=200)}; {tags[1]} pins "
            told += f"{printable(pin_then, limit=200)}. An edit or an override file outweighs the release."
            yield name, set_then, told
        elif _is_another(set_now, pin_now):
            told = (
                f"{name} is set to {printable(set_now, limit=200)}; {tags[0]} pins {printable(pin_now, limit=200)}. "
            )
            yield name, set_now, f"{told}What changed between the two is not in this plan."


def _both(found: tuple[Mapping[str, str], Mapping[str, str]], name: str) -> tuple[str, str]:
    return found[0].get(name, ""), found[1].get(name, "")


def _is_another(named: str, pinned: str) -> bool:
    if not named or not pinned or named == pinned:
        return False
    numbers = number_of(named), number_of(pinned)
    return numbers[0] != numbers[1] or not numbers[0]


def _unified(images: Mapping[str, str], services: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each service with another number than the newest, and why that is amiss."""
    numbers = {name: number for name in services if (number := number_of(images.get(name, "")))}
    unified = {name: number for name, number in numbers.items() if number[0] >= UNIFIED_SINCE}
    newest = max(unified.values(), default=())
    for name, number in sorted(unified.items()):
        if number != newest:
            why = f"since v{UNIFIED_SINCE}.4.0 Ory's services have one number, and unlike ones were never tested"
            yield name, f"{_text(number)} alongside {_text(newest)}: {why} together."


def number_of(reference: str) -> tuple[int, ...]:
    """The version in an image's tag, such as (25, 4, 0); () where it has none."""
    name = reference.partition("@")[0].rpartition("/")[2]
    found = _NUMBER.fullmatch(name.partition(":")[2])
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def _text(number: tuple[int, ...]) -> str:
    return "v" + ".".join(map(str, number))
