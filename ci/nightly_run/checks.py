"""What is looked at besides fuzzing: that past findings still are, or are not;
that a planted fault is found; that every build runs the same programs the
same."""

import os
import re
import shutil
import subprocess
import threading

from campaign import processes
from nightly_run import running
from nightly_run.builds import CANARIES
from nightly_run.findings import Sighting
from nightly_run.workspace import read_text

# Seconds within which a planted fault is found, usually in less than one.
_CANARY_SECONDS = 30

# What a sanitizer ends el2diff with, which is none of its own.
_SANITIZER_STATUS = 86


class Canaries:
    """The targets over the EL2 code with a fault planted in it."""

    def __init__(self, workspace, built):
        self._workspace = workspace
        self._built = built
        self.results = {}  # by canary: whether it found its fault

    def check(self, canary):
        """Whether it finds it."""
        log = self._workspace.logs / f"{canary}.log"
        running.run(
            [self._built["libfuzzer"] / canary, "-seed=1", "-max_len=4096",
             f"-max_total_time={_CANARY_SECONDS}",
             f"-artifact_prefix={self._workspace.night}/{canary}-"], log,
            directory=self._workspace.night,
            wall_seconds=4 * _CANARY_SECONDS,
            environment=processes.environment())
        self.results[canary] = bool(
            re.search(r"^DIVERGENCE ", read_text(log), re.M))
        return self.results[canary]

    @staticmethod
    def of(target):
        """The one that looks after a target, or None: it compares nothing."""
        return CANARIES.get(target)


class Past:
    """Findings of earlier nights, and known ones, run again."""

    def __init__(self, engines, findings, logs):
        self._engines = engines
        self._findings = findings
        self._logs = logs

    def replay(self, finding):
        """Run its programs until one shows it. What a program shows instead
        is a finding too."""
        target = finding.record["target"]
        shows = False
        programs = finding.programs
        if finding.minimized:
            programs = [finding.minimized, *programs]
        for program in programs:
            sighting = self._run(finding, program)
            if sighting.signature == finding.record["signature"]:
                shows = True
                break
            if sighting.signature and program.suffix != ".txt":
                self._findings.add(target, sighting, program, "replay")
        self._findings.replayed(finding, shows)

    def _run(self, finding, program):
        target = finding.record["target"]
        log = self._logs / f"past.{target}.{finding.directory.name}.log"
        if finding.record["divergence"] and target != "fuzz_platform":
            return self._engines.replay_text(target, program, log)
        return self._engines.replay(finding.record["build"], target, program,
                                    log)

    def replay_known(self, entry, root):
        """Run the program of an entry of the file of known findings."""
        log = self._logs / f"known.{entry.target}.{entry.line}.log"
        program = root / entry.program
        if entry.target == "fuzz_platform":
            sighting = self._engines.replay("libfuzzer", entry.target,
                                            program, log)
        else:
            sighting = self._engines.replay_text(entry.target, program, log)
        entry.shows = sighting.signature == entry.signature
        entry.tried = True


class Everywhere:
    """The committed corpus, and that of yesterday, on every build."""

    def __init__(self, workspace, engines, built):
        self._workspace = workspace
        self._engines = engines
        self._built = built
        self._lock = threading.Lock()
        self._said = {}  # by what was run: by build: what it printed
        self.problems = []
        self.programs = 0  # that were run, over all builds

    def snapshot(self, target):
        """The corpus of a target as it is now, in a directory that stays as
        it is. None when it is empty."""
        place = self._workspace.night / "corpus" / target
        place.mkdir(parents=True)
        corpus = self._workspace.corpus / target
        for name in os.listdir(corpus):
            os.link(corpus / name, place / name)
        return place if os.listdir(place) else None

    def run(self, build, what, arguments):
        """Run programs on a build; `what` says which. Returns the new
        findings."""
        log = self._workspace.logs / f"regress.{build}.{what}.log"
        outcome = running.run(
            [self._built[build] / "el2diff", "regress", *arguments], log,
            directory=self._workspace.root,
            environment=processes.environment(
                ASAN_OPTIONS=f"exitcode={_SANITIZER_STATUS}:symbolize=1",
                MSAN_OPTIONS=f"exitcode={_SANITIZER_STATUS}",
                UBSAN_OPTIONS="print_stacktrace=1"))
        said = read_text(log)
        found = self._take(build, said)
        if outcome.status not in (0, 1) or (outcome.status == 1 and not found):
            last = re.search(r"^SUMMARY: .*", said, re.M)
            why = last[0] if last else said.strip().split("\n")[-1]
            with self._lock:
                self.problems.append(
                    f"{what} in the build {build} ended with status "
                    f"{outcome.status}: {why}; see {log}")
            return found
        with self._lock:
            self.programs += sum(map(int, re.findall(r": (\d+) programs, ",
                                                     said)))
            others = self._said.setdefault(what, {})
            for other, same in others.items():
                if same != said:
                    self.problems.append(
                        f"{what} does not run the same in the builds {other} "
                        f"and {build}; see {log.parent}")
            others[build] = said
        return found

    def _take(self, build, said):
        """The findings of what it printed."""
        found = []
        pattern = (r"^(DIVERGENCE (\S+)) in .*\n((?:(?!DIVERGENCE ).+\n)*?)"
                   r"replay: (.*)$")
        for match in re.finditer(pattern, said, re.M):
            sighting = Sighting(f"{match[1]}\n{match[3]}")
            target = re.search(r"--target (\S+)", match[4])[1]
            program = self._program(match[4], build)
            if program is None:
                self.problems.append(f"{match[1]} in the build {build}, and "
                                     "its program cannot be had")
                continue
            finding, _ = self._engines.findings.add(
                target, sighting, program, f"regress, {build}")
            found.append(finding)
        return found

    def _program(self, replay, build):
        """The program, in bytes, of a line that tells how to replay it."""
        el2diff = self._engines.el2diff()
        packed = re.match(r"el2diff unpack --entry (\d+) (.*) \|", replay)
        place = self._workspace.night / f"regressed.{build}"
        place.unlink(missing_ok=True)
        if packed:
            with open(place, "wb") as output:
                subprocess.run([el2diff, "unpack", "--entry", packed[1],
                                packed[2]], stdout=output, check=False,
                               cwd=self._workspace.root, timeout=60)
        else:
            path = self._workspace.root / replay.split()[-1]
            if path.read_bytes().startswith(b"el2diff program"):
                subprocess.run([el2diff, "convert", "--to", "bytes", path,
                                "-o", place], check=False, timeout=60)
            else:
                shutil.copyfile(path, place)
        return place if place.exists() and place.stat().st_size else None
