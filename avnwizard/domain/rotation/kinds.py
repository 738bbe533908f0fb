"""The secrets that can be rotated, and what each phase of a rotation writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.secret import Secret

What = Literal["hydra", "kratos"]


@dataclass(frozen=True)
class Kind:
    """One secret of a product.

    Attributes:
        settings: the service's setting that holds it, the first that is set.
        phases: how many runs a rotation takes: three where the service takes a list, one where it takes one value.
    """

    what: What
    title: str
    settings: tuple[str, ...]
    phases: int


KINDS: dict[What, Kind] = {
    "hydra": Kind("hydra", "Hydra's system secret", ("SECRETS_SYSTEM",), 3),
    "kratos": Kind("kratos", "Kratos' cookie secret", ("SECRETS_COOKIE", "SECRETS_DEFAULT"), 1),
}
YEAR_S = 365 * 86400.0
"""How long a secret is used: the guide has it rotated yearly."""


def value_in(kind: Kind, phase: int, old: Sequence[Secret], new: Secret) -> tuple[Secret, ...]:
    """The list that a phase leaves; phase 0 is before the rotation.

    Old and new containers run side by side while a phase rolls them, so no phase writes with what another container
    cannot read: first the new one is read everywhere, then it writes, then the old one goes.
    """
    if phase == 0:
        return tuple(old)
    if phase == kind.phases:
        return (new,)
    return (*old, new) if phase == 1 else (new, *old)
