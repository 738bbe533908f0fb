"""Which images have to be signed, and by whose key."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from avnwizard.domain.references import repository_of


@dataclass(frozen=True)
class ImageRule:
    """As `[images]` says it; part of a plan, since a release may bring another `avnwizard.toml`.

    Attributes:
        key: path of the public key. "": no signature is needed.
        transparency_log: whether a signature has to be in the public transparency log, too.
        unsigned: repositories, as the compose file writes them, whose images need no signature; `*` is any text.
    """

    key: str = ""
    transparency_log: bool = True
    unsigned: tuple[str, ...] = ()

    def wanted(self, references: Sequence[str]) -> tuple[str, ...]:
        """Those of some references whose images have to be signed."""
        named = dict.fromkeys(references) if self.key else {}
        return tuple(one for one in named if not any(fnmatchcase(repository_of(one), each) for each in self.unsigned))

    def command(self, reference: str) -> tuple[str, ...]:
        """Verify an image's signature by the key, which is public (cosign 2.0 and newer)."""
        log = () if self.transparency_log else ("--insecure-ignore-tlog=true",)
        return ("cosign", "verify", "--key", self.key, *log, reference)
