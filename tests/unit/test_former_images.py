"""Whether the images that ran before can run again, from where, and under which names."""

import hashlib
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from avnwizard.adapters.files import LocalFiles
from avnwizard.domain.host import ComposeModel, Image, Service
from avnwizard.engine.step import Probe
from avnwizard.errors import RefusedError, StepError
from avnwizard.flows.stack.former_images import Gone, WayBack, of_before, reach
from avnwizard.flows.steps.former_images import FetchImages

if TYPE_CHECKING:
    from avnwizard.engine.step import StepContext
    from avnwizard.flows.host import Host

RAN, NEWER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
TAG, DIGEST = "host/web:v1", f"host/web@sha256:{'1' * 64}"
SOURCE = DIGEST


class _Stack:
    """Images by reference and by id, and what the registry says."""

    def __init__(self, here: Mapping[str, str], *, offered: bool | None = True) -> None:
        self._here, self._offered, self.asked = here, offered, list[str]()

    def images(self, references: list[str]) -> dict[str, Image]:
        known = {**self._here, **{one: one for one in self._here.values()}}
        return {name: Image(name, known[name], "", 1) for name in references if name in known}

    def offers(self, reference: str) -> bool | None:
        self.asked.append(reference)
        return self._offered


def _reach(stack: _Stack, pinned: str = TAG, saved: tuple[str, ...] = (), **pulled: Any) -> WayBack:
    model = ComposeModel({name: Service(name, pinned) for name in ("web", "worker")}, {})
    facts = {"running": {"web": RAN, "worker": RAN}} | pulled
    return reach(cast("Host", SimpleNamespace(stack=stack)), model, facts, ["web", "worker"], "v1.5.0", saved)


def test_what_is_here_under_its_name_needs_nothing() -> None:
    """The usual case asks no registry."""
    stack = _Stack({TAG: RAN})
    assert _reach(stack, tags={TAG: RAN}) == WayBack((), ())
    assert stack.asked == []


def test_a_name_that_moved_on_is_lent() -> None:
    """It named another image already before the upgrade, so it is given back afterwards."""
    assert _reach(_Stack({TAG: NEWER, "kept": RAN}), tags={TAG: NEWER}) == WayBack((), (TAG,))
    assert _reach(_Stack({TAG: NEWER, "kept": RAN}), tags={TAG: RAN}) == WayBack((), ()), "the pull moved it"


def test_what_was_pruned_is_pulled() -> None:
    """Each registry is asked once for each image."""
    stack = _Stack({}, offered=None)
    found = _reach(stack, sources={"web": SOURCE, "worker": SOURCE})
    assert found.fetch == (Gone("web", RAN, SOURCE, None), Gone("worker", RAN, SOURCE, None))
    assert stack.asked == [SOURCE]
    (line,) = of_before(found.fetch, found.borrowed)
    assert line.endswith("whether the registry has them is not known before it is tried")


@pytest.mark.parametrize(
    ("offered", "sources", "words"),
    [
        (True, {}, "nobody knows a registry that has them"),
        (False, {"web": SOURCE, "worker": SOURCE}, "the registry does not have them any more"),
    ],
)
def test_what_cannot_be_pulled_is_refused(offered: bool, sources: dict[str, str], words: str) -> None:
    """Before anything moves."""
    with pytest.raises(RefusedError, match=words) as raised:
        _reach(_Stack({}, offered=offered), sources=sources)
    assert "Nothing was changed" in raised.value.message


def test_a_digest_that_lost_its_name_is_pulled_by_it() -> None:
    """The image is here by its id; a tag cannot bring the digest back."""
    found = _reach(_Stack({"kept": RAN}), DIGEST, sources={"web": SOURCE, "worker": SOURCE})
    assert [(one.source, one.named) for one in found.fetch] == [(DIGEST, True), (DIGEST, True)]
    unknown = _reach(_Stack({"kept": RAN}), DIGEST)
    assert [one.source for one in unknown.fetch] == [DIGEST, DIGEST], "an older avnwizard noted no source"


