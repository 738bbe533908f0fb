"""Two env files compared, for tests of what became of their variables."""

from avnwizard.domain.envdiff import EnvDiff, diff_env
from avnwizard.domain.envfile import EnvFile


def diff(old: str, new: str, *, changelog: str = "", compose_old: str = "", compose_new: str = "") -> EnvDiff:
    """The second compared with the first."""
    before, after = EnvFile.parse(old.encode()), EnvFile.parse(new.encode())
    return diff_env(before, after, changelog=changelog, compose_old=compose_old, compose_new=compose_new)


def renames(found: EnvDiff) -> dict[str, str]:
    """Old name -> new name of each rename."""
    return {r.old: r.new for r in found.renamed}
