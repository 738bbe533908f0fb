"""Commands of a stack whose engine is another one than the environment says: by its Docker context."""

from collections.abc import Sequence

Argv = tuple[str, ...]


def on_context(argv: Sequence[str], context: str) -> Argv:
    """A docker command as it is given by hand for a context ("": the environment's); any other one as it is.

    What avnwizard runs itself has the context in its environment (`DOCKER_CONTEXT`), which means the same.
    """
    words = tuple(argv)
    return ("docker", "--context", context, *words[1:]) if context and words[:1] == ("docker",) else words