class _Local:
    """Images by id and by name; a pull brings the name."""

    def __init__(self, *here: str) -> None:
        self.here = dict.fromkeys(here, RAN)

    def image(self, reference: str) -> Image | None:
        return Image(reference, self.here[reference], "", 1) if reference in self.here else None

    def pull(self, reference: str, _progress: object) -> None:
        self.here |= {reference: RAN, RAN: RAN}


@pytest.mark.parametrize(
    ("here", "named", "done"),
    [
        pytest.param((), False, False, id="pruned"),
        pytest.param((RAN,), False, True, id="here by its id, as after docker load"),
        pytest.param((RAN,), True, False, id="here by its id, and the files want the digest"),
        pytest.param((RAN, DIGEST), True, True, id="here by its digest"),
    ],
)
def test_when_an_image_counts_as_fetched(here: tuple[str, ...], *, named: bool, done: bool) -> None:
    """An id is enough where a tag can be put on it; a digest has to be pulled."""
    stack = _Local(*here)
    host = cast("Host", SimpleNamespace(stack=stack))
    step = FetchImages(host, [Gone("web", RAN, DIGEST, True, named)], Path("/run"))
    ctx = cast(
        "StepContext",
        SimpleNamespace(
            effect=lambda _name: nullcontext(),
            checkpoint=lambda: None,
            progress=lambda *_: None,
            say=lambda _text: None,
        ),
    )
    assert (step.probe(ctx) is Probe.DONE) is done
    step.do(ctx)
    assert step.probe(ctx) is Probe.DONE


@pytest.mark.parametrize("here", [{DIGEST: NEWER, "kept": RAN}, {"kept": RAN}])
def test_another_image_than_the_digest_names_is_refused(here: dict[str, str]) -> None:
    """No name can be lent to it."""
    elsewhere = f"host/web@sha256:{'2' * 64}"
    with pytest.raises(RefusedError, match="pin another image by its digest"):
        _reach(_Stack(here), DIGEST, sources={"web": elsewhere, "worker": elsewhere})


def test_what_was_saved_is_loaded_whatever_the_registry_says() -> None:
    """Pruned and gone from its registry; but a digest that the files name cannot be loaded under its name."""
    found = _reach(_Stack({}, offered=False), saved=(RAN,), sources={"web": SOURCE, "worker": SOURCE})
    assert [(one.service, one.saved) for one in found.fetch] == [("web", True), ("worker", True)]
    assert list(of_before(found.fetch, ())) == [
        "images of web, worker that ran before are gone from this host, and are loaded from a file"
    ]
    with pytest.raises(RefusedError, match="the registry does not have them any more"):
        _reach(_Stack({}, offered=False), pinned=DIGEST, saved=(RAN,), sources={"web": SOURCE, "worker": SOURCE})


def test_a_damaged_file_of_images_is_not_loaded(tmp_path: Path) -> None:
    """By its checksum; whole, it brings the image back without a registry."""
    stack = _Local()
    loaded = SimpleNamespace(load=lambda *_: stack.here.update({RAN: RAN}))
    stack.image_archive = loaded  # type: ignore[attr-defined]  # only this test loads
    (tmp_path / "images.tar").write_bytes(b"images")
    facts = {"sha256": "another"}
    ctx = cast(
        "StepContext",
        SimpleNamespace(
            effect=lambda _name: nullcontext(),
            checkpoint=lambda: None,
            progress=lambda *_: None,
            say=lambda _text: None,
            recall=lambda _step: facts,
        ),
    )
    host = cast("Host", SimpleNamespace(stack=stack, files=LocalFiles()))
    step = FetchImages(host, [Gone("web", RAN, "", None, saved=True)], tmp_path)
    with pytest.raises(StepError, match=r"is damaged or gone\. Nothing was changed"):
        step.do(ctx)
    facts["sha256"] = hashlib.sha256(b"images").hexdigest()
    step.do(ctx)
    assert step.probe(ctx) is Probe.DONE
