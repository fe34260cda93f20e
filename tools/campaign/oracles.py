"""Oracles: what can be seen to be wrong, and programs that show it."""

import json
import pathlib
import re
import subprocess

from campaign import processes
from campaign.patches import Refusal

# Where the patches are that the programs name.
PATCHES = ("tests/faults", "tests/readings", "tests/oracles")

# How the end of a whole process is told, by the oracle that saw it.
PROCESS_ENDS = {
    "process.boot": "panicked while it booted",
    "process.address": "SUMMARY: AddressSanitizer: ",
    "process.undefined": "SUMMARY: UndefinedBehaviorSanitizer: ",
    "process.timeout": "SUMMARY: libFuzzer: timeout",
    "process.memory": "SUMMARY: libFuzzer: out-of-memory",
}

# A replay takes a fraction of a second; one that hangs is ended.
WALL_SECONDS = 60


class Example:
    """A program NAME.txt of a directory, and what its comments say: the
    oracles that see something when the fault is there, on which target, and a
    part of what is said then."""

    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self._text = path.read_text()
        self.oracles = " ".join(self._fields("oracle")).split()
        self.fault = self._field("fault")
        self.target = self._field("target")
        self.says = self._field("says")

    def _fields(self, key):
        found = re.findall(rf"^# {key}: *(.*?) *$", self._text, re.M)
        if not found or not all(found):
            raise Refusal(f"{self.path}: there is no '# {key}: ...'")
        return found

    def _field(self, key):
        return self._fields(key)[0]


def read_examples(directory):
    """All of a directory, in order."""
    paths = sorted(pathlib.Path(directory).glob("*.txt"))
    return [Example(path) for path in paths if path.name != "unseen.txt"]


def read_unseen(path):
    """By name, why no mistake makes an oracle see something."""
    unseen = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, why = line.partition(" ")
            if not why.strip():
                raise Refusal(f"{path}: {name}: there is no reason")
            unseen[name] = why.strip()
    return unseen


def list_all(el2diff, target=None):
    """What each oracle sees, by name, in the order of the list."""
    command = [el2diff, "oracles"] + (["--target", target] if target else [])
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise Refusal(said.stderr.strip())
    return dict(line.split(maxsplit=1) for line in said.stdout.splitlines())


def find_patch(root, name):
    """The path of the patch of this name."""
    for directory in PATCHES:
        path = root / directory / f"{name}.patch"
        if path.exists():
            return path
    raise Refusal(f"no fault '{name}' in {', '.join(PATCHES)}")


class Sight:
    """What a replay showed: the oracles that saw something, and what it
    said."""

    def __init__(self, text):
        self.words = text
        self.same = False
        self.oracles = {name for name, end in PROCESS_ENDS.items()
                        if end in text}
        for line in text.splitlines():
            if line.startswith('{"file"'):
                self._read(json.loads(line))

    def _read(self, replayed):
        self.same = replayed["end"] == "same"
        divergence = replayed.get("divergence")
        if divergence:
            self.words = divergence["words"]
            self.oracles.update(divergence["seen_by"])
            self.oracles.add(f"signature.{divergence['observation']}")


def replay(build, example, log):
    """Replay the program of an example on a build. That a call hangs is for an
    engine to see, so that takes the target, where the build has it."""
    environment = processes.environment()
    target = build.directory / example.target
    if "process.timeout" in example.oracles and target.exists():
        program = log.with_suffix(".program")
        processes.run([build.el2diff, "convert", example.path, "-o", program],
                      log, environment=environment)
        command = [target, "-timeout=2", "-rss_limit_mb=2560",
                   f"-artifact_prefix={log.parent}/", program]
    else:
        command = [build.el2diff, "replay", "--json", "--target",
                   example.target, example.path]
    processes.run(command, log, environment=environment,
                  wall_seconds=WALL_SECONDS)
    return Sight(log.read_text(errors="replace"))
