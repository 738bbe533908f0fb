"""The port `Edge` over a real Traefik, steered by containers' labels alone: none of its own settings is touched."""

from avnwizard.adapters.traefik.edge import TraefikEdge

__all__ = ["TraefikEdge"]
