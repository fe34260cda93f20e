"""Faults: patches with a header, as tests/faults/ has them."""

import fnmatch
import pathlib
import re


class Refusal(Exception):
    """What was asked for cannot be done. One line says why."""


class Patch:
    """A file NAME.patch and what its header says."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.content = path.read_bytes()
        text = self.content.decode("utf-8", "replace")
        self._header = re.split(r"^--- ", text, maxsplit=1, flags=re.M)[0]

    def field(self, key, default=""):
        """The rest of the line "# KEY: ...", or else the default."""
        found = re.search(rf"^# {key}: *(.*?) *$", self._header, re.M)
        return found.group(1) if found else default

    @property
    def target(self):
        """The fuzz target that must find it."""
        return self.field("Target", "fuzz_pages")

    @property
    def traits(self):
        """What it is about, and what else is said of it, to be counted."""
        also = re.findall(r"^# Also: *(.*?) *$", self._header, re.M)
        return [self.field("Subject", "no subject"), *also]

    @property
    def about(self):
        """Its class in the words before the first full stop."""
        return self.field("Class").split(".")[0]

    @property
    def expected(self):
        """What the signature must end in; "" for anything."""
        return self.field("Expect")

    @property
    def finding(self):
        """A program in the source tree that it makes diverge, or ""."""
        return self.field("Finding")


def choose(directory, patterns):
    """The patches of a directory whose names match one of the patterns, in
    order; all of them without patterns."""
    patches = [Patch(path) for path in
               sorted(pathlib.Path(directory).glob("*.patch"))]
    if not patches:
        raise Refusal(f"there are no patches in {directory}")
    for pattern in patterns:
        if not any(fnmatch.fnmatch(p.name, pattern) for p in patches):
            raise Refusal(f"no fault '{pattern}' in {directory}")
    return [
        patch
        for patch in patches
        if not patterns
        or any(fnmatch.fnmatch(patch.name, pattern) for pattern in patterns)
    ]
