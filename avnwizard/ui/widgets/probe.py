"""The edge probe: how many requests were answered and lost during the roll, and a small plot of the latency."""

from textual.content import Content
from textual.widgets import Static

from avnwizard.ui.marks import OK, STOP
from avnwizard.ui.run_view import Probe

_BARS = "▁▂▃▄▅▆▇█"


class ProbePlot(Static):
    """One line; not there while nothing is measured."""

    DEFAULT_CSS = """
    ProbePlot { height: 1; padding: 0 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: Probe | None = None

    def show(self, probe: Probe | None) -> None:
        """Put numbers in place of those that are there."""
        if probe == self._shown or probe is None:
            return
        self._shown = probe
        self.display = True
        self.update(told(probe, max(self.size.width - 2, 40)))


def told(probe: Probe, width: int) -> Content:
    """Numbers, then as many of the last latencies as fit."""
    mark = STOP if probe.lost else OK
    last = f", {probe.latencies_ms[-1]:.0f} ms" if probe.latencies_ms else ""
    text = f"edge: {probe.sent:,} sent, {probe.answered:,} answered, {probe.lost:,} lost{last} "
    room = max(width - len(text) - 2, 0)
    shown = probe.latencies_ms[-room:] if room else ()
    top = max(shown, default=0.0) or 1.0
    bars = "".join(_BARS[min(int(value / top * (len(_BARS) - 1)), len(_BARS) - 1)] for value in shown)
    return Content.assemble((f"{mark.sign} ", mark.style), text, (bars, "$accent"))
