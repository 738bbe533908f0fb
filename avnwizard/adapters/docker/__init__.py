"""The port `Stack` over a real Docker Engine, by the docker CLI.

What changes the stack goes through python-on-whales: `changes`, over `whales`, which says what it is kept away from.
Reads go to the engine's socket where that is on this host, else to one batched `docker inspect`.
"""

from avnwizard.adapters.docker.discovery import find_project
from avnwizard.adapters.docker.engine import find_engine
from avnwizard.adapters.docker.stack import DockerStack

__all__ = ["DockerStack", "find_engine", "find_project"]
