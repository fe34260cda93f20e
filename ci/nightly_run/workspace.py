"""The directory of the nightly run: what is where, and how a file is written so
that a run that is killed leaves either the old file or the new one."""

import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import time

from campaign.patches import Refusal

# In the environment of all that a run starts: "DIRECTORY#RUN".
MARK = "NIGHTLY_RUN"


def write_atomically(path, content):
    """Replace a file by text or bytes. Whoever reads it sees one or the
    other, also when this process ends in the middle."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.new")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def write_json(path, value):
    """The same for a value."""
    write_atomically(path, json.dumps(value, indent=1) + "\n")


def read_json(path, default):
    """What write_json() wrote, or the default when there is no such file or
    it is none of ours."""
    try:
        value = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default
    return value if isinstance(value, type(default)) else default


def read_text(path):
    """A file's text, whatever bytes it has; "" when it cannot be read."""
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def sha1_of(content):
    """As libFuzzer names an input."""
    return hashlib.sha1(content).hexdigest()


def _end_marked(mark):
    """End all processes whose mark begins like this."""
    words = f"{MARK}={mark}".encode()
    for _ in range(100):
        found = False
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                # One that has ended already has no environment.
                if b"\0" + words in b"\0" + (entry / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
            except OSError:
                continue
        if not found:
            return
        time.sleep(0.02)


class Workspace:
    """Where things are.

    builds/NAME/         build directories
    corpus/TARGET        what is known to cover something (corpora.py)
    seeds/TARGET/        what every corpus begins with
    incoming/JOB/        what one run of an engine writes, until it is taken
    findings/TARGET/...  what was found (findings.py)
    night/               counters, logs and samples of this night
    history.json         a record for each night
    known.json           what was true of known findings when last seen
    """

    def __init__(self, root, directory):
        self.root = root
        self.directory = directory
        self.builds = directory / "builds"
        self.corpus = directory / "corpus"
        self.seeds = directory / "seeds"
        self.incoming = directory / "incoming"
        self.findings = directory / "findings"
        self.night = directory / "night"
        self.statistics = self.night / "statistics"
        self.logs = self.night / "logs"
        self.history = directory / "history.json"
        self.known = directory / "known.json"
        self._lock = None

    def take(self):
        """Make the directory this process's own. Refuses when another run has
        it; what a killed run left running is ended first."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.directory / "lock", "w", encoding="ascii")
        except OSError as error:
            raise Refusal(f"{self.directory}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refusal(f"{self.directory}: another nightly run is using "
                          "this directory") from error
        _end_marked(f"{self.directory}#")
        mark = f"{self.directory}#{os.getpid()}-{time.time_ns()}"
        self._guard(mark)
        os.environ[MARK] = mark
        for place in (self.builds, self.corpus, self.seeds, self.incoming,
                      self.findings):
            place.mkdir(exist_ok=True)

    def begin_night(self):
        """Forget the counters and logs of the night before."""
        shutil.rmtree(self.night, ignore_errors=True)
        self.statistics.mkdir(parents=True)
        self.logs.mkdir()

    def _guard(self, mark):
        """A process that waits until this one is gone, however it went, and
        then ends what it started. Each of those is in a session of its own,
        and some start further ones."""
        end, kept = os.pipe()
        if os.fork() != 0:
            os.close(end)
            return  # `kept` closes with this process
        os.setsid()
        os.close(kept)
        # In a pipe the reader waits for whoever has these open.
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(null, descriptor)
        self._lock.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.read(end, 1)
        _end_marked(mark)
        os._exit(0)
