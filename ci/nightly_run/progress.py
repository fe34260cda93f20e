"""One line on a terminal, nothing in a pipe."""

import os
import shutil
import sys


class Progress:
    """The line."""

    def __init__(self):
        self._shows = (sys.stdout.isatty() and
                       os.environ.get("TERM", "dumb") != "dumb")

    def show(self, text):
        """Replace it."""
        if self._shows:
            width = shutil.get_terminal_size().columns
            print(f"\r\033[K{text[:width - 1]}", end="", flush=True)

    def clear(self):
        """Leave no line."""
        if self._shows:
            print("\r\033[K", end="", flush=True)
