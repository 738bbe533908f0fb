"""The stacks of a fleet side by side, a column each."""

from collections.abc import Iterator

from textual.content import Content

from avnwizard.domain.plain import printable
from avnwizard.flows.fleet.standing import Column, Standing
from avnwizard.ui.marks import NOTE, OK, STOP, Mark

_LABEL = 13
_NARROWEST = 12


def side_by_side(found: Standing, width: int) -> Content:
    """As many columns as the fleet has stacks, each as wide as the screen allows."""
    room = max((width - _LABEL) // max(len(found.columns), 1), _NARROWEST)
    lines = [_line(label, cells, room) for label, cells in _rows(found.columns)]
    return Content("\n").join(lines)


def _rows(columns: tuple[Column, ...]) -> Iterator[tuple[str, list[Content]]]:
    yield "", [Content.styled(_named(one), "bold") for one in columns]
    yield "Requests", [_marked(_mark(one), one.serves) for one in columns]
    yield "Share", [Content(f"{one.served.weight} %" if one.served.takes_requests else "0 %") for one in columns]
    yield "Connections", [Content(_count(one.served.connections)) for one in columns]
    yield "5xx answers", [Content(_count(one.served.failed)) for one in columns]
    yield "Release", [Content(printable(one.release, limit=60)) for one in columns]
    yield (
        "Services",
        [_marked(STOP, ", ".join(one.ailing)) if one.ailing else _marked(OK, "all serve") for one in columns],
    )
    yield "Data", [Content(printable(one.data, limit=60)) for one in columns]
    if any(one.context for one in columns):
        yield "Engine", [Content(printable(one.context, limit=60) or "this host") for one in columns]
    yield "Run", [Content(printable(one.run, limit=60) or "none") for one in columns]


def _named(one: Column) -> str:
    return f"{printable(one.stack, limit=60)}{' (leads)' if one.leads else ''}"


def _mark(one: Column) -> Mark:
    if one.served.takes_requests:
        return OK
    return STOP if one.served.up is False else NOTE


def _marked(mark: Mark, text: str) -> Content:
    return Content.assemble((f"{mark.sign} {printable(text, limit=60)}", mark.style))


def _count(number: int | None) -> str:
    return "not counted" if number is None else str(number)


def _line(label: str, cells: list[Content], room: int) -> Content:
    cut = [cell.truncate(room - 1, ellipsis=True, pad=True) + " " for cell in cells]
    return Content("").join([Content.styled(f"{label:<{_LABEL}}", "dim"), *cut])
