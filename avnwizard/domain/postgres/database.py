"""One database as it is described, so that it can be made again where nothing of it is left: plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFacts:
    """A file as it lies on disk. `sha256` is a hexadecimal digest."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class DatabaseGrant:
    """One privilege on a database. `grantee` None is PUBLIC."""

    privilege: str
    grantee: str | None
    grantable: bool = False


@dataclass(frozen=True)
class DatabaseSetting:
    """One `ALTER [ROLE role IN] DATABASE … SET key = value`. `role` "" is every role."""

    role: str
    key: str
    value: str


@dataclass(frozen=True)
class DatabaseProperties:
    """What belongs to a database as a whole and is in no `pg_dump` of it without `--create`.

    Attributes:
        provider: of the locale: "c" (libc), "i" (ICU) or "b" (builtin).
        locale: ICU's or the builtin provider's, None with libc.
        collation_version: as the provider gave it when the database was made, "" where the server keeps none.
        connection_limit: -1 for none.
        grants: None where the grants are PostgreSQL's defaults.
        template: whether others may be made from it, and it cannot be dropped.
    """

    encoding: str
    collate: str
    ctype: str
    provider: str = "c"
    locale: str | None = None
    icu_rules: str | None = None
    collation_version: str = ""
    connection_limit: int = -1
    comment: str = ""
    grants: tuple[DatabaseGrant, ...] | None = None
    settings: tuple[DatabaseSetting, ...] = ()
    template: bool = False


@dataclass(frozen=True)
class DatabaseContents:
    """What one database held at one moment.

    Attributes:
        fingerprint: of its schema.
        rows: exact rows per table ("schema.table").
        extensions: (name, version), by name.
    """

    fingerprint: str
    rows: dict[str, int]
    extensions: tuple[tuple[str, str], ...]
    properties: DatabaseProperties
