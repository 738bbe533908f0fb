"""Pulling: a few images at once, in the order of their names, and none after one that cannot be had."""

import contextlib
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from avnwizard.domain.host import Image
from avnwizard.errors import HostError
from avnwizard.flows.steps.images import PullImages

_NAMES = [f"registry.test/app{number}:1" for number in range(6)]


def _pulled(pull: Callable[[str], Image]) -> list[tuple[str, Image]]:
    stack = SimpleNamespace(pull=lambda reference, _progress: pull(reference))
    step = PullImages(cast("Any", SimpleNamespace(host=SimpleNamespace(stack=stack))))
    ctx = SimpleNamespace(effect=lambda _name: contextlib.nullcontext(), checkpoint=lambda: None)
    return list(step._each_pulled(cast("Any", ctx), _NAMES))


def test_three_are_under_way_at_once() -> None:
    """None of the first three comes before all of them were begun."""
    met = threading.Barrier(3, timeout=30)

    def pull(reference: str) -> Image:
        met.wait()
        return Image(reference, f"sha256:{reference}", "", 0)

    assert [(name, image.reference) for name, image in _pulled(pull)] == [(name, name) for name in _NAMES]


def test_none_is_begun_after_one_that_cannot_be_had() -> None:
    """Those that are under way end by themselves."""
    begun = list[str]()

    def pull(reference: str) -> Image:
        begun.append(reference)
        if reference == _NAMES[0]:
            raise HostError("manifest unknown", "Look at the release.")
        return Image(reference, f"sha256:{reference}", "", 0)

    with pytest.raises(HostError, match="manifest unknown"):
        _pulled(pull)
    assert set(begun) <= set(_NAMES[:3])
