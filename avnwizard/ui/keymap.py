"""Which key does what on each page, as the operator's settings have it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from textual.binding import Binding

from avnwizard.domain.settings import key_shown
from avnwizard.errors import UsageError

if TYPE_CHECKING:
    from avnwizard.ui.screens.page import Page

COMMANDS = Binding("ctrl+p", "commands", "All commands", show=False, id="commands")
"""Opens the list of everything that a page can do now; the app's own, so that it works on every page."""


def bound(page: "type[Page]") -> dict[str, Binding]:
    """The bindings of a page and of what it derives from, by their first keys; its own come last."""
    found: dict[str, Binding] = {}
    for kind in reversed(page.__mro__):
        for binding in vars(kind).get("BINDINGS", ()) if not kind.__module__.startswith("textual.") else ():
            if isinstance(binding, Binding):
                found[binding.key] = binding
    return found


def with_keys(binding: Binding, keys: Mapping[str, str]) -> Binding:
    """A binding with the key that the settings give it."""
    wanted = keys.get(binding.id or "")
    return binding.with_key(wanted, key_shown(wanted)) if wanted else binding


def shown(binding: Binding) -> str:
    """A binding's key as a footer shows it."""
    return binding.key_display or key_shown(binding.key)


def actions(pages: "Iterable[type[Page]]") -> dict[str, Binding]:
    """Every action that may have another key, by name, with the key that it has by itself."""
    every = [binding for page in pages for binding in bound(page).values()]
    return {binding.id: binding for binding in (*every, COMMANDS) if binding.id}


def require_apart(keys: Mapping[str, str], pages: "Iterable[tuple[str, type[Page]]]", *, source: str) -> None:
    """Refuse a key that would do two things on one page.

    Args:
        pages: each with its title.

    Raises:
        UsageError: it names both actions and the page.
    """
    for title, page in pages:
        taken: dict[str, Binding] = {}
        for key, binding in _effective(page, keys):
            other = taken.setdefault(key, binding)
            if other.action != binding.action:
                both = f"{other.id or other.action!r} and {binding.id or binding.action!r}"
                raise UsageError(
                    f"{source}: {key_shown(key)!r} is the key of {both} on the page {title}.",
                    "Give one of them another key. List them with: avnwizard help keys",
                )


def _effective(page: "type[Page]", keys: Mapping[str, str]) -> Iterator[tuple[str, Binding]]:
    for binding in (*bound(page).values(), COMMANDS):
        for key in with_keys(binding, keys).key.split(","):
            yield key, binding
