"""Breaks texts at random, from a seed: pieces put in, taken out or doubled; values of JSON exchanged."""

import copy
import json
import random
from typing import Any

_YAML = ("!!int ", "!!float ", "!!bool ", "!!timestamp ", "!reset ", "!!binary ", "&a ", "*a", "<<: ", "? ", "- ")
_MARKS = ("[", "{", "]", "}", "(", ")", "`", "'", '"', '"""', "$", "${", "${A:-", "#", "## ", "<!--", "-->", "```\n")
_ENDS = (
    "\\",
    "\0",
    "\x1b",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\udcff",
    "\r",
    "\t",
    "\n",
    "=",
    ":",
    ",",
    "@",
    "/*",
)
_VALUES = (
    "### Breaking\n",
    "nan",
    "-inf",
    "1.2.3",
    "v2",
    "-rc.1",
    "2020-99-99",
    "0x",
    "1e999",
    "true",
    "\u00e9",
    "\U0001f4a5",
)
_LONG = ("9" * 5000, "(" * 300, "[" * 300, "{" * 300, '{"a":' * 2000, "[" * 20_000)
PIECES = (*_YAML, *_MARKS, *_ENDS, *_VALUES, *_LONG)
"""Pieces that some reader stumbled over, and every kind of separator."""
_ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        2**70,
        1e308,
        float("inf"),
        float("nan"),
        "",
        "\0",
        "\ud800",
        "a" * 3000,
        "../../x",
        "9" * 5000,
    ),
    *([], {}, [[]], [None], {"a": 1}, {"": None}, "%s%n{0}{self}", "\x1b[2J", -(2**63), 0.1),
)


def broken(text: str, chance: random.Random) -> str:
    """A text with a few pieces put in, taken out or doubled."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randint(0, 40))
        match chance.randrange(3):
            case 0:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case _:
                text = text[:end] + text[at:]
    return text


def broken_json(text: str, chance: random.Random) -> str:
    """JSON with values exchanged, taken out or put in; now and then it is no JSON any more."""
    if chance.randrange(4) == 0:
        return broken(text, chance)
    found = json.loads(text)
    for _ in range(chance.randint(1, 3)):
        found = _changed(found, chance)
    return json.dumps(found)


def _changed(found: Any, chance: random.Random) -> Any:
    """One value somewhere below exchanged for an odd one."""
    places = sorted(found) if isinstance(found, dict) else list(range(len(found))) if isinstance(found, list) else []
    if not places or chance.randrange(5) == 0:
        if isinstance(found, str) and chance.randrange(2):
            return broken(found, chance)
        return copy.deepcopy(chance.choice(_ODD))
    place = chance.choice(places)
    match chance.randrange(8):
        case 0:
            del found[place]
        case 1 if isinstance(found, dict):
            found[chance.choice(PIECES)] = found.pop(place)
        case 1:
            found.insert(place, copy.deepcopy(chance.choice(_ODD)))
        case _:
            found[place] = _changed(found[place], chance)
    return found


def broken_values(found: Any, chance: random.Random) -> Any:
    """A copy in which some of the strings are broken; the shape stays, as what a trusted program prints."""
    if isinstance(found, dict):
        return {key: broken_values(one, chance) for key, one in found.items()}
    if isinstance(found, list):
        return [broken_values(one, chance) for one in found]
    return broken(found, chance) if isinstance(found, str) and chance.randrange(6) == 0 else found
