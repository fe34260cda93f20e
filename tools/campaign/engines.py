"""What looks for a fault, and what came of it."""

import json
import pathlib
import re
import shutil
import signal

from campaign import processes
from campaign.patches import Refusal

# By name: what a target's environment has for it (fuzz/target.h). `afl` drives
# another build.
ENGINES = {
    "libfuzzer": {},
    "libfuzzer-raw": {"EL2DIFF_MUTATION": "bytes"},
    "random": {"EL2DIFF_MUTATION": "random"},
    "crash-only": {"EL2DIFF_ORACLES": "crashes"},
    "afl": {},
    "explore": {},
}

# What `explore` goes through: the sets of calls of `el2diff explore`, first all
# of them as deep as takes no time, then as far as there is time. All of `pages`
# is in `dma`.
DOMAINS = ("tables", "edges", "devices", "dma", "hypercalls")
NEAR = 3

# On a machine with other work CPU seconds take longer; a process that sleeps
# ends all the same.
WALL_PER_CPU = 20

REPLAYS = 3

# libFuzzer's option for after how many seconds a program never ends; as in
# tools/fuzz.
TIMEOUT = "-timeout=10"


def flavour_of(engine):
    """Which build the engine drives; see builds.FLAVOURS."""
    return "afl" if engine == "afl" else "libfuzzer"


class Report:
    """What a target or a replay said: the signature of a divergence or the
    kind of a crash, "" for neither, and which oracle saw it."""

    def __init__(self, text):
        self.signature = ""
        self.oracle = None
        divergence = re.search(r"^DIVERGENCE (\S+)\n((?:.+\n)*)", text, re.M)
        crash = re.search(r"^SUMMARY: (\w+): (\S+)", text, re.M)
        if divergence:
            self.signature = divergence[1]
            self.oracle = divergence[1].rpartition(".")[2]
            if re.search(r"^fault: ", divergence[2], re.M):
                self.oracle = "fault"
        elif crash:
            self.signature = f"{crash[1]}: {crash[2]}"
            self.oracle = ("sanitizer" if crash[1].endswith("Sanitizer")
                           else crash[2])


def check(engine):
    """Refuse an engine that is not there."""
    if engine == "afl" and shutil.which("afl-fuzz") is None:
        raise Refusal("there is no afl-fuzz: install afl++")


def _read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _json_in(text):
    """The object that a command printed, whatever a sanitizer said before."""
    start = text.find("{\n")
    try:
        return json.loads(text[start:]) if start >= 0 else {}
    except ValueError:
        return {}


