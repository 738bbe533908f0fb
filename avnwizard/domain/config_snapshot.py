"""`[snapshot]` of `avnwizard.toml`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Interval

from avnwizard.domain.offsite import place_from
from avnwizard.domain.snapshot import Proof

_CENTURY_DAYS = 36500


@dataclass(frozen=True)
class SnapshotSection:
    """`[snapshot]`: what a snapshot holds apart from the databases, how far it is proven, and how long it is kept.

    Attributes:
        volumes: volumes of the compose file ("minio_data") that are archived too.
        proof: "restored" where the database's disk has the space for it, or "read back".
        keep: how many snapshots `snapshot prune` leaves at least.
        keep_days: it removes none that is younger.
        copy: where snapshots are copied to, off this host: "restic:REPOSITORY" or "rclone:REMOTE:PATH". Each
            copy is read back and compared; after an upgrade that happens last.
        images: whether an upgrade saves the images that it replaces to a file: "needed" is those that no registry is
            known to have, or whose registry does not have them any more; a rollback loads what is gone.
        copy_env: a private file of KEY=VALUE lines that restic or rclone needs, such as RESTIC_PASSWORD_FILE.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    volumes: tuple[str, ...] = ()
    proof: Proof = "restored"
    keep: Annotated[int, Interval(ge=1, le=10_000)] = 5
    keep_days: Annotated[float, Interval(ge=0, le=_CENTURY_DAYS)] = 90.0
    copy: tuple[str, ...] = ()
    copy_env: str = ""
    images: Literal["never", "needed", "always"] = "needed"

    def __post_init__(self) -> None:
        """Refuse what is no place; `ValueError` names the key first."""
        for number, text in enumerate(self.copy):
            try:
                place_from(text)
            except ValueError as error:
                raise ValueError(f"copy.{number}: {error}") from error
        if self.copy_env and not self.copy_env.startswith("/"):
            raise ValueError("copy_env: Must be an absolute path")
