"""The port `EdgeProbe` over real HTTP."""

from avnwizard.adapters.edge.probe import HttpProbe

__all__ = ["HttpProbe"]
