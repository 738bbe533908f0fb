"""The Helm releases that the charts of a checkout are installed as, asked of the current context's cluster."""

from pathlib import Path, PurePosixPath

from avnwizard.domain.kubernetes.finding import Installed, chart_name, matching


def releases_found(directory: Path) -> tuple[tuple[str, Installed], ...]:
    """(the chart's folder, the release) each.

    Raises:
        HostError: it is no checkout, or helm does not answer.
    """
    from avnwizard.adapters.git import open_repo
    from avnwizard.adapters.kubernetes.listing import releases_here

    repo = open_repo(directory)
    files = [path for path in map(PurePosixPath, repo.list("HEAD", ".")) if path.name == "Chart.yaml"]
    outer = [path for path in files if path.parent.parent.name != "charts"]
    charts = {str(path.parent): chart_name(repo.read("HEAD", str(path)) or b"") for path in outer}
    return tuple(matching(charts, releases_here())) if charts else ()
