"""The edge probe: how many requests were answered and lost during the run, and a small plot of the last seconds.

In the plot each column is a second: a bar as high as its slowest requests took, or a red sign where some were lost.
"""

from itertools import groupby

from textual import events
from textual.content import Content
from textual.widgets import Static

from avnwizard.domain.plain import printable
from avnwizard.domain.probing.words import kind_told
from avnwizard.domain.words import latency
from avnwizard.ui.marks import OK, STOP
from avnwizard.ui.run_view import Probe, Second

_BARS = "▁▂▃▄▅▆▇█"
_LOST = "✗"
_LEAST_TOP_MS = 50.0
"""A plot whose highest bar is lower would draw the ups and downs of nothing."""
_LABEL = "  slowest "


class ProbePlot(Static):
    """One line of numbers; where there is room, one of plot below. Not there while nothing is measured."""

    DEFAULT_CSS = """
    ProbePlot { height: auto; max-height: 2; padding: 0 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: tuple[Probe, int, bool] | None = None
        self._probe: Probe | None = None

    def show(self, probe: Probe | None) -> None:
        """Put numbers in place of those that are there."""
        self._probe = probe
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Another width holds other seconds."""
        self._draw()

    def _draw(self) -> None:
        low = self.screen.has_class("-low") or self.screen.has_class("-stopped")
        if self._probe is None or (self._probe, self.size.width, low) == self._shown:
            return
        lines_before = self._shown is None or self._shown[2] != low
        self._shown = (self._probe, self.size.width, low)
        self.display = True
        width = max(self.size.width - 2, 20)
        lines = [counts(self._probe, width)] if low else [counts(self._probe, width), seconds(self._probe, width)]
        self.update(Content("\n").join(lines), layout=lines_before)


def counts(probe: Probe, width: int) -> Content:
    """The numbers, the most telling first, as many as fit."""
    mark = STOP if probe.lost else OK
    told = f"edge: {probe.sent:,} sent, {probe.answered:,} answered, {probe.lost:,} lost"
    if probe.lost:
        worst = max(probe.kinds, key=lambda kind: kind[1], default=("", 0))
        more = [
            f" ({printable(kind_told(worst[0]), limit=40)})",
            f", gap {latency(probe.gap_ms)}",
            f", p99 {probe.p99_ms:.0f} ms",
        ]
    else:
        more = [f", p50 {probe.p50_ms:.0f} ms", f", p99 {probe.p99_ms:.0f} ms"]
    for text in more:
        if len(told) + len(text) + 2 <= width:
            told += text
    return Content.assemble((f"{mark.sign} ", mark.style), told).truncate(width, ellipsis=True)


def seconds(probe: Probe, width: int) -> Content:
    """The last seconds as bars, the newest at the right, and what the highest stands for."""
    top = max([one.p99_ms for one in probe.seconds] + [_LEAST_TOP_MS])
    scale = f" {top:.0f} ms"
    room = max(width - len(_LABEL) - len(scale), 0)
    shown = probe.seconds[-room:] if room else ()
    bars = [
        ("".join(_bar(one, top) for one in alike), "bold $error" if lost else "$accent")
        for lost, alike in groupby(shown, key=lambda one: one.lost > 0)
    ]
    return Content.assemble((_LABEL, "dim"), " " * (room - len(shown)), *bars, (scale, "dim"))


def _bar(one: Second, top: float) -> str:
    if one.lost:
        return _LOST
    if not one.answered:
        return " "
    return _BARS[min(int(one.p99_ms / top * (len(_BARS) - 1)), len(_BARS) - 1)]
