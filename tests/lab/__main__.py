"""The lab by hand, with the time of each stage: `python -m tests.lab VERB`.

up: engine, registry and images. stack: also a seeded stack at v1.5.0. reset: that stack anew, on its ports.
remove: take the stack away. down: end engine and registry. env: to `eval`, so that `docker` reaches the lab.
kube: build Kubernetes where that was not done yet (6 minutes of two cores), and bring a node up. kube-down: end it.
kube-build: build it, and no more.
"""

import sys
import time
from typing import TYPE_CHECKING

from tests.lab.engine import Lab
from tests.lab.kube.building import build
from tests.lab.kube.node import Node
from tests.lab.prepared import bring_up, reset
from tests.lab.stack import DOMAIN, LabStack

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = "hand"


def main(arguments: list[str]) -> int:
    """Do what the first argument says; 2 when it says nothing known."""
    verbs: dict[str, Callable[[Lab], object]] = {
        "up": _up,
        "stack": _stack,
        "reset": _reset,
        "remove": lambda lab: LabStack.named(_up(lab), _NAME).remove(),
        "down": Lab.down,
        "env": _env,
        "kube": _kube,
        "kube-build": lambda lab: build(lab.paths.root),
        "kube-down": lambda lab: Node(lab.paths).down(),
    }
    if len(arguments) != 1 or arguments[0] not in verbs:
        print(__doc__)
        return 2
    verbs[arguments[0]](Lab())
    return 0


def _up(lab: Lab) -> Lab:
    lab.up()
    _times(lab.times_s)
    return lab


def _stack(lab: Lab) -> None:
    _say(bring_up(_up(lab), _NAME))


def _reset(lab: Lab) -> None:
    stack = LabStack.named(_up(lab), _NAME).on_its_ports()
    reset(stack)
    _say(stack)


def _say(stack: LabStack) -> None:
    _times(stack.times_s)
    print(f"{stack.clone}  http://{DOMAIN} at 127.0.0.1:{stack.ports.web}, Traefik's API at {stack.ports.api}")


def _kube(lab: Lab) -> None:
    began = time.monotonic()
    build(lab.paths.root)
    built = time.monotonic()
    node = Node(lab.paths).up()
    _times({"build": built - began, "node": time.monotonic() - built})
    print(f"export KUBECONFIG='{node.kubeconfig}' PATH='{node.bin}':\"$PATH\"")


def _env(lab: Lab) -> None:
    for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
        print(f"export {name}='{lab.env[name]}'")


def _times(times_s: dict[str, float]) -> None:
    for stage, seconds in {**times_s, "total": sum(times_s.values())}.items():
        print(f"{stage:>10} {seconds:7.1f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
