"""Runs git in one checkout."""

from pathlib import Path

from avnwizard.adapters.git_environment import git_environment
from avnwizard.adapters.process import Completed, run
from avnwizard.domain import commands, git_commands

LOCAL_S = 120.0
NETWORK_S = 600.0
_HINT = "Install git 2.30 or newer, and look at `git status` in the stack's folder."


class GitRunner:
    """Runs git in the checkout at `directory`, hooks off, with a time-out.

    Args:
        directory: top of the work tree.
        local_s: time-out of commands that touch only this host.
        network_s: time-out of commands that talk to the remote.
    """

    def __init__(self, directory: Path, *, local_s: float = LOCAL_S, network_s: float = NETWORK_S) -> None:
        self.directory = directory
        self._local_s, self._network_s = local_s, network_s

    def __call__(self, *words: str) -> Completed:
        """`git WORDS`; `HostError` when it fails."""
        return self.execute(git_commands.git(self.directory, *words))

    def try_(self, *words: str, network: bool = False) -> Completed:
        """`git WORDS`, its failure left to the caller."""
        timeout_s = self._network_s if network else self._local_s
        argv = git_commands.git(self.directory, *words)
        return run(argv, timeout_s=timeout_s, env=git_environment(), check=False, hint=_HINT)

    def execute(self, argv: commands.Argv, *, umask: int = -1) -> Completed:
        """A command as the plan shows it, on this host only; `HostError` when it fails.

        Args:
            umask: git's; -1 leaves it as this process's.
        """
        return run(argv, timeout_s=self._local_s, env=git_environment(), hint=_HINT, umask=umask)

    def try_network(self, argv: commands.Argv) -> Completed:
        """A command as the plan shows it that talks to the remote, its failure left to the caller."""
        return run(argv, timeout_s=self._network_s, env=git_environment(), check=False, hint=_HINT)

    def paths(self, *words: str) -> list[str]:
        """The paths that `git WORDS -z` prints; bytes that are no UTF-8 survive as surrogates."""
        return [path for path in self(*words).text.split("\0") if path]
