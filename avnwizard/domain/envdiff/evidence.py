"""Weighs the traces that speak for or against one variable being another under a new name.

Each trace is worth points on the scale of log odds: they add up, and a sum of 0 is an even chance. The worths
were set by reasoning and looked over on half of the labelled projects; the other half was kept for judging.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from math import exp, log2

from avnwizard.domain.envdiff.announced import Announcements, Said
from avnwizard.domain.envdiff.defaults import Values, compare_defaults
from avnwizard.domain.envdiff.names import NameMatch, compare_names
from avnwizard.domain.envdiff.places import Place
from avnwizard.domain.envdiff.words import known, stem, tokens
from avnwizard.domain.envfile import Variable
from avnwizard.domain.secret import is_secret_name

PRIOR = -3.8
"""What most pairs are: strangers."""
_VALUES = {
    Values.SAME: (2.0, "the same default"),
    Values.SAME_COMMON: (0.7, "the same default"),
    Values.BOTH_EMPTY: (0.4, "both without a default"),
    Values.ONE_EMPTY: (-0.5, ""),
    Values.ADAPTED: (0.8, "the default follows the name"),
    Values.DIFFERENT: (-0.7, ""),
    Values.OTHER_KIND: (-2.0, ""),
    Values.FLIPPED: (-0.7, ""),
}
_WORD = re.compile(r"\w+")
_ONLY_ONE_WITH_IT, _ALONE_THOUGH_COMMON = 1.5, 0.4
_SAID = {Said.RENAMED: 9.0, Said.SUCCEEDED: 3.5, Said.TOGETHER: 1.5}
_SHOWN, _NEVER = 8.0, -15.0
"""What the project's compose file shows, and what no trace may outweigh."""
_EXPOSED, _OTHER_SUBJECT = -4.0, -2.0
_NOTICEABLY = 0.4
_FEW, _MANY = 5, 15
"""How many changed variables between two kept ones make their place tell less."""
_COMMENT_ALIKE, _COMMENT_HALF, _COMMENT_STRANGE = 0.75, 0.6, 0.35


@dataclass(frozen=True)
class Evidence:
    """The points for one pair and what they are for, the heaviest first, with what they were drawn from."""

    points: float
    why: tuple[str, ...]
    name: NameMatch
    values: Values
    same_comment: bool

    @property
    def chance(self) -> float:
        """The points as a probability."""
        return 1 / (1 + exp(-self.points))


@dataclass
class Scene:
    """Everything about the two files that a pair is weighed against."""

    old_places: Mapping[str, Place]
    new_places: Mapping[str, Place]
    old_values: Mapping[str, int]
    new_values: Mapping[str, int]
    announced: Announcements
    fed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    families: Mapping[tuple[tuple[str, ...], tuple[str, ...]], float] = field(default_factory=dict)
    operator: Mapping[str, str] = field(default_factory=dict)
    block_heads: frozenset[str] = frozenset()
    """Variables whose comment speaks of the ones below them as well."""


def weigh(old: Variable, new: Variable, scene: Scene) -> Evidence:
    """Weigh one pair."""
    name = compare_names(old.key, new.key)
    values = compare_defaults(old.default, new.default, name.rule)
    comment = comment_likeness(old, new)
    found = [
        *_name_points(name),
        *_value_points(old, values, scene),
        *_comment_points(comment, whole_block=old.key in scene.block_heads and new.key in scene.block_heads),
        *_place_points(old.key, new.key, scene),
        *_told_points(old.key, new.key, scene),
        *_family_points(name, scene),
        *_stranger_points(old, new, name, comment, scene),
    ]
    telling = values is Values.SAME or (comment or 0) > _COMMENT_ALIKE
    if name.only_old and name.only_new and name.likeness <= _own_likeness(name) and not telling:
        found.append((-1.0, ""))
    points = PRIOR + sum(p for p, _ in found)
    why = tuple(reason for p, reason in sorted(found, key=lambda f: -f[0]) if reason and p > 0)
    return Evidence(points, why, name, values, (comment or 0) > _COMMENT_ALIKE)


def _own_likeness(name: NameMatch) -> float:
    """The likeness that the identical words alone give: nothing ties the words that are left over."""
    total = 2 * name.shared + len(name.only_old) + len(name.only_new)
    return 2 * name.shared / total + 1e-9 if total else 0.0


