"""What changed in the example env file: added, removed, renamed, related, changed, with reasons."""

from avnwizard.domain.envdiff.diff import diff_env
from avnwizard.domain.envdiff.values import Changed, EnvDiff, Related, Rename

__all__ = ["Changed", "EnvDiff", "Related", "Rename", "diff_env"]
