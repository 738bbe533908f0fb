"""`python -m avnwizard` and the console script."""

import sys


def main() -> None:
    """Run the command line and exit with an `ExitCode`."""
    from avnwizard.cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
