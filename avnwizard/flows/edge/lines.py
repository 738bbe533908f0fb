"""What the report says of the requests through the edge."""

from avnwizard.domain.plain import printable
from avnwizard.domain.probing import Tally, numbers, words
from avnwizard.domain.words import latency
from avnwizard.flows.edge.memory import ProbeMemory


def edge_lines(memory: ProbeMemory | None) -> list[str]:
    """A section of Markdown; one sentence where nothing was measured."""
    lines = ["", "## Requests through the edge", ""]
    if memory is None or not memory.total.sent:
        return [*lines, "- nothing was measured: how many requests were lost is not known", *_notes(memory)]
    found = numbers(memory.total)
    lines += [
        f"- {words.counted(found)}",
        f"- the longest time without an answer on one route: {latency(found['longest_gap_ms'])}",
        f"- {words.latencies(found)}, from the moment at which each request was due",
    ]
    lines += [
        f"- {printable(router, limit=100)}: {words.turned(numbers(tally))}"
        for router, tally in sorted(memory.tallies.items())
        if tally.turned
    ]
    if memory.total.changed:
        lines.append(f"- {memory.total.changed:,} answers were like none before the run; they count as answered")
    lines += _notes(memory)
    lines += [
        "",
        "| service | sent | answered | lost | longest gap | p50 ms | p99 ms |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    lines += [_row(name, tally) for name, tally in memory.by_service().items()]
    return lines


def _notes(memory: ProbeMemory | None) -> list[str]:
    return [f"- {printable(note, limit=600)}" for note in memory.notes] if memory else []


def _row(name: str, tally: Tally) -> str:
    found = numbers(tally)
    lost = f"{found['lost']:,}" + (f" ({words.kinds(found)})" if found["lost"] else "")
    shown = printable(name, limit=100).replace("|", "\\|")
    gap = latency(found["longest_gap_ms"])
    return (
        f"| {shown} | {found['sent']:,} | {found['answered']:,} | {lost} | {gap} | "
        f"{found['p50_ms']:.0f} | {found['p99_ms']:.0f} |"
    )
