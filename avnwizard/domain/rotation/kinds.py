"""The secrets that can be rotated, and what each phase of a rotation writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.secret import Secret

What = Literal["hydra", "cookie", "kratos", "cipher"]


@dataclass(frozen=True)
class Kind:
    """One secret of a product.

    Attributes:
        settings: the service's setting that holds it, the first that is set.
        phases: how many runs a rotation takes: three where the service takes a list, one where it takes one value,
            two where it takes a list and the old secret never goes.
        drops: whether the last phase leaves the new secret alone.
        unset: whether it may be unset until now.
        length: of a secret, in characters; 0 where any length from 16 on will do.
        means: what each phase does, a clause each.
    """

    what: What
    title: str
    settings: tuple[str, ...]
    phases: int
    drops: bool = True
    length: int = 0
    unset: bool = False
    means: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether rows in the database tell what still needs the old secret."""
        return self.what == "hydra"


_READS = "every service learns to read the new secret; nobody notices"
KINDS: dict[What, Kind] = {
    "hydra": Kind(
        "hydra", "Hydra's system secret", ("SECRETS_SYSTEM",), 3,
        means=(_READS, "the new secret writes, and the signing keys are sealed under it",
               "the old secret goes, once nothing that lives needs it"),
    ),
    "cookie": Kind(
        "cookie", "Hydra's cookie secret", ("SECRETS_COOKIE",), 1, unset=True,
        means=("the new secret takes the old one's place; every browser logs in at Hydra again",),
    ),
    "kratos": Kind(
        "kratos", "Kratos' cookie secret", ("SECRETS_COOKIE", "SECRETS_DEFAULT"), 1,
        means=("the new secret takes the old one's place; every browser signs in again",),
    ),
    "cipher": Kind(
        "cipher", "Kratos' cipher secret", ("SECRETS_CIPHER",), 2, drops=False, length=32,
        means=(_READS, "the new secret writes; the old one stays for good"),
    ),
}  # fmt: skip
DAY_S = 86400.0
YEAR_S = 365 * DAY_S
"""How long a secret is used: the guide has it rotated yearly."""


def value_in(kind: Kind, phase: int, old: Sequence[Secret], new: Secret) -> tuple[Secret, ...]:
    """The list that a phase leaves; phase 0 is before the rotation.

    Old and new containers run side by side while a phase rolls them, so no phase writes with what another container
    cannot read: first the new one is read everywhere, then it writes, then the old one goes.
    """
    if phase == 0:
        return tuple(old)
    if phase == kind.phases and kind.drops:
        return (new,)
    return (*old, new) if phase == 1 else (new, *old)
