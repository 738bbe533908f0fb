"""CHANGELOG.md of each release, cumulative, in the manner of Keep a Changelog."""

from avnwizard.practice.product.releases import RELEASES, Release, release

_HEAD = """# Changelog

All notable changes to Avnology ID. The format follows [Keep a Changelog](https://keepachangelog.com/en/1.1.0/)
and the versions follow [Semantic Versioning](https://semver.org/).
"""

_SECTIONS = {
    "v1.4.2": """### Fixed

- The console kept asking for a second factor after a password change.
- SAML connections with an empty entity id are refused.
""",
    "v1.4.3": """### Security

- Ory Kratos v1.3.1 (was v1.3.0): session tokens were compared in variable time.

### Changed

- New index on the audit log, built by `avnology-migrate` (`0003_audit_action_index.sql`).
""",
    "v1.5.0": """### Added

- The risk service keeps its last score per account (`0004_risk_scores.sql`).
- `WEBHOOK_MAX_RETRIES` (default 5) sets how often a delivery is tried.

### Changed

- Ory Hydra v2.3.0 (was v2.2.0).

### Deprecated

- `AUDIT_LEGACY_SINK` will be removed in v2.0.0.
""",
    "v1.6.0": """### Changed

- Ory Kratos v1.3.2, Hydra v2.3.1, Keto v0.14.1 and Oathkeeper v0.40.10, Polis v1.48.0: fixes alone.
- Every service of Avnology's own is built again. No migration, no new setting.
""",
    "v2.0.0": """### Breaking

- **Login names are now handles.** `0006_account_handles.sql` renames `accounts.login_name` to
  `accounts.handle` and replaces `accounts.status` by `accounts.state`. v1 does not run on this schema: going
  back needs the dump you took.
- `SMTP_URL` is renamed to `COURIER_SMTP_URL`. The stack does not start without it.
- `GATEWAY_RATE_LIMIT` is renamed to `GATEWAY_RATE_LIMIT_RPM`. It is not in `.env.example`; if you had set it,
  rename it, or the gateway goes back to its default of 600 requests per minute.
- `GATEWAY_SIGNING_SECRET` is required. Generate one with `openssl rand -hex 32`.

### Added

- Accounts have a region (`0005_account_regions.sql`).
- `RISK_SCORE_THRESHOLD` (default 70) sets from which score on a second factor is asked for.

### Changed

- Ory Kratos, Hydra, Keto and Oathkeeper v25.4.0 (were v1.3.1, v2.3.0, v0.14.0 and v0.40.9), Polis v1.52.2.
- Valkey 8.1 (was 8.0).

### Removed

- `AUDIT_LEGACY_SINK`, deprecated since v1.5.0, is no longer read. Use the audit service's own export.
""",
    "v2.1.0": """### Added

- Organizations choose how long their audit events are kept (`0007_audit_retention.sql`).

### Fixed

- The documentation search works without JavaScript modules.
""",
}


def changelog(tag: str, among: tuple[Release, ...] = RELEASES) -> str:
    """The text of CHANGELOG.md as it was at that release, newest first, of the releases that there are."""
    shown = [each for each in reversed(among) if each.version <= release(tag).version]
    entries = [f"## [{each.tag.removeprefix('v')}] - {each.date}\n\n{_SECTIONS[each.tag]}" for each in shown]
    return "\n".join([_HEAD, "## [Unreleased]\n", *entries])
