"""The engines: one slice of one of them on one target, what it left, and
merging a corpus.

libFuzzer ends at the first thing that it finds. Its -fork mode would go on by
itself, but only by ending on the same divergence again and again, each time
with a new process; a target that is told the signature goes past it at full
speed, and what lies behind it is tried. So a slice starts the engine again for
the time that is left, past what it found (EL2DIFF_PAST, fuzz/target.h)."""

import os
import re
import shutil
import signal
import time

from campaign import processes
from nightly_run import counters, running
from nightly_run.findings import Sighting
from nightly_run.workspace import read_json, read_text, write_json

# By name, which is also that of its build: what it is called with.
NAMES = {
    "libfuzzer": "libFuzzer, address and undefined sanitizer",
    "msan": "libFuzzer, memory sanitizer",
    "afl": "AFL++, address and undefined sanitizer",
}

# AFL++ takes this long until it fuzzes; shorter slices are not given to it.
AFL_LEAST_SECONDS = 20

# A crash, which cannot be gone past, ends the engine so often in a slice at
# most.
_CRASHES_PER_SLICE = 10

# Seconds that an input may take, and that a replay may.
_INPUT_SECONDS = 25
_REPLAY_SECONDS = 120

_FOUND = ("crash-", "timeout-", "oom-", "leak-")


def longest_input(target):
    """Bytes. Device trees are larger than programs."""
    return 65536 if target == "fuzz_platform" else 4096


def _limits(target):
    return [f"-max_len={longest_input(target)}", f"-timeout={_INPUT_SECONDS}",
            "-rss_limit_mb=2560"]


def _environment(symbolize, **variables):
    """The same for all sanitizers: with names in stacks, which take seconds,
    or without."""
    return processes.environment(**{
        "ASAN_OPTIONS": f"symbolize={symbolize}:detect_leaks=0",
        "MSAN_OPTIONS": f"symbolize={symbolize}",
        "UBSAN_OPTIONS": f"symbolize={symbolize}:halt_on_error=1",
        **variables})


class Engines:
    """Runs them. `built` maps the name of a build to the directory of its
    programs."""

    def __init__(self, workspace, corpora, findings, built):
        self.workspace = workspace
        self.corpora = corpora
        self.findings = findings
        self.built = built

    def el2diff(self):
        """The command line that knows what targets count and find."""
        return self.built["libfuzzer"] / "el2diff"

    def replay(self, build, target, program, log):
        """How a program in bytes ends in a build for libFuzzer, with nothing
        gone past."""
        return self._see([self.built[build] / target, *_limits(target),
                          program], log)

    def replay_text(self, target, program, log):
        """How a program in text, or bytes, ends."""
        return self._see([self.el2diff(), "replay", "--quiet", "--target",
                          target, program], log)

    def _see(self, command, log):
        """How a command ends. A crash is run again for the names in its
        stack, which tell it from others."""
        for symbolize in (0, 1):
            outcome = running.run(
                command, log, directory=self.workspace.night,
                wall_seconds=_REPLAY_SECONDS,
                environment=_environment(symbolize))
            sighting = Sighting(read_text(log))
            if not sighting.signature or sighting.is_divergence:
                break
        if not sighting.signature and outcome.status == -signal.SIGKILL:
            sighting.signature = "libFuzzer: timeout"
        return sighting

    def merge(self, target, past, log, seconds):
        """Leave out of a corpus what covers nothing that smaller inputs do
        not. Returns how many inputs went; none when it took too long."""
        def run(new, old):
            outcome = running.run(
                [self.built["libfuzzer"] / target, *_limits(target),
                 "-merge=1", new, old, self.workspace.seeds / target], log,
                directory=self.workspace.night, wall_seconds=seconds,
                environment=_environment(
                    0, EL2DIFF_PAST=",".join(past)))
            return outcome.status == 0
        return self.corpora[target].merge(run)

    def minimize(self, finding, log):
        """Make the least program that shows a finding and keep it. Where
        that fails it has none, and its smallest program must do."""
        target = finding.record["target"]
        program = finding.programs[0]
        is_program = (finding.record["divergence"] and
                      target != "fuzz_platform")
        small = finding.directory / (
            ".small.txt" if is_program else ".small")
        small.unlink(missing_ok=True)
        if is_program:
            command = [self.el2diff(), "minimize", "--target", target, program,
                       "-o", small]
        else:
            command = [self.built[finding.record["build"]] / target,
                       *_limits(target), "-minimize_crash=1",
                       "-max_total_time=20", f"-exact_artifact_path={small}",
                       program]
        running.run(command, log, directory=self.workspace.night,
                    wall_seconds=_REPLAY_SECONDS, environment=_environment(0))
        self.findings.tried_to_minimize(finding)
        if not small.exists():
            return
        again = (self.replay_text(target, small, log) if is_program else
                 self.replay(finding.record["build"], target, small, log))
        if again.signature == finding.record["signature"]:
            self.findings.keep_minimized(finding, small)
        else:
            small.unlink()


