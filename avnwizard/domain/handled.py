"""How a service is handled, in words that need no glossary; `avnwizard.toml` and JSON have the names behind them."""

from collections.abc import Mapping

HANDLED: Mapping[str, str] = {
    "job": "runs once",
    "surge": "alongside",
    "recreate": "in place",
    "skip": "unchanged",
    "retire": "removed",
}
HANDLED_WIDTH = max(map(len, HANDLED.values()))


def how(strategy: str) -> str:
    """A strategy in these words; a name that is none of them stays."""
    return HANDLED.get(strategy, strategy)
