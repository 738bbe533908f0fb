"""`python -m avnwizard` and the console script."""

import contextlib
import sys


def main() -> None:
    """Run the command line and exit with an `ExitCode`."""
    _without_core_dumps()
    from avnwizard.cli.app import run

    sys.exit(run())


def _without_core_dumps() -> None:
    """Leave no memory behind on a disk: this process and its children hold the stack's secrets."""
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    main()
