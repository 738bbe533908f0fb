"""What runs otherwise than the files of the current release say: services by name, in sentences, as decisions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from avnwizard.domain.answers import Decision
from avnwizard.domain.compose.document import read
from avnwizard.domain.interpolation import InterpolationError, interpolate
from avnwizard.domain.plain import printable
from avnwizard.domain.references import is_tag

Likeness = Literal["same", "other", "unknown"]
_ID = 19
"""Of an image id that a person compares: "sha256:" and twelve digits."""


@dataclass(frozen=True)
class Drift:
    """One service that runs another image, or was made from another configuration, than the files say.

    Attributes:
        runs: the reference that its container was made from.
        image_ids: the images that its containers run; more than one where they disagree.
        pinned: the reference that the files name.
        image: whether the image is another one than `pinned` names on this host.
        config: whether the configuration, without the image, is the files'.
        job: it is a one-shot: to start it again is to run it.
    """

    service: str
    runs: str
    image_ids: tuple[str, ...]
    pinned: str
    image: bool
    config: Likeness
    job: bool = False

    @property
    def no_way_back(self) -> str:
        """Why a rollback could not start again what runs now; "" where it can.

        It makes the containers from the files of the previous release, with the image that ran put under the name
        that these give it.
        """
        if len(self.image_ids) > 1:
            return "its containers run different images"
        if self.image and self.config == "other":
            return "image and configuration are both of another release"
        if self.image and not is_tag(self.pinned):
            return "the files pin the image by its digest, which no other image can be given"
        return ""

    def sentence(self, tag: str) -> str:
        """What runs, against what the release's files say."""
        service, pinned = printable(self.service, limit=60), printable(self.pinned, limit=200)
        if not self.image:
            return f"{service} was made from another configuration than the files of {printable(tag)} say now."
        if self.runs != self.pinned:
            told = f"{service} runs {printable(self.runs, limit=200)}; {printable(tag)} pins {pinned}"
        else:
            told = f"{service} runs {self.image_ids[0][:_ID]}, which is not what {pinned} names on this host"
        return f"{told}, and with another configuration." if self.config == "other" else f"{told}."


@dataclass(frozen=True)
class Drifted:
    """All of it, against one release.

    Attributes:
        tag: the release that the checkout is at.
        release: the release whose images run throughout, where there is one; else "".
        apart: services of the lockstep that an edit, an override file or a variable sets to another version than
            their release pins: (service, what it is set to, a sentence).
        unsure: services of which nobody can tell whether their configuration is the files'; `why_unsure` says why.
    """

    tag: str
    drifts: tuple[Drift, ...] = ()
    release: str = ""
    unsure: tuple[str, ...] = ()
    why_unsure: str = field(default="", compare=False)
    apart: tuple[tuple[str, str, str], ...] = field(default=(), compare=False)

    @property
    def images(self) -> tuple[Drift, ...]:
        """Those that run another image."""
        return tuple(one for one in self.drifts if one.image or len(one.image_ids) > 1)

    @property
    def configurations(self) -> tuple[str, ...]:
        """Services with the files' image and another configuration."""
        return tuple(one.service for one in self.drifts if one not in self.images)

    def decisions(self) -> tuple[Decision, ...]:
        """What the operator has to acknowledge. Each key says what was seen: what is seen later is another one."""
        return tuple(self._decisions())

    def _decisions(self) -> Iterator[Decision]:
        yield from self._of_what_runs()
        for service, runs, sentence in self.apart:
            key = f"{printable(service, limit=60)} is set to {printable(runs, limit=200)}"
            yield Decision(
                "acknowledge", key, sentence, ("these images are tested together, at their release's pins",)
            )

    def _of_what_runs(self) -> Iterator[Decision]:
        later = "the upgrade starts what its release says; a rollback starts the image that runs now again"
        unread = f"what changed between it and what {self.tag} pins, such as breaking changes, is not shown here"
        if self.images and self.release:
            yield Decision("acknowledge", f"the stack runs {printable(self.release)}", self.whole(), (unread, later))
        else:
            for one in self.images:
                runs = one.runs if one.runs != one.pinned else one.image_ids[0][:_ID]
                key = f"{printable(one.service, limit=60)} runs {printable(runs, limit=200)}"
                yield Decision("acknowledge", key, one.sentence(self.tag), (unread, later))
        if self.configurations:
            names = ", ".join(printable(name, limit=60) for name in self.configurations)
            yield Decision(
                "acknowledge", f"the configuration of {names}", self.configured(),
                ("docker compose up -d would recreate them", "the upgrade and a rollback do so too"),
            )  # fmt: skip

    def whole(self) -> str:
        """That another release runs than the checkout is at."""
        return (
            f"What runs is {printable(self.release)}: every container has the images of that release, "
            f"but the checkout is at {printable(self.tag)}."
        )

    def configured(self) -> str:
        """That some were made from another configuration."""
        names = ", ".join(printable(name, limit=60) for name in self.configurations)
        were = "was" if len(self.configurations) == 1 else "were"
        return f"{names} {were} made from another configuration than the files of {printable(self.tag)} say now."

    def warnings(self) -> tuple[str, ...]:
        """For the plan."""
        found = [one.sentence(self.tag) for one in self.images]
        if self.images:
            if self.release:
                found.insert(0, self.whole())
            names = ", ".join(printable(one.service, limit=60) for one in self.images)
            found.append(
                f"Nobody read what changed between the images that run ({names}) and those of {printable(self.tag)}: "
                "their breaking changes and migrations are not in this plan. A rollback starts the images that run "
                "now again."
            )
        if self.configurations:
            found.append(f"{self.configured()} The upgrade starts them from the files, and a rollback too.")
        return (*found, *(sentence for _, _, sentence in self.apart))


def images_pinned(compose: str, env: Mapping[str, str]) -> dict[str, str]:
    """Service -> image of a compose file's text; what cannot be read is left out.

    Raises:
        ComposeError: it is not YAML, or no mapping.
    """
    services: Any = read(compose).get("services")
    found: dict[str, str] = {}
    for name, body in services.items() if isinstance(services, dict) else ():
        image = body.get("image") if isinstance(body, dict) else None
        try:
            if isinstance(image, str):
                found[str(name)] = interpolate(image, env)
        except InterpolationError:
            continue
    return found