class Slice:
    """So many seconds of an engine on a target, in a directory of its own:

    job.json   engine and target
    new/       libFuzzer's new inputs
    found/     what libFuzzer ended with
    afl/       AFL++'s files
    log        what it printed
    """

    def __init__(self, engines, engine, target, worker):
        self.engines = engines
        self.engine = engine
        self.target = target
        # What its crashes, which only a sanitizer may see, are run in again.
        self.build = "msan" if engine == "msan" else "libfuzzer"
        self.name = f"{target}.{engine}.{worker}"
        # No other run's, whose directory may still have to be taken.
        self.directory = (engines.workspace.incoming /
                          f"{self.name}.{os.getpid()}-{time.time_ns()}")
        self.log = self.directory / "log"
        self.statistics = engines.workspace.statistics / self.name
        self.executions = 0   # of a target that counts none itself
        self.cpu_seconds = 0.0
        self.found = []       # findings, that have no least program yet
        self.trouble = None   # why it ended early

    def run(self, seconds, past, seed):
        """Fuzz. `past()` tells what to go past now."""
        end = time.monotonic() + seconds
        crashes = 0
        while (left := int(end - time.monotonic())) >= 1:
            self._begin()
            signatures = past()
            before = self._gone_past() if signatures else {}
            outcome = self._engine(left, signatures, seed)
            self.cpu_seconds += outcome.cpu_seconds
            if signatures:
                self._count_past(before)
            found = self.take(counts=True)
            if not found:
                if outcome.status not in (0, -signal.SIGKILL):
                    self._tell_trouble(outcome.status)
                break
            crashes += any(not f.record["divergence"] for f in found)
            again = [f.record["signature"] for f in found
                     if f.record["signature"] in signatures]
            if crashes > _CRASHES_PER_SLICE or again:
                self.trouble = (f"{self.engine} ended on "
                                f"{found[0].record['signature']} again and "
                                "again")
                break
            seed += 1

    def _tell_trouble(self, status):
        """Only when it ended before its time without a finding."""
        text = read_text(self.engines.workspace.logs / f"{self.name}.log")
        # AFL++ writes in colours, which it cannot be asked not to do.
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()]B", "", text)
        lines = [line for line in text.split("\n") if line.strip()]
        told = ([line for line in lines if "ABORT" in line or "ERROR" in line]
                or lines or ["it said nothing"])
        self.trouble = (f"{self.engine} ended with status {status}: "
                        f"{told[-1].strip()[:200]}")

    def _begin(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        write_json(self.directory / "job.json",
                   {"engine": self.engine, "target": self.target})
        for name in ("new", "found", "seeds"):
            (self.directory / name).mkdir()

    def _gone_past(self):
        return counters.gone_past(self.engines.el2diff(), self.statistics)

    def _count_past(self, before):
        for signature, count in self._gone_past().items():
            self.engines.findings.gone_past(
                self.target, signature, count - before.get(signature, 0))

    def _environment(self, signatures, **variables):
        if signatures:
            variables["EL2DIFF_PAST"] = ",".join(signatures)
        if self.target != "fuzz_platform":
            variables["EL2DIFF_STATISTICS"] = str(self.statistics)
        return _environment(0, **variables)

    def _engine(self, seconds, signatures, seed):
        run = self._afl if self.engine == "afl" else self._libfuzzer
        outcome = run(seconds, signatures, seed)
        shutil.copyfile(self.log, self.engines.workspace.logs /
                        f"{self.name}.log")
        return outcome

    def _libfuzzer(self, seconds, signatures, seed):
        workspace = self.engines.workspace
        command = [
            self.engines.built[self.engine] / self.target,
            *_limits(self.target), f"-max_total_time={seconds}",
            f"-seed={seed}", "-print_final_stats=1", "-reload=0",
            f"-artifact_prefix={self.directory}/found/", self.directory / "new",
            workspace.corpus / self.target, workspace.seeds / self.target]
        outcome = running.run(
            command, self.log, directory=self.directory,
            environment=self._environment(signatures),
            wall_seconds=seconds + 2 * _INPUT_SECONDS)
        counts = re.findall(r"^stat::number_of_executed_units: *(\d+)",
                            read_text(self.log), re.M)
        self.executions += int(counts[-1]) if counts else 0
        return outcome

    def _afl(self, seconds, signatures, seed):
        seeds = self.directory / "seeds"
        self._link_seeds(seeds)
        command = ["afl-fuzz", "-i", seeds, "-o", self.directory / "afl",
                   "-s", seed, "-m", "none", "-t", "10000", "-V", seconds,
                   "-G", longest_input(self.target)]
        variables = {
            "AFL_BENCH_UNTIL_CRASH": "1", "AFL_NO_UI": "1",
            "AFL_NO_AFFINITY": "1", "AFL_SKIP_CPUFREQ": "1",
            "AFL_FAST_CAL": "1", "AFL_SKIP_CRASHES": "1",
            "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
            # It refuses to start where these are not as it wants them.
            "ASAN_OPTIONS": "abort_on_error=1:symbolize=0:detect_leaks=0",
            "MSAN_OPTIONS": "exit_code=86:symbolize=0",
            "UBSAN_OPTIONS": "abort_on_error=1:symbolize=0:halt_on_error=1"}
        if self.target != "fuzz_platform":
            library = self.engines.built["afl"] / "afl_mutator.so"
            variables.update(EL2DIFF_TARGET=self.target,
                             AFL_CUSTOM_MUTATOR_LIBRARY=str(library),
                             AFL_CUSTOM_MUTATOR_ONLY="1")
        command += ["--", self.engines.built["afl"] / self.target]
        outcome = running.run(
            command, self.log, directory=self.directory,
            environment=self._environment(signatures, **variables),
            wall_seconds=seconds + 3, metered_seconds=100 * seconds)
        said = re.search(r"^execs_done *: *(\d+)",
                         read_text(self.directory /
                                   "afl/default/fuzzer_stats"), re.M)
        self.executions += int(said[1]) if said else 0
        return outcome

    def _link_seeds(self, seeds):
        """It starts from one directory, and takes no empty file."""
        workspace = self.engines.workspace
        for source in (workspace.corpus / self.target,
                       workspace.seeds / self.target):
            for name in os.listdir(source):
                try:
                    if (source / name).stat().st_size > 0:
                        os.link(source / name, seeds / name)
                except OSError:
                    continue
        (seeds / "first").write_bytes(bytes(1))

    def _inputs(self):
        yield from (self.directory / "new").glob("*")
        for path in self.directory.glob("afl/*/queue/id*"):
            if ",orig:" not in path.name:
                yield path

    def _ends(self):
        """What a run ended with."""
        for path in sorted((self.directory / "found").glob("*")):
            if path.name.startswith(_FOUND):
                yield path
        yield from sorted(self.directory.glob("afl/*/crashes*/id*"))
        yield from sorted(self.directory.glob("afl/*/hangs*/id*"))

    def _sighting(self, path, told):
        """What a run ended with, when `told` is what the engine printed. None
        for an input that only a busy machine took too long for."""
        if told.is_divergence and "found" in path.parts:
            return told
        sighting = self.engines.replay(
            self.build, self.target, path, self.engines.workspace.logs /
            f"{self.name}.replay.log")
        if not sighting.signature:
            if path.name.startswith("timeout-") or "hangs" in path.parts:
                self.trouble = "an input took too long, and not when run again"
                return None
            sighting.signature = (f"{told.signature or self.engine}, and not "
                                  "when run again")
        return sighting

    def take(self, counts):
        """Take all that it left: findings first, then the inputs. Then it
        has a directory no more. Returns the findings."""
        found = []
        told = Sighting(read_text(self.log))
        for path in self._ends():
            sighting = self._sighting(path, told)
            if sighting is None:
                continue
            finding, wants_less = self.engines.findings.add(
                self.target, sighting, path,
                NAMES[self.engine], self.build, counts)
            found.append(finding)
            if wants_less and finding not in self.found:
                self.found.append(finding)
        self.engines.corpora[self.target].adopt(self._inputs())
        shutil.rmtree(self.directory)
        return found


def take_leftovers(engines, directories, targets, build):
    """Take what killed runs left in directories of incoming/, of these targets,
    that a build can say what it is of. Returns the findings that have no least
    program yet."""
    found = []
    for directory in directories:
        job = read_json(directory / "job.json", {})
        if not job:  # killed before it began, or taken already
            shutil.rmtree(directory, ignore_errors=True)
        if job.get("target") not in targets:
            continue
        left = Slice(engines, job["engine"], job["target"], "left")
        if left.build == build:
            left.directory = directory
            left.log = directory / "log"
            left.take(counts=False)
            found += left.found
    return found
