"""Everything about two example files that a pair of variables is weighed against."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from avnwizard.domain.envdiff.announced import Announcements, announcements
from avnwizard.domain.envdiff.offers import offers
from avnwizard.domain.envdiff.places import Place, block_heads, places
from avnwizard.domain.envdiff.templates import same_templates
from avnwizard.domain.envdiff.usage import feeding
from avnwizard.domain.envdiff.words import tokens
from avnwizard.domain.envfile import EnvFile, Variable

Pair = tuple[str, str]
Rule = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True)
class Files:
    """What is compared, as it was given."""

    old: EnvFile
    new: EnvFile
    changelog: str = ""
    compose_old: str = ""
    compose_new: str = ""
    operator: EnvFile | None = None


@dataclass(frozen=True)
class Settled:
    """The pairs that are renames beyond doubt, and how the first words of names went with them."""

    pairs: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, Counter[str]] = field(default_factory=dict)


@dataclass
class Scene:
    """The two files as a pair is weighed against them."""

    old_order: tuple[str, ...]
    new_order: tuple[str, ...]
    kept: frozenset[str]
    old_places: Mapping[str, Place]
    new_places: Mapping[str, Place]
    old_values: Mapping[str, int]
    new_values: Mapping[str, int]
    old_offers: Mapping[str, frozenset[str]]
    new_offers: Mapping[str, frozenset[str]]
    """Variable -> every value that the file shows for it, also in a comment, and the name of the file in a path."""
    announced: Announcements
    fed: Mapping[Pair, str] = field(default_factory=dict)
    seated: frozenset[Pair] = frozenset()
    templated: Mapping[Pair, str] = field(default_factory=dict)
    families: Mapping[Rule, float] = field(default_factory=dict)
    operator: Mapping[str, str] = field(default_factory=dict)
    catalogues: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """Frame of a name -> how many names that stay have it."""
    block_heads: frozenset[str] = frozenset()
    """Variables whose comment speaks of the ones below them as well."""
    settled: Settled = field(default_factory=Settled)


@lru_cache(maxsize=16384)  # a name meets many others
def frames(name: str) -> tuple[tuple[str, ...], ...]:
    """A name with each of its words left out in turn: entries of one catalogue have such a frame in common."""
    words = tokens(name)
    return tuple((*words[:i], "", *words[i + 1 :]) for i in range(len(words))) if len(words) > 1 else ()


def first_word(name: str) -> str:
    """The word that a name begins with: what its family is called."""
    return (tokens(name) or (name,))[0]


def look(files: Files, removed: list[Variable], added: list[Variable]) -> Scene:
    """Gather what there is to weigh against."""
    before, after = files.old.variables(), files.new.variables()
    olds, news = tuple(v.key for v in before), tuple(v.key for v in after)
    kept = frozenset(olds) & frozenset(news)
    fed, seated = feeding(files.compose_old, files.compose_new)
    fixed = {key: key for key in kept}
    return Scene(
        old_order=olds,
        new_order=news,
        kept=kept,
        old_places=places(olds, fixed),
        new_places=places(news, fixed),
        old_values=Counter(v.default for v in removed),
        new_values=Counter(v.default for v in added),
        old_offers=offers(before, {v.key for v in removed}),
        new_offers=offers(after, {v.key for v in added}),
        announced=announcements(files.changelog, [v.key for v in removed], {*(v.key for v in added), *kept}),
        fed=fed,
        seated=seated,
        templated=same_templates(before, after, kept),
        catalogues=Counter(frame for key in kept for frame in frames(key)),
        block_heads=frozenset(block_heads(before) | block_heads(after)),
        operator=_values(files.operator) if files.operator else {},
    )


def _values(operator: EnvFile) -> dict[str, str]:
    return {key: operator.literal(key) or "" for key in operator.keys()}  # noqa: SIM118 - not a dict


def settle(scene: Scene, pairs: Mapping[str, str]) -> Scene:
    """The scene once some pairs are known to be renames: the others are weighed against these as well."""
    kept = {key: key for key in scene.kept}
    heads: dict[str, Counter[str]] = defaultdict(Counter)
    for old, new in pairs.items():
        heads[first_word(old)][first_word(new)] += 1
    return replace(
        scene,
        old_places=places(scene.old_order, kept | {old: f"{old} {new}" for old, new in pairs.items()}),
        new_places=places(scene.new_order, kept | {new: f"{old} {new}" for old, new in pairs.items()}),
        settled=Settled(pairs, heads),
    )
