"""`[postgres]` of `avnwizard.toml`: which server is the database, and how one outside the project is reached."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from avnwizard.domain.postgres.outside import OutsideServer, outside_from

_CENTURY_DAYS, _MONTH_S = 36500, 31 * 86400


@dataclass(frozen=True)
class PostgresSection:
    """`[postgres]`: which services are the databases, where the containers do not tell, and a server outside.

    Attributes:
        service: the one service whose databases are snapshotted and go back. Other PostgreSQL servers of the stack
            are then left out: no snapshot holds them, and every plan says so. "none": no service of the stack is its
            database: without a `dsn` no snapshot is taken, and avnwizard cannot undo what a migration changes. "":
            every service in which a PostgreSQL server runs; with none, and no `dsn`, nothing starts.
        dsn: the server outside the project, without its password, such as
            "postgresql://app@db.example.com:5432/app?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem". Without
            `sslmode` it is "require". Its user needs the right to create databases, or nothing can be put back.
        databases: the databases on that server that belong to this stack: only they are snapshotted and put back. ()
            is the one that the `dsn` names.
        password_variable: the variable that holds that user's password: of avnwizard's own environment, else of the
            stack's env file.
        password_file: the file that holds it, as an absolute path outside the checkout.
        client_image: a PostgreSQL image, of the server's major version or a newer one, whose tools dump and restore,
            and in which a dump is restored to prove it. "": pg_dump and pg_restore of this host, and no such proof.
        hold_clients: in an upgrade to another major, pause the services that use the database instead of stopping
            them, where the way is quick enough, and let PgBouncer hold its clients (PAUSE), where a service of the
            stack reaches the database through it alone. Off: they are stopped.
        keep_reverse_s: for so many seconds after an upgrade to another major the old server follows the new one by
            logical replication, so that going back loses nothing of what was written. The run goes on until then, and
            the old volume is written to. 0: it does not follow.
        keep_old_days: how long `postgres forget` spares the volume that a Postgres upgrade left.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic wants it

    service: str = ""
    dsn: str = ""
    databases: tuple[str, ...] = ()
    password_variable: str = ""
    password_file: str = ""
    client_image: str = ""
    hold_clients: bool = True
    keep_reverse_s: Annotated[float, Interval(ge=0, le=_MONTH_S)] = 0.0
    keep_old_days: Annotated[float, Interval(ge=0, le=_CENTURY_DAYS)] = 7.0

    def __post_init__(self) -> None:
        """Refuse a `dsn` that cannot be used; `ValueError` names the key first, and never repeats the value."""
        _ = self.outside

    @property
    def outside(self) -> OutsideServer | None:
        """The server outside the project; None where the file names none."""
        if not self.dsn:
            return None
        return outside_from(
            self.dsn,
            databases=self.databases,
            password_variable=self.password_variable,
            password_file=self.password_file,
            client_image=self.client_image,
        )
