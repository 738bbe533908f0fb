"""Whether a descriptor is ready: also one above 1023, which `select.select` refuses with a ValueError."""

import select


def readable(descriptor: int, wait_s: float = 0.0) -> bool:
    """Whether reading would not block, looked at for so long; also at its end, and where it is broken."""
    return _ready(descriptor, select.POLLIN, wait_s)


def writable(descriptor: int, wait_s: float = 0.0) -> bool:
    """Whether writing would not block, looked at for so long; also where nobody reads it any more."""
    return _ready(descriptor, select.POLLOUT, wait_s)


def _ready(descriptor: int, event: int, wait_s: float) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, event)
    return bool(waiting.poll(wait_s * 1000))
