"""The builds of a night: what drives the targets, and with which sanitizers."""

import pathlib
import shutil
import threading

from campaign.patches import Refusal
from nightly_run import running
from nightly_run.workspace import read_text

# Each build: its preset, what drives it, its sanitizers, and settings that the
# preset has not. MemorySanitizer takes libraries from their sources.
KINDS = {
    "libfuzzer": ("fuzz", "libFuzzer", "address, undefined", []),
    "msan": ("msan", "libFuzzer and el2diff regress", "memory", [
        "-DEL2DIFF_SANITIZERS=", "-DEL2DIFF_FUZZING_ENGINE=-fsanitize=fuzzer",
        "-DCMAKE_C_FLAGS=-fsanitize=memory,fuzzer-no-link "
        "-fno-sanitize-recover=all -fno-omit-frame-pointer",
        "-DCMAKE_CXX_FLAGS=-fsanitize=memory"]),
    "afl": ("afl", "AFL++", "address, undefined", []),
    "release": ("release", "el2diff regress", "none, default compiler, -O3",
                []),
}

# A target without one of its own is looked after by this one's.
CANARIES = {
    "fuzz_pages": "canary_fuzz_pages",
    "fuzz_hypercalls": "canary_fuzz_hypercalls",
    "fuzz_smmu": "canary_fuzz_smmu",
    "fuzz_vm": "canary_fuzz_vm",
    "fuzz_primitives": "canary_fuzz_pages",
    "fuzz_published": "canary_fuzz_pages",
}

_PRODUCTS = (".o", ".a", ".so", ".dtb", ".c")


def programs_of(name, targets):
    """What a build must make."""
    if name == "libfuzzer":
        canaries = {CANARIES[t] for t in targets if t in CANARIES}
        return ["el2diff", *targets, *sorted(canaries)]
    if name == "afl":
        return [*targets, "afl_mutator"]
    if name == "msan":
        return ["el2diff", *targets]
    return ["el2diff"]


class Builds:
    """Makes them, in builds/NAME. `why_not` has the builds that are not
    there, and why."""

    def __init__(self, workspace, targets, impl):
        self._workspace = workspace
        self._targets = targets
        self._impl = impl
        self.directories = {}  # of programs, by name of the build
        self.why_not = {}
        self._lock = threading.Lock()

    def use(self, directory):
        """Take build directories that are there already: directory/NAME."""
        for name in KINDS:
            if (directory / name / "bin").is_dir():
                self.directories[name] = directory / name / "bin"
            else:
                self.why_not[name] = f"there is no {directory / name}/bin"
        if "libfuzzer" not in self.directories:
            raise Refusal(self.why_not["libfuzzer"])

    def cannot(self, name):
        """Why a build cannot be made here, or None."""
        if name == "afl" and shutil.which("afl-fuzz") is None:
            return "there is no afl-fuzz"
        sources = self._workspace.root / "build/sources"
        if name == "msan" and not (sources / "libfdt/libfdt.h").exists():
            log = self._workspace.logs / "get-sources.log"
            outcome = running.run(
                [self._workspace.root / "tools/get-sources"], log)
            if outcome.status != 0:
                return ("no sources of libfdt and cJSON, see tools/get-sources:"
                        f" {read_text(log).strip().rpartition(chr(10))[2]}")
        return None

    def build(self, name, jobs):
        """Make one. Returns the CPU seconds that it took. Refuses, with the
        end of what was printed, when it fails."""
        tree = self._workspace.builds / name
        # While this is there, what is newer may not be whole.
        mark = self._workspace.builds / f"{name}.building"
        if mark.exists():
            _remove_newer(tree, mark.stat().st_mtime)
        mark.touch()
        used = self._step(name, "configuring", [
            "cmake", "--preset", KINDS[name][0], "-B", tree,
            f"-DEL2DIFF_IMPL_DIR={self._impl}", *KINDS[name][3]])
        used += self._step(name, "building", [
            "cmake", "--build", tree, "--parallel", jobs, "--target",
            *programs_of(name, self._targets)])
        mark.unlink()
        with self._lock:
            self.directories[name] = tree / "bin"
        return used

    def _step(self, name, what, command):
        log = self._workspace.logs / f"{what}-{name}.log"
        outcome = running.run(command, log, directory=self._workspace.root)
        if outcome.status != 0:
            lines = read_text(log).splitlines()
            raise Refusal("\n".join(
                [f"{what} {name} failed, see {log}", *lines[-20:]]))
        return outcome.cpu_seconds


def _remove_newer(tree, time):
    """Remove the products that a build had begun to write."""
    for path in pathlib.Path(tree).rglob("*"):
        is_product = (path.suffix in _PRODUCTS or path.parent.name == "bin")
        if is_product and path.is_file() and path.stat().st_mtime >= time:
            path.unlink()
