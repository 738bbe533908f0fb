"""What `docker compose up -d --no-deps` does to one service's containers: a pure function of what is there.

After Compose v2's `convergence.go` (`ensureService`): the order in which it looks at containers decides which ones a
scale-down removes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from avnwizard.domain.host import Container

Verb = Literal["create", "start", "recreate", "remove"]


@dataclass(frozen=True)
class Action:
    """One thing to do: `container` is the one that it befalls (None for `create`), `number` the replica's number."""

    verb: Verb
    number: int
    container: Container | None = None


def converge(
    existing: Sequence[Container],
    *,
    config_hash: str,
    image_id: str,
    replicas: int,
    recreate: bool,
    force: bool = False,
) -> tuple[Action, ...]:
    """The actions that bring one service to `replicas` containers of this configuration and image."""

    def obsolete(container: Container) -> bool:
        differs = container.config_hash != config_hash or container.image_id != image_id
        return force or (recreate and differs)

    # Compose keeps current containers before obsolete ones, and low numbers before high ones.
    ordered = sorted(existing, key=lambda container: (obsolete(container), container.number))
    actions: list[Action] = []
    for position, container in enumerate(ordered):
        if position >= replicas:
            actions.append(Action("remove", container.number, container))
        elif obsolete(container):
            actions.append(Action("recreate", container.number, container))
        elif container.state not in {"running", "restarting"}:
            actions.append(Action("start", container.number, container))
    highest = max((container.number for container in existing), default=0)
    actions.extend(Action("create", highest + extra) for extra in range(1, replicas - len(existing) + 1))
    return tuple(actions)


def replaced(existing: Sequence[Container], *, config_hash: str, image_id: str, most: int) -> frozenset[str]:
    """The ids of the containers that `up` would replace by others of this configuration and image, or remove.

    Args:
        most: how many it keeps.
    """
    found = converge(existing, config_hash=config_hash, image_id=image_id, replicas=most, recreate=True)
    return frozenset(each.container.id for each in found if each.container and each.verb in {"recreate", "remove"})
