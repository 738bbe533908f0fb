"""Who may read variables of the env file that no compose file names: reasons to leave a variable alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from avnwizard.domain.envfile import EnvFile
from avnwizard.domain.interpolation import InterpolationError, references

_COMPOSES_OWN = ("COMPOSE_", "DOCKER_")
"""Compose and the docker CLI read these from the env file themselves; COMPOSE_PROJECT_NAME decides the volumes."""


@dataclass(frozen=True)
class Readers:
    """What is known of them.

    Attributes:
        whole: services that are given the env file as it is (`env_file:`, a mount), so that they may read all of it.
        named: variable -> the file that refers to it.
        unknown: why nobody can tell what the release reads; "" where that is known.
    """

    whole: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""

    def keeping(self, key: str, env: EnvFile) -> str:
        """Why a variable may still be read; "" where nothing reads it."""
        if self.unknown:
            return self.unknown
        if self.whole:
            verb = "are" if len(self.whole) > 1 else "is"
            return f"{', '.join(self.whole)} {verb} given the whole file and may read it"
        if key in self.named:
            return f"{self.named[key]} refers to it"
        if key.startswith(_COMPOSES_OWN):
            return "Docker Compose itself reads it"
        referring = sorted(s.key for s in env.statements if s.expands and s.key != key and key in names_in(s.literal))
        return f"{referring[0]} in your file refers to it" if referring else ""


def names_in(template: str) -> frozenset[str]:
    """The variables that a text refers to; none where it is malformed."""
    try:
        return frozenset(use.name for use in references(template))
    except InterpolationError:
        return frozenset()
