"""Programs that are run, and what all of them together cost."""

import threading

from campaign import processes

_lock = threading.Lock()
_cpu_seconds = 0.0


def run(*arguments, **options):
    """As processes.run(), counted."""
    global _cpu_seconds
    outcome = processes.run(*arguments, **options)
    with _lock:
        _cpu_seconds += outcome.cpu_seconds
    return outcome


def cpu_seconds():
    """Of all that has ended."""
    with _lock:
        return _cpu_seconds
