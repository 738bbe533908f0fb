"""What a service keeps in its database under its secrets."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from avnwizard.domain.rotation.tally import Tally
from avnwizard.domain.secret import Secret


class SealedRows(Protocol):
    """The rows of one database that are sealed under secrets. No secret and no row's content ever leaves it."""

    def tally(
        self,
        new: Secret,
        old: Sequence[Secret],
        *,
        written_at: float | None,
        dynamic: bool = False,
        by_age: bool = False,
    ) -> Tally:
        """Read every sealed row and try the secrets.

        Args:
            new: the secret that is to stay.
            written_at: since when everything is written with the new one (seconds since the epoch); None while
                nothing is.
            dynamic: whether the service accepts registration tokens of clients, so that they count.
            by_age: whether sessions of living tokens were sealed again, so that only a row's age shows who signed.
        """

    def rewrap(self, new: Secret, old: Sequence[Secret], *, keys: bool) -> int:
        """Seal every row that is under an old secret under the new one; how many there were.

        Repeated after a crash it completes. Rows that the service changes meanwhile stay as it left them.

        Args:
            keys: the signing keys, in one transaction, their order kept; else the sessions of tokens, some at a time:
                a service that waits for a row of ours would fail the request (Hydra refreshes tokens in transactions
                of the level repeatable read).
        """

    def oldest_key(self, secret: Secret) -> float | None:
        """When the oldest signing key that a secret opens was made; None for none. Seconds since the epoch."""

    def living(self, tables: Sequence[str]) -> Mapping[str, int]:
        """Rows that are active and not expired, by table; one that is not there, or has no expiry, is left out."""
