"""The report's plot as inline SVG: requests answered and lost over time, their latency, the steps' boundaries."""

from collections.abc import Sequence
from html import escape

from avnwizard.domain.plain import printable
from avnwizard.domain.words import time_of_day
from avnwizard.engine.records import StepRecord
from avnwizard.flows.edge.series import Point

_WIDTH, _HEIGHT = 960.0, 190.0
_LEFT, _TOP, _GAP, _BELOW = 52.0, 22.0, 34.0, 66.0
_TOLD = "Requests answered and lost, and their latency, over time"
_LABEL_ROOM = 26.0
"""A step that is narrower than this gets no number; its name is shown when pointed at."""


def plot(points: Sequence[Point], steps: Sequence[StepRecord], *, began: float, ended: float) -> str:
    """One figure; "" without points. Every text is escaped, and nothing is fetched."""
    if not points:
        return ""
    scale = _WIDTH / max(ended - began, 1.0)
    rates = [(one.answered + one.lost) / one.length_s for one in points]
    top_rate = max([*rates, 1.0])
    top_ms = max([one.p99_ms for one in points] + [1.0])
    whole = _TOP + _HEIGHT + _GAP + _BELOW
    ends = f"{_clock(ended)}, after {ended - began:.0f} s"
    parts = [
        f'<svg viewBox="0 0 {_LEFT + _WIDTH + 8:.0f} {whole + 26:.0f}" role="img" aria-label="{_TOLD}">',
        _steps(steps, began, ended, scale, whole),
        _axis(_TOP, _HEIGHT, f"{top_rate:.0f}/s"),
        _axis(_TOP + _HEIGHT + _GAP, _BELOW, f"{top_ms:.0f} ms"),
        *(_bar(one, began, scale, top_rate) for one in points),
        _latency(points, began, scale, top_ms),
        f'<text x="{_LEFT}" y="{_TOP + _HEIGHT + _GAP - 8}">p99 latency: 99 of 100 requests were faster</text>',
        f'<text x="{_LEFT}" y="{whole + 18}">{_clock(began)}</text>',
        f'<text x="{_LEFT + _WIDTH}" y="{whole + 18}" class="end">{ends}</text>',
        "</svg>",
    ]
    return (
        '<figure><figcaption><i class="answered"></i> answered <i class="lost"></i> lost'
        f" · numbers above: the steps'; below: the time of day</figcaption>{''.join(parts)}</figure>"
    )


def _steps(steps: Sequence[StepRecord], began: float, ended: float, scale: float, whole: float) -> str:
    parts = []
    for number, step in enumerate(steps, start=1):
        if not began <= step.started_at <= ended:
            continue
        x = _LEFT + (step.started_at - began) * scale
        width = max(((step.finished_at or ended) - step.started_at) * scale, 1.0)
        told = escape(f"{number}. {printable(step.title, limit=120)}")
        shade = "odd" if number % 2 else "even"
        parts.append(
            f'<g><title>{told}</title><rect class="step {shade}" x="{x:.1f}" y="{_TOP - 16:.1f}" '
            f'width="{width:.1f}" height="{whole - _TOP + 16:.1f}"/>'
        )
        if width >= _LABEL_ROOM:
            parts.append(f'<text x="{x + 3:.1f}" y="{_TOP - 4:.1f}">{number}</text>')
        parts.append("</g>")
    return "".join(parts)


def _clock(seconds: float) -> str:
    return time_of_day(seconds, to_the_second=True)


def _axis(top: float, height: float, most: str) -> str:
    bottom = top + height
    return (
        f'<path class="axis" d="M{_LEFT} {top:.1f}V{bottom:.1f}H{_LEFT + _WIDTH:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{top + 10:.1f}" class="end">{most}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom:.1f}" class="end">0</text>'
    )


def _bar(one: Point, began: float, scale: float, top_rate: float) -> str:
    x, width = _LEFT + (one.at - began) * scale, max(one.length_s * scale - 0.5, 0.8)
    unit = _HEIGHT / top_rate / one.length_s
    good, bad = one.answered * unit, one.lost * unit
    bottom = _TOP + _HEIGHT
    told = f"{one.at - began:.0f} s: {one.answered} answered, {one.lost} lost"
    found = f'<rect class="answered" x="{x:.1f}" y="{bottom - good:.1f}" width="{width:.1f}" height="{good:.1f}"/>'
    if one.lost:
        bad = max(bad, 3.0)
        found += (
            f'<rect class="lost" x="{x:.1f}" y="{bottom - good - bad:.1f}" width="{width:.1f}" height="{bad:.1f}"/>'
        )
    return f"<g><title>{told}</title>{found}</g>"


def _latency(points: Sequence[Point], began: float, scale: float, top_ms: float) -> str:
    bottom = _TOP + _HEIGHT + _GAP + _BELOW
    path, drawing = [], False
    for one in points:
        if not one.p99_ms:
            drawing = False
            continue
        x = _LEFT + (one.at + one.length_s / 2 - began) * scale
        path.append(f"{'L' if drawing else 'M'}{x:.1f} {bottom - one.p99_ms / top_ms * _BELOW:.1f}")
        drawing = True
    return f'<path class="latency" d="{"".join(path)}"/>' if path else ""
