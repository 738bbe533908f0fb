"""The lab by hand: `python -m tests.lab up|down|env|stack|remove`."""

import sys
import time

from tests.lab.engine import Lab
from tests.lab.prepared import bring_up
from tests.lab.stack import DOMAIN, LabStack

_NAME = "hand"


def main(arguments: list[str]) -> int:
    """Do what the first argument says and print how long it took."""
    verb = arguments[0] if arguments else "up"
    lab = Lab()
    begun = time.monotonic()
    if verb == "up":
        lab.up()
        for stage, seconds in lab.times_s.items():
            print(f"{stage:>10} {seconds:7.1f} s")
    elif verb in {"stack", "remove"}:
        _stack(lab.up(), verb)
    elif verb == "down":
        lab.down()
    elif verb == "env":
        for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG"):
            print(f"export {name}='{lab.env[name]}'")
        return 0
    else:
        print(__doc__)
        return 2
    print(f"{'total':>10} {time.monotonic() - begun:7.1f} s")
    return 0


def _stack(lab: Lab, verb: str) -> None:
    if verb == "remove":
        LabStack.named(lab, _NAME).remove()
        return
    stack = bring_up(lab, _NAME)
    print(
        f"{stack.clone}  http://{DOMAIN} at 127.0.0.1:{stack.ports.web}, Traefik's API at {stack.ports.api}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