class Run:
    """One engine with one seed on one fault. `result` is a row of the
    results."""

    def __init__(self, root, patch, build, no_fault, engine, seed, seconds):
        self.root = root
        self.patch = patch
        self.build = build
        self.no_fault = no_fault
        self.engine = engine
        self.seconds = seconds
        self.directory = build.directory / f"{engine}-{seed}"
        self.log = self.directory / "log"
        self.result = {
            "name": patch.name,
            "class": patch.about,
            "target": patch.target,
            "engine": engine,
            "seed": seed,
            "seconds": seconds,
            "found": False,
            "executions": 0,
            "calls": 0,
            "cpu_seconds": 0.0,
            "calls_found": None,
            "calls_minimized": None,
            "oracle": None,
            "signature": None,
            "program": None,
            "why_not": None,
        }

    def go(self):
        """Look for the fault, and see that what was found is one."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        outcome = self._fuzz()
        self._count(outcome)
        report = Report(_read(self.log))
        program = self._program()
        if program is None:
            self._not_found(outcome, report)
            return
        if not report.signature:
            report = self._replay(self.build, program, "replay.log")
        self.result["signature"] = report.signature
        why_not = self._why_not(report, program)
        if why_not:
            self.result["why_not"] = why_not
            return
        self.result.update(
            found=True, oracle=report.oracle, program=str(program),
            calls_found=self._calls_of(program, "found.txt"))
        self.result["calls_minimized"] = self._minimize(program)

    def _fuzz(self):
        if self.engine == "afl":
            return self._fuzz_with_afl()
        if self.engine == "explore":
            return self._explore()
        command = [self.build.target, f"-seed={self.result['seed']}",
                   "-max_len=4096", TIMEOUT, "-rss_limit_mb=2560",
                   "-print_final_stats=1", "-artifact_prefix=./"]
        return processes.run(
            processes.with_cpu_limit(command, self.seconds), self.log,
            directory=self.directory,
            environment=processes.environment(
                EL2DIFF_STATISTICS="statistics", **ENGINES[self.engine]),
            wall_seconds=WALL_PER_CPU * self.seconds)

    def _fuzz_with_afl(self):
        seeds = self.directory / "seeds"
        seeds.mkdir()
        # It takes no empty file, and a program of one byte has no calls.
        (seeds / "empty").write_bytes(bytes(1))
        command = ["afl-fuzz", "-i", seeds, "-o", self.directory / "out",
                   "-s", self.result["seed"], "-m", "none", "-t", "10000",
                   "--", self.build.target]
        library = self.build.directory / "afl_mutator.so"
        return processes.run(
            command, self.log, directory=self.directory,
            environment=processes.environment(
                EL2DIFF_STATISTICS=str(self.directory / "statistics"),
                EL2DIFF_TARGET=self.patch.target,
                AFL_CUSTOM_MUTATOR_LIBRARY=str(library),
                AFL_CUSTOM_MUTATOR_ONLY="1", AFL_BENCH_UNTIL_CRASH="1",
                AFL_NO_UI="1", AFL_NO_AFFINITY="1", AFL_SKIP_CPUFREQ="1",
                AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES="1",
                ASAN_OPTIONS="abort_on_error=1:symbolize=0:detect_leaks=0",
                UBSAN_OPTIONS="abort_on_error=1:symbolize=0:halt_on_error=1"),
            wall_seconds=WALL_PER_CPU * self.seconds,
            metered_seconds=self.seconds)

    def _explore(self):
        """Near states first, then each set of calls gets its share of the time
        that is left. `executions` are states, `calls` the transitions from
        them. A set that cannot be explored is told when none finds anything."""
        spent = 0.0
        status = 0
        for depth in ["--depth", NEAR], []:
            for number, domain in enumerate(DOMAINS):
                share = (self.seconds - spent) / (len(DOMAINS) - number)
                outcome = self._explore_set(domain, max(1, int(share)), depth)
                spent += outcome.cpu_seconds
                status = status or outcome.status
                if self._program() is not None:
                    return processes.Outcome(status, spent)
        return processes.Outcome(status, spent)

    def _explore_set(self, domain, seconds, depth):
        outcome = processes.run(
            [self.build.el2diff, "explore", "--calls", domain, "--workers", "1",
             "--seconds", seconds, "--json", *depth,
             "-o", self.directory / f"crash-{domain}.txt"],
            self.log, directory=self.directory,
            environment=processes.environment(),
            wall_seconds=WALL_PER_CPU * self.seconds)
        told = _json_in(_read(self.log))
        self.result["executions"] += int(told.get("states", 0))
        self.result["calls"] += int(told.get("transitions", 0))
        return outcome

    def _count(self, outcome):
        if self.engine == "explore":
            self.result["cpu_seconds"] = round(outcome.cpu_seconds, 3)
            return
        log = self.directory / "counters"
        processes.run([self.no_fault.el2diff, "statistics",
                       self.directory / "statistics"], log)
        for name, counter in (("programs", "executions"), ("calls", "calls")):
            found = re.search(rf"^{name} (\d+)$", _read(log), re.M)
            self.result[counter] = int(found[1]) if found else 0
        self.result["cpu_seconds"] = round(
            min(outcome.cpu_seconds, self.seconds), 3)

    def _program(self):
        found = [path for kind in ("crash-", "timeout-", "oom-",
                                   "out/default/crashes/id:")
                 for path in sorted(self.directory.glob(f"{kind}*"))]
        return found[0] if found else None

    def _not_found(self, outcome, report):
        ran_out = (outcome.status == -signal.SIGXCPU or
                   outcome.cpu_seconds >= self.seconds)
        if self.engine == "explore":
            # It ends by itself when its time is over.
            ran_out = outcome.status == 0
        if ran_out:
            self.result["why_not"] = f"not within {self.seconds} CPU seconds"
        elif outcome.status == -signal.SIGKILL:
            self.result["why_not"] = (
                f"ended after {WALL_PER_CPU * self.seconds} s without as many "
                f"CPU seconds as it was given, see {self.log}")
        else:
            self.result["why_not"] = (
                f"ended with status {outcome.status} and left no program "
                f"({report.signature}), see {self.log}")

    def _replay(self, build, program, log, target=None):
        """What a replay says. Without a comparison, or of code that never
        ends, only the target itself says what it said when the program was
        found."""
        log = self.directory / log
        endless = pathlib.Path(program).name.startswith("timeout-")
        if (self.engine == "crash-only" or endless) and build is self.build:
            command = [build.target, TIMEOUT, program]
        else:
            command = [build.el2diff, "replay", "--quiet", "--target",
                       target or self.patch.target, program]
        outcome = processes.run(
            command, log, wall_seconds=60,
            environment=processes.environment(**ENGINES[self.engine]))
        report = Report(_read(log))
        if not report.signature and outcome.status != 0:
            report.signature = f"status {outcome.status}"
        return report

    def _why_not(self, report, program):
        """Why what was found does not count, or None."""
        if not report.signature.endswith(self.patch.expected):
            return f"found {report.signature}, which was not expected"
        why = self._why_no_replay(program, report.signature)
        if why is None and self.patch.finding and self.engine == "libfuzzer":
            why = self._why_no_finding()
        return why

    def _why_no_replay(self, program, signature):
        """The program must end like that each time with the fault, and
        never without it."""
        for _ in range(REPLAYS):
            again = self._replay(self.build, program, "replay.log").signature
            if again != signature:
                return f"{signature} replays as {again or 'nothing'}"
        clean = self._replay(self.no_fault, program, "clean.log").signature
        if clean:
            return f"without the fault it is {clean}"
        return None

    def _why_no_finding(self):
        finding = self.root / self.patch.finding
        told = re.search(r"^# signature: *(\S+)", _read(finding), re.M)
        if told is None:
            return f"{self.patch.finding} gives no signature"
        why = self._why_no_replay(finding, told[1])
        return f"{self.patch.finding}: {why}" if why else None

    def _calls_of(self, program, name):
        """How many calls a program in bytes or text has, or None."""
        text = self.directory / name
        outcome = processes.run([self.build.el2diff, "convert", "--to", "text",
                                 program], text)
        if outcome.status != 0:
            return None
        lines = [line.split("#")[0].split() for line in
                 _read(text).splitlines()]
        return sum(1 for words in lines if words and words[0] not in
                   ("el2diff", "platform", "run", "fail"))

    def _minimize(self, program):
        """The calls that are left when none can go. What only a crash told
        stays as it is: a crash would end whoever minimizes it, and a
        comparison could see something else first. What was explored is one of
        the shortest."""
        if (self.engine in ("crash-only", "explore") or
                self.result["oracle"] in ("sanitizer", "timeout")):
            return self.result["calls_found"]
        smaller = self.directory / "minimized.txt"
        outcome = processes.run(
            [self.build.el2diff, "minimize", "--target", self.patch.target,
             program, "-o", smaller],
            self.directory / "minimize.log", wall_seconds=60,
            environment=processes.environment())
        if outcome.status != 0:
            return None
        return self._calls_of(smaller, "minimized.again")
