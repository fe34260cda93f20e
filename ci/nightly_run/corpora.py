"""The corpus of each target, that outlives the nights.

corpus/TARGET is a link to a directory .TARGET.N beside it. Engines never write
there: each writes into a directory of its own, and what is new is moved in,
file by file, under the hash of its content. A merge makes the directory
.TARGET.N+1, and when that is complete the link is replaced; so whenever a run
is killed, the link leads to all that was known."""

import os
import pathlib
import re
import shutil
import threading

from nightly_run.workspace import sha1_of

# What libFuzzer names an input, and only that is one of a corpus.
_NAME = re.compile(r"[0-9a-f]{40}")


class Corpus:
    """One target's inputs. All methods may be called by several threads."""

    def __init__(self, workspace, target):
        self.target = target
        self.link = workspace.corpus / target
        self._lock = threading.Lock()
        self._clean()

    def _number(self):
        return int(os.readlink(self.link).rpartition(".")[2])

    def _place(self, number):
        return self.link.parent / f".{self.target}.{number}"

    def _clean(self):
        """Begin a corpus, or leave out what a killed run did not finish or
        had replaced already."""
        if not self.link.is_symlink():
            self._place(0).mkdir(exist_ok=True)
            self._point_to(0)
        current = os.readlink(self.link)
        for place in self.link.parent.glob(f".{self.target}.*"):
            if place.name != current:
                if place.is_symlink():
                    place.unlink()
                else:
                    shutil.rmtree(place)

    def _point_to(self, number):
        temporary = self.link.parent / f".{self.target}.link"
        temporary.unlink(missing_ok=True)
        os.symlink(self._place(number).name, temporary)
        os.replace(temporary, self.link)

    def names(self):
        """The inputs that it has now."""
        with self._lock:
            return {name for name in os.listdir(self.link)
                    if _NAME.fullmatch(name)}

    def adopt(self, files):
        """Take inputs, from the same file system, out of where an engine left
        them. Returns how many were new. Empty ones are none."""
        new = 0
        for path in files:
            try:
                content = pathlib.Path(path).read_bytes()
            except OSError:
                continue
            if not content:
                continue
            with self._lock:
                place = self.link / sha1_of(content)
                new += not place.exists()
                os.replace(path, place)
        return new

    def merge(self, run):
        """Replace the corpus by what `run(new, old)` keeps of it: a function
        that fills the directory `new` from `old` and says whether it did all of
        that. What comes in meanwhile stays. Returns how many inputs went."""
        with self._lock:
            number = self._number() + 1
        new = self._place(number)
        new.mkdir()
        before = self.names()
        if not run(new, self.link) or (before and not os.listdir(new)):
            shutil.rmtree(new)
            return 0
        with self._lock:
            old = self._place(number - 1)
            for name in os.listdir(old):
                if name not in before and not (new / name).exists():
                    os.link(old / name, new / name)
            self._point_to(number)
        shutil.rmtree(old)
        return len(before) - len(before & self.names())
