"""One night: builds, past findings, canaries, fuzzing, merging, the report."""

import datetime
import os
import random
import re
import signal
import threading
import time

from campaign import processes
from campaign.patches import Refusal
from campaign.processes import Stopped
from nightly_run import builds, checks, engines, report, running
from nightly_run.corpora import Corpus
from nightly_run.findings import Findings
from nightly_run.options import FUZZING
from nightly_run.schedule import Schedule
from nightly_run.workspace import read_json, read_text, write_json

# Seconds between two samples of coverage.
_SAMPLE_SECONDS = 5

# A merge begins when so much of the night is over, and at most takes so much.
_MERGE_AT = 0.8
_MERGE_SHARE = 0.15

# Seconds for the report, at the end.
_REPORT_SECONDS = 2


def time_text():
    """Now, as in history.json."""
    return datetime.datetime.now().isoformat(" ", "seconds")


class Night:
    """What is done, and what the report is made of. `options` are those of
    the command line, `known` the known findings."""

    def __init__(self, options, workspace, known):
        self.options = options
        self.workspace = workspace
        self.known = known
        self.targets = options.targets
        self.started = time_text()
        self.start = time.monotonic()
        self.seconds = options.hours * 3600
        self.end = self.start + max(1, self.seconds - _REPORT_SECONDS)
        self.builds = builds.Builds(workspace, self.targets, options.impl)
        self.built = self.builds.directories
        self.corpora = {t: Corpus(workspace, t) for t in self.targets}
        self.findings = Findings(workspace, self.started)
        self.engines = engines.Engines(workspace, self.corpora, self.findings,
                                       self.built)
        self.canaries = checks.Canaries(workspace, self.built)
        self.past = checks.Past(self.engines, self.findings, workspace.logs)
        self.everywhere = checks.Everywhere(workspace, self.engines,
                                            self.built)
        self.schedule = None
        self.interrupted = False
        self.problems = []      # that make the night fail
        self.notes = []         # that do not
        self.samples = []       # of coverage
        self.executions = {}    # of targets that count none themselves
        self.merged = {}        # by target: inputs that a merge left out
        self.slices = 0
        self.corpus_before = {t: len(c.names())
                              for t, c in self.corpora.items()}
        self._merging = False
        self._minimizing = set()
        self._prepared = set()
        self._wanted = []   # builds that are still to be made
        self._waiting = []  # that wait for the first; None: it is there
        self._sampled = 0.0
        self._slices_now = {}   # by worker
        self._progress = options.progress
        self._random = random.SystemRandom()
        self._lock = threading.Lock()
        self._leftovers = sorted(workspace.incoming.iterdir())
        self._snapshots = {}
        self.number = 0

    def run(self):
        """The whole night. Returns the exit status; refuses when it cannot
        run at all."""
        report.finish_earlier(self.workspace)
        self.workspace.begin_night()
        self.number = report.next_number(self.workspace)
        self._note_night(finished=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)
        try:
            self._fill_schedule()
            self.schedule.run(self._watch)
        except Stopped:
            pass
        finally:
            self._progress.clear()
        return self._report()

    def _note_night(self, finished):
        write_json(self.workspace.night / "night.json", {
            "number": self.number, "started": self.started,
            "finished": finished, "targets": self.targets,
            "el2diff": str(self.built.get("libfuzzer", ""))})

    def _interrupt(self, *_):
        if self.interrupted:
            os._exit(130)
        self.interrupted = True
        processes.stop_all()

    def _prepare(self, target):
        """Make seeds as tools/fuzz starts from, and the committed pack. Then
        it can be fuzzed by the engines that are built."""
        root = self.workspace.root
        seeds = self.workspace.seeds / target
        log = self.workspace.logs / f"seeds.{target}.log"
        outcome = running.run([root / "tools/seeds", target,
                               self.built["libfuzzer"].parent, seeds], log)
        if outcome.status != 0:
            raise Refusal(read_text(log).strip().split("\n")[-1])
        pack = root / "corpus/packed" / target
        if pack.exists():
            running.run([self.engines.el2diff(), "unpack", pack, "-o", seeds],
                        log)
        with self._lock:
            self._prepared.add(target)
            allowed = [engine for engine in FUZZING
                       if engine in self.options.engines and
                       engine in self.built]
        for engine in allowed:
            self.schedule.allow(engine, target)

    def _fill_schedule(self):
        """The builds, one after the other on one core, beside the first, which
        takes what cores are idle: everything else needs that."""
        count = len(self.targets) * len(self.options.engines)
        seconds = self.options.jobs * self.seconds / (3 * max(1, count))
        self.schedule = Schedule(
            self.options.jobs, self.end, min(300, max(2, seconds)),
            self._fuzz, lambda engine: engines.AFL_LEAST_SECONDS
            if engine == "afl" else 1)
        self._wanted = [name for name in ("msan", "afl")
                        if name in self.options.engines]
        if "regress" in self.options.engines:
            self._wanted = [*dict.fromkeys([*self._wanted, "msan",
                                            "release"])]
        if self.options.built:
            self.builds.use(self.options.built)
            self._first_build_done()
        else:
            self.schedule.put("building libfuzzer", self._build_first)
        self._put_next_build()

    def _build_first(self, _):
        self.builds.build("libfuzzer", self.options.jobs)
        self._first_build_done()

    def _first_build_done(self):
        """First what was found before; then whether finding nothing would mean
        anything."""
        self._note_night(finished=False)
        self.schedule.put("what was left",
                          lambda _: self._take_leftovers("libfuzzer"))
        for entry in self.known.entries:
            if entry.target in self.targets:
                self.schedule.put(
                    f"known {entry.signature}", lambda _, entry=entry:
                    self.past.replay_known(entry, self.workspace.root))
        self._put_past("libfuzzer")
        self._put_canaries()
        self._put_corpus_runs()
        with self._lock:
            waiting, self._waiting = self._waiting, None
        for name in waiting:
            self._build_done(name)

    def _put_canaries(self):
        names = {checks.Canaries.of(t) for t in self.targets} - {None}
        for name in sorted(names):
            self.schedule.put(name, lambda _, name=name: self._canary(name))
        for target in self.targets:
            if checks.Canaries.of(target) is None:
                self._put_preparing(target)

    def _put_preparing(self, target):
        self.schedule.put(f"seeds of {target}",
                          lambda _: self._prepare(target))

    def _canary(self, name):
        """Fuzz only what finds its planted fault."""
        if not self.canaries.check(name):
            self.problems.append(
                f"{name} did not find the fault that is planted in it: that "
                "nothing is found means nothing")
            return
        for target in self.targets:
            if checks.Canaries.of(target) == name:
                self._put_preparing(target)

    def _take_leftovers(self, build):
        self._minimize_all(engines.take_leftovers(
            self.engines, self._leftovers, self.targets, build))

    def _build_done(self, name):
        """A build is there, and what it is for can begin, once the first is
        there too."""
        with self._lock:
            if self._waiting is not None:
                self._waiting.append(name)
                return
        if name == "msan":
            self.schedule.put("what was left",
                              lambda _: self._take_leftovers(name))
        with self._lock:
            prepared = sorted(self._prepared)
        if name in self.options.engines:
            for target in prepared:
                self.schedule.allow(name, target)
        if name != "afl" and "regress" in self.options.engines:
            self._put_corpus_run(name)
        self._put_past(name)

    def _put_past(self, build):
        """Findings of other nights that this build shows, run again."""
        for finding in self.findings:
            if (finding.record["target"] in self.targets and
                    finding.record["build"] == build):
                self.schedule.put(
                    f"past {finding.record['signature']}",
                    lambda _, finding=finding: self.past.replay(finding))
                self._minimize_all([finding])

    def _put_next_build(self):
        """One at a time: what is more urgent comes between them."""
        if self._wanted:
            name = self._wanted.pop(0)
            self.schedule.put(f"building {name}", lambda _: self._build(name))

    def _build(self, name):
        why = self.builds.why_not.get(name)
        if name not in self.built and why is None:
            why = self.builds.cannot(name)
        try:
            if name not in self.built and why is None:
                self.builds.build(name, 1)
        except Refusal as refusal:
            why = "building failed"
            self.problems.append(str(refusal).split("\n", 1)[0])
        if why is None:
            self._build_done(name)
        else:
            self.builds.why_not[name] = why
        self._put_next_build()

    def _put_corpus_runs(self):
        """The corpus of yesterday stays as it is for all builds."""
        if "regress" not in self.options.engines:
            return
        for target in self.targets:
            if target != "fuzz_platform":
                place = self.everywhere.snapshot(target)
                if place:
                    self._snapshots[target] = place
        self._put_corpus_run("libfuzzer")

    def _put_corpus_run(self, build):
        def run(what, arguments):
            self.schedule.put(
                f"{what} in {build}", lambda _: self._minimize_all(
                    self.everywhere.run(build, what, arguments)))
        run("the committed corpus", [])
        for target, place in self._snapshots.items():
            run(f"the corpus of {target}", ["--target", target, place])

    def _signatures_past(self, target):
        return sorted({*self.findings.present(target),
                       *self.known.signatures(target)})

    def _fuzz(self, engine, target, seconds, worker):
        run = engines.Slice(self.engines, engine, target, worker)
        self._slices_now[worker] = run
        since = time.monotonic()
        try:
            run.run(seconds, lambda: self._signatures_past(target),
                    self._random.randrange(1, 2**31))
        finally:
            self._slices_now.pop(worker, None)
            self._sample(run)
            self._note_slice(run, time.monotonic() - since)
        self._minimize_all(run.found)

    def _note_slice(self, run, seconds):
        with self._lock:
            self.slices += 1
            if run.target == "fuzz_platform":
                self.executions[run.target] = (
                    self.executions.get(run.target, 0) + run.executions)
        if run.trouble and seconds < 2 and not run.found:
            self.schedule.forbid(run.engine, run.target)
            self.problems.append(f"{run.target}: {run.trouble}")
        elif run.trouble:
            self.notes.append(f"{run.target}: {run.trouble}")

    def _minimize_all(self, findings):
        """Each once, whoever saw it."""
        for finding in findings:
            with self._lock:
                wanted = (finding.minimized is None and
                          not finding.record["minimizing_tried"] and
                          finding.key not in self._minimizing)
                self._minimizing.add(finding.key)
            if wanted:
                self.schedule.put(
                    f"minimizing {finding.record['signature']}",
                    lambda _, finding=finding: self._minimize(finding))

    def _minimize(self, finding):
        self.engines.minimize(finding, self.workspace.logs / (
            f"minimize.{finding.record['target']}."
            f"{finding.directory.name}.log"))

    def _watch(self):
        if self.interrupted:
            self.schedule.stop()
            return
        now = time.monotonic()
        if now - self._sampled >= _SAMPLE_SECONDS:
            self._sampled = now
            for run in list(self._slices_now.values()):
                self._sample(run)
        if (not self._merging and
                now >= self.start + _MERGE_AT * (self.end - self.start)):
            self._merging = True
            for target in self.targets:
                if self.schedule.spent(target):
                    self.schedule.put(
                        f"merging the corpus of {target}",
                        lambda _, target=target: self._merge(target))
        self._progress.show(self._progress_text())

    def _merge(self, target):
        log = self.workspace.logs / f"merge.{target}.log"
        self.merged[target] = self.engines.merge(
            target, self._signatures_past(target), log,
            max(30, _MERGE_SHARE * self.seconds))

    def _sample(self, run):
        """Coverage as libFuzzer counts it: AFL++ counts otherwise."""
        if run.engine != "libfuzzer":
            return
        log = run.log if run.log.exists() else (
            self.workspace.logs / f"{run.name}.log")
        try:
            with open(log, "rb") as file:
                file.seek(max(0, os.path.getsize(log) - 8192))
                text = file.read().decode(errors="replace")
        except OSError:
            return
        lines = re.findall(r"^#\d+.* cov: (\d+) ft: (\d+) corp: (\d+)", text,
                           re.M)
        if lines:
            covered, features, inputs = map(int, lines[-1])
            self.samples.append({
                "seconds": round(time.monotonic() - self.start, 1),
                "target": run.target, "edges": covered,
                "features": features, "inputs": inputs})

    def _progress_text(self):
        now = time.monotonic()
        text = (f"{now - self.start:.0f} s, "
                f"{max(0, self.end - now):.0f} s left")
        found = sum(1 for f in self.findings if f.seen)
        if found:
            text += f", {found} found"
        return f"{text}: {'; '.join(self.schedule.running())}"

    def _report(self):
        """Write it. Returns the exit status."""
        data = report.of(self)
        report.write(self, data)
        self._note_night(finished=True)
        self.known.save(self.findings)
        self.findings.reported()
        report.print_summary(data, self.options.report)
        if self.interrupted:
            return 130
        return 1 if data["failed"] else 0

    def findings_to_tell(self):
        """Those of the targets of this night, and whatever else it saw."""
        return [f for f in self.findings
                if f.record["target"] in self.targets or f.seen]

    def earlier(self):
        """The records of the nights before."""
        return read_json(self.workspace.history, [])
