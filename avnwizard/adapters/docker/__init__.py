"""The port `Stack` over a real Docker Engine, by the docker CLI.

python-on-whales (0.81) was looked into for the reads and left out: it has no time-out; every attribute of a
container that is older than 10 ms is another `docker inspect`, so twenty containers are some hundred processes and
their state is torn; and when it cannot parse an answer it writes it, the container's environment with its passwords
included, to a file in the temporary folder. Reading one `docker inspect` of them all is shorter.
"""

from avnwizard.adapters.docker.discovery import find_project
from avnwizard.adapters.docker.engine import find_engine
from avnwizard.adapters.docker.stack import DockerStack

__all__ = ["DockerStack", "find_engine", "find_project"]
