"""The login roles of a Postgres server, for replacing a password."""

from dataclasses import dataclass
from typing import Protocol

from avnwizard.domain.secret import Secret


@dataclass(frozen=True)
class RoleFacts:
    """One role.

    Attributes:
        is_ours: avnwizard itself signs in as this role.
        replicates: it may open replication connections, which take no other role's place.
        sessions: how many sessions it has now.
    """

    name: str
    is_ours: bool
    replicates: bool
    sessions: int


class Roles(Protocol):
    """Roles and their passwords. No password, and nothing made from one, is logged by the server or leaves this."""

    def facts(self, role: str) -> RoleFacts | None:
        """What is known of a role; None where there is no such role that may sign in."""

    def holds(self, role: str, password: Secret) -> bool:
        """Whether this is the role's password, by what the server keeps of it."""

    def set_password(self, role: str, password: Secret) -> None:
        """Give a role a password. Sessions go on; only new ones need it."""

    def make_twin(self, role: str, twin: str, password: Secret) -> None:
        """Make a login role that becomes `role` as soon as it signs in; one that is there is made so again.

        It has the role's own settings, and what it creates belongs to `role`.
        """

    def require_sign_in(self, twin: str, password: Secret, database: str) -> None:
        """Sign in as the twin, as a service would.

        Raises:
            HostError: the server refuses it, for instance since `pg_hba.conf` names the roles one by one.
        """

    def drop_twin(self, role: str, twin: str) -> None:
        """Hand what the twin owns to `role`, in every database, and drop it; no error when it is gone."""