def _name_points(name: NameMatch) -> list[tuple[float, str]]:
    points = 3.6 * name.likeness + 0.6 * max(min(name.shared, 4) - 1, 0)
    out = [(points, "the names are alike" if name.likeness > _NOTICEABLY else "")]
    if name.shared and bool(name.only_old) != bool(name.only_new):
        out.append((0.5, ""))
    if name.whole and name.shared:
        out.append((0.6, ""))
    if name.kinds_differ:
        out.append((-1.5, ""))
    if name.inverted or name.unit_changed:
        out.append((_NEVER, ""))
    return out


def _value_points(old: Variable, values: Values, scene: Scene) -> list[tuple[float, str]]:
    points, reason = _VALUES[values]
    alone = scene.old_values.get(old.default) == 1 == scene.new_values.get(old.default)
    if values is Values.SAME and alone:
        return [(points + _ONLY_ONE_WITH_IT, "the same default, which no other changed variable has")]
    if values is Values.SAME_COMMON and alone:
        return [(points + _ALONE_THOUGH_COMMON, reason)]
    return [(points, reason)]


def comment_likeness(old: Variable, new: Variable) -> float | None:
    """How alike the two comments are, 0 to 1, their own names left out; None where either has none."""
    if not old.comment or not new.comment:
        return None
    return _likeness(old.comment.replace(old.key, "").lower(), new.comment.replace(new.key, "").lower())


@lru_cache(maxsize=100_000)
def _likeness(old: str, new: str) -> float:
    a, b = _WORD.findall(old), _WORD.findall(new)
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() > _COMMENT_STRANGE else 0.0


def _comment_points(likeness: float | None, *, whole_block: bool) -> list[tuple[float, str]]:
    if likeness is None:
        return []
    if likeness >= 1:
        return [(1.2 if whole_block else 2.2, "the same comment")]
    if likeness > _COMMENT_ALIKE:
        return [(0.8 if whole_block else 1.5, "nearly the same comment")]
    return [(-1.2, "")] if likeness < _COMMENT_STRANGE else [(-0.5, "")] if likeness < _COMMENT_HALF else []


def _place_points(old: str, new: str, scene: Scene) -> list[tuple[float, str]]:
    a, b = scene.old_places.get(old), scene.new_places.get(new)
    if a is None or b is None:
        return []
    before, after = a.before == b.before, a.after == b.after
    first, last = a.rank == b.rank, a.between - a.rank == b.between - b.rank
    if before and after:
        if first and last:
            return [(2.2 if a.between == 1 else 1.9, "in the same place")]
        crowd = max(a.between, b.between)
        close = 0.4 if first or last else 0.0
        return [(close + (1.2 if crowd <= _FEW else 0.7 if crowd <= _MANY else 0.3), "in the same place")]
    if (before and first and a.rank == 0) or (after and last and a.between - a.rank == 1):
        return [(0.9, "beside the same neighbour")]
    return [(0.4, "beside the same neighbour")] if before or after else [(-0.6, "")]


def _told_points(old: str, new: str, scene: Scene) -> list[tuple[float, str]]:
    said, words = scene.announced.about(old, new)
    out = [(_SAID[said], words)] if said else []
    if fed := scene.fed.get((old, new)):
        out.append((_SHOWN, fed))
    mine = scene.operator.get(old)
    if mine and scene.operator.get(new) == mine:
        out.append((1.0, "your file sets both to the same value"))
    return out


def _stranger_points(
    old: Variable, new: Variable, name: NameMatch, comment: float | None, scene: Scene
) -> list[tuple[float, str]]:
    """What speaks against a pair whatever else is alike: another thing's name in the same seat, a secret shown."""
    out: list[tuple[float, str]] = []
    a_key = stem(tokens(old.key)[-1]) == "key" if tokens(old.key) else False  # of OAuth: an id that everybody may see
    if is_secret_name(old.key) and not is_secret_name(new.key) and not a_key:
        out.append((_EXPOSED, ""))
    told = scene.announced.about(old.key, new.key)[0] or (old.key, new.key) in scene.fed
    names = name.only_old and name.only_new and not any(map(known, (*name.only_old, *name.only_new)))
    tied = name.likeness > _own_likeness(name) or (comment or 0) > _COMMENT_ALIKE or told
    if names and not tied and scene.families.get(name.rule, 0.0) <= 0:
        out.append((_OTHER_SUBJECT, ""))
    return out


def _family_points(name: NameMatch, scene: Scene) -> list[tuple[float, str]]:
    support = scene.families.get(name.rule, 0.0)
    if support <= 0 or not name.shared:
        return []
    a, b = ("_".join(side).upper() or "nothing" for side in name.rule)
    return [(min(1.3 * log2(1 + support), 3.2), f"others change {a} to {b} as well")]
