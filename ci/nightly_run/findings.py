"""What was found: for each target and signature a directory with a few programs
that show it, a minimized one, and how often it was seen.

A program is put there before anything else is done with it, and is only then
taken away from where the engine left it."""

import os
import pathlib
import re
import shutil
import threading

from campaign.engines import Report
from nightly_run.workspace import (read_json, sha1_of, write_atomically,
                                   write_json)

# So many programs are kept of each signature; the others are counted.
REPRODUCERS = 5

# Longest text of a finding that is kept, characters.
_SAYS = 8000


def folder_name(signature):
    """A signature as a name of a directory."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", signature).strip("-.")[:120] or "-"


class Sighting:
    """How a run ended, by what it printed: `signature` is "" when there is
    nothing to say of it."""

    def __init__(self, text):
        self.is_divergence = re.search(r"^DIVERGENCE \S", text, re.M)
        self.signature = Report(text).signature
        where = re.search(r"^SUMMARY: \w+: (\S+) (?:.* in (\w+)|(\S+))", text,
                          re.M)
        if self.is_divergence:
            self.signature = self.is_divergence[0].split()[1] + \
                re.match(r"\S*", text[self.is_divergence.end():])[0]
            words = re.search(r"^DIVERGENCE .*\n(?:.+\n)*", text, re.M)
            self.says = words[0]
        else:
            # Crashes in two functions are two findings, if names are known.
            if where and where[2]:
                self.signature += f" in {where[2]}"
            self.says = text[-_SAYS:]


class Finding:
    """One signature of one target. `record` is what its file has:

    signature, target   of it
    divergence          whether machines differed, or else a sanitizer, a limit
                        or the target itself ended the run
    count               runs that ended with it, and those that went past it
    first_seen, last_seen   times, as in history.json
    status              "present", or "gone": no program shows it any more
    came_back           it was gone, and no report has told yet that it is not
    minimizing_tried    whether the least program was looked for
    engine              what found it, in words
    build               which build shows it; of a divergence any does
    """

    def __init__(self, directory, record):
        self.directory = directory
        self.record = record
        self.tonight = 0   # what this night adds to the count
        self.seen = False  # a replay or an engine saw it tonight

    @property
    def key(self):
        """What tells findings apart."""
        return self.record["target"], self.record["signature"]

    @property
    def programs(self):
        """The files that show it, smallest first."""
        files = [path for path in (self.directory / "programs").glob("*")
                 if not path.name.startswith(".")]
        return sorted(files, key=lambda path: (path.stat().st_size, path.name))

    @property
    def minimized(self):
        """The least program, or None."""
        for name in ("minimized.txt", "minimized"):
            if (self.directory / name).exists():
                return self.directory / name
        return None

    def save(self):
        """Write the record."""
        write_json(self.directory / "finding.json", self.record)


class Findings:
    """All of them. Methods may be called by several threads."""

    def __init__(self, workspace, now):
        self._directory = workspace.findings
        self._now = now
        self._lock = threading.Lock()
        self._all = {}
        for path in sorted(self._directory.glob("*/*/finding.json")):
            record = read_json(path, {})
            if "build" in record:  # the last that is written
                finding = Finding(path.parent, record)
                self._all[finding.key] = finding
        # A run was killed while it wrote a first program.
        for place in self._directory.glob("*/*"):
            if not (place / "finding.json").exists():
                shutil.rmtree(place)

    def __iter__(self):
        with self._lock:
            return iter(sorted(self._all.values(), key=lambda f: f.key))

    def get(self, target, signature):
        """The finding, or None."""
        return self._all.get((target, signature))

    def present(self, target):
        """The signatures of divergences that a run of the target would end
        with."""
        with self._lock:
            return sorted(
                f.record["signature"] for f in self._all.values()
                if f.record["target"] == target and f.record["divergence"] and
                f.record["status"] == "present")

    def add(self, target, sighting, program, engine, build="libfuzzer",
            counts=True):
        """Keep a program, a file that stays where it is, that ended as told.
        Returns the finding and whether it has no least program yet."""
        with self._lock:
            key = target, sighting.signature
            finding = self._all.get(key) or self._begin(
                key, sighting, engine, build)
            content = pathlib.Path(program).read_bytes()
            place = finding.directory / "programs" / sha1_of(content)
            if not place.exists() and len(finding.programs) < REPRODUCERS:
                write_atomically(place, content)
            if counts:
                finding.record["count"] += 1
                finding.tonight += 1
            self._note_presence(finding)
            finding.save()
            self._all[key] = finding
            return finding, finding.minimized is None

    def _begin(self, key, sighting, engine, build):
        target, signature = key
        directory = self._directory / target / folder_name(signature)
        while directory.exists():  # another signature with such a name
            directory = directory.with_name(directory.name + "-")
        (directory / "programs").mkdir(parents=True)
        write_atomically(directory / "says.txt", sighting.says)
        return Finding(directory, {
            "target": target, "signature": signature,
            "divergence": bool(sighting.is_divergence), "count": 0,
            "first_seen": self._now, "last_seen": self._now,
            "status": "present", "came_back": False, "minimizing_tried": False,
            "engine": engine, "build": build})

    def _note_presence(self, finding):
        finding.seen = True
        if finding.record["status"] == "gone":
            finding.record["came_back"] = True
        finding.record.update(status="present", last_seen=self._now)

    def replayed(self, finding, shows):
        """A replay of all its programs showed it, or none did."""
        with self._lock:
            if shows:
                self._note_presence(finding)
            elif not finding.seen:
                finding.record["status"] = "gone"
            finding.save()

    def gone_past(self, target, signature, count):
        """Runs went past it so often."""
        with self._lock:
            finding = self._all.get((target, signature))
            if finding and count:
                finding.record["count"] += count
                finding.tonight += count
                self._note_presence(finding)
                finding.save()

    def reported(self):
        """A report has told of all of them."""
        with self._lock:
            for finding in self._all.values():
                if finding.record["came_back"]:
                    finding.record["came_back"] = False
                    finding.save()

    def tried_to_minimize(self, finding):
        """It is not to be tried again."""
        with self._lock:
            finding.record["minimizing_tried"] = True
            finding.save()

    def keep_minimized(self, finding, path):
        """Take the least program, a file in the same file system; the name
        says whether it is text."""
        with self._lock:
            name = "minimized" + pathlib.Path(path).suffix
            os.replace(path, finding.directory / name)
