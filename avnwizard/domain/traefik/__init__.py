"""What Traefik v3 makes of a container's labels, and the labels that steer it during a roll."""

from avnwizard.domain.traefik.labels import HttpRouter, TraefikLabels, default_name, read_labels

__all__ = ["HttpRouter", "TraefikLabels", "default_name", "read_labels"]
