"""Image references as they are read best: the tag, without registry and digest."""

from avnwizard.domain.plain import printable


def image_tag(reference: str) -> str:
    """The tag of an image, else its name: `v2.3.0` of `registry.example.test/avnology/hydra:v2.3.0@sha256:…`."""
    name = reference.partition("@")[0].rpartition("/")[2]
    tag = name.partition(":")[2] or name
    return printable(tag, limit=40)
