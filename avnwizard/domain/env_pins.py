"""Variables whose default the release changes and that decide what image a service runs.

Where the operator has taken the old default over, the release's images only come with the new one (APP_TAG=v1.5.0).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from avnwizard.domain.compose import VariableUse
from avnwizard.domain.envdiff import Rename
from avnwizard.domain.envfile import EnvFile


@dataclass(frozen=True)
class Pin:
    """One such variable.

    Attributes:
        key: its name in the new release, `was` in the current one.
        old: the current release's default, `new` the new one's.
        services: those whose image it decides, sorted.
    """

    key: str
    was: str
    old: str
    new: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class Defaults:
    """One release's defaults: its example file and, where that says nothing, its compose files."""

    example: EnvFile
    uses: Mapping[str, VariableUse]

    def of(self, key: str) -> str:
        """The default; "" where there is none, or one that refers to other variables."""
        offered = {v.key: v.default for v in self.example.variables() if not v.active}
        value = self.example.literal(key) or offered.get(key, "")
        if not value and key in self.uses:
            value = self.uses[key].default or ""
        return "" if "$" in value else value


def pins(
    old: Defaults, new: Defaults, images: Mapping[str, tuple[str, ...]], renamed: tuple[Rename, ...]
) -> tuple[Pin, ...]:
    """Give the pins, sorted by name.

    Args:
        images: variable -> the services whose image it decides, in the new release.
    """
    return tuple(_pins(old, new, images, {rename.new: rename.old for rename in renamed}))


def _pins(
    old: Defaults, new: Defaults, images: Mapping[str, tuple[str, ...]], was: Mapping[str, str]
) -> Iterator[Pin]:
    for key in sorted(images):
        before, after = old.of(was.get(key, key)), new.of(key)
        if before and after and before != after:
            yield Pin(key, was.get(key, key), before, after, images[key])
