"""What can be wrong with a compose file."""

from avnwizard.errors import UsageError


class ComposeError(UsageError):
    """The file is not a compose file that can be read."""
