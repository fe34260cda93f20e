"""Builds of the machines with a fault, each made again only when something
that it is made of has changed."""

import hashlib
import pathlib
import queue
import re
import shutil
import subprocess

from campaign import processes
from campaign.patches import Refusal

# What a program is built from, besides the patch.
SOURCES = ("impl", "model", "fuzz", "explore", "include", "devicetree",
           "platforms", "cmake", "CMakeLists.txt")
TOOLS = "tools/*.[ch]"

# The name of the build that no patch was applied to.
NO_FAULT = "no-fault"

# How a build differs by what drives it.
FLAVOURS = {
    "libfuzzer": ["-DEL2DIFF_FUZZ=ON"],
    "afl": ["-DEL2DIFF_FUZZ=ON", "-DEL2DIFF_AFL=ON"],
}


class Build:
    """A fault as built: `directory` has el2diff, the target, and the sources
    that they were made of."""

    def __init__(self, directory, target):
        self.directory = directory
        self.el2diff = directory / "el2diff"
        self.target = directory / target


def _compiler(root):
    """The clang that the toolchain file finds, and its version."""
    said = subprocess.run(["cmake", "-P", root / "cmake/clang.cmake"],
                          capture_output=True, text=True, check=False)
    clang = said.stderr.strip()
    if said.returncode != 0:
        raise Refusal(f"no compiler: {' '.join(clang.split())}")
    version = subprocess.run([*clang.split(), "--version"],
                             capture_output=True, text=True, check=False)
    return clang, version.stdout


def _make_like(source, copy):
    """Make a tree like another and touch only what differs, so that only that
    is compiled again."""
    wanted = {p.relative_to(source): p for p in source.rglob("*")
              if p.is_file()}
    for name, path in wanted.items():
        place = copy / name
        if not place.exists() or place.read_bytes() != path.read_bytes():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    for place in list(copy.rglob("*")):
        if place.is_file() and place.relative_to(copy) not in wanted:
            place.unlink()


class Builder:
    """Builds into a directory, in as many trees at a time as there are jobs.
    In each tree one fault after the other takes its turn, so that only what a
    fault changes is compiled again."""

    def __init__(self, root, work, jobs, flavour):
        self.root = root
        self.flavour = flavour
        self.work = work / flavour
        self.work.mkdir(parents=True, exist_ok=True)
        self.clang, version = _compiler(root)
        self._common_key = self._hash_sources(version)
        self._trees = queue.SimpleQueue()
        for number in range(jobs):
            self._trees.put(self.work / f"tree-{number}")
        self._configured = set()

    def _hash_sources(self, version):
        digest = hashlib.sha256(f"{self.clang}\n{version}".encode())
        paths = [p for name in SOURCES
                 for p in [self.root / name, *(self.root / name).rglob("*")]]
        for path in sorted([*paths, *self.root.glob(TOOLS)]):
            if path.is_file():
                digest.update(f"{path}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _key(self, patch):
        content = patch.content if patch else b""
        return hashlib.sha256(self._common_key.encode() + content).hexdigest()

    def has(self, patch):
        """Whether there is nothing to do for the patch."""
        return self._read_key(patch) == self._key(patch)

    def _directory(self, patch):
        return self.work / (patch.name if patch else NO_FAULT)

    def _read_key(self, patch):
        try:
            return (self._directory(patch) / "key").read_text()
        except OSError:
            return None

    def build(self, patch):
        """The build of a patch, or of the machines as they are for None."""
        target = patch.target if patch else "fuzz_pages"
        directory = self._directory(patch)
        if not self.has(patch):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            self._prepare_sources(patch, directory)
            tree = self._trees.get()
            try:
                self._build_in(tree, directory, target)
            finally:
                self._trees.put(tree)
            (directory / "key").write_text(self._key(patch))
        return Build(directory, target)

    def _prepare_sources(self, patch, directory):
        for machine in ("impl", "model"):
            shutil.copytree(self.root / machine, directory / machine)
        if patch is None:
            return
        self._step(
            f"{patch.name}: the patch does not apply",
            directory / "patch.log",
            ["patch", "--strip=1", "--fuzz=0", "--forward", "--batch",
             "--silent", "--reject-file=-", "--no-backup-if-mismatch",
             "-i", patch.path],
            directory=directory)

    def _build_in(self, tree, directory, target):
        for machine in ("impl", "model"):
            _make_like(directory / machine, tree / machine)
        self._configure(tree)
        programs = ["el2diff", target]
        if self.flavour == "afl":
            programs.append("afl_mutator")
        self._step(
            f"{directory.name}: building failed", directory / "build.log",
            ["cmake", "--build", tree / "build", "--parallel", "1",
             "--target", *programs])
        for program in (tree / "build/bin").iterdir():
            if program.stem in programs:
                shutil.copy(program, directory)

    def _configure(self, tree):
        if tree in self._configured:
            return
        cache = tree / "build/CMakeCache.txt"
        if cache.exists() and not re.search(
                rf"^EL2DIFF_CLANG:.*={re.escape(self.clang)}$",
                cache.read_text(), re.M):
            shutil.rmtree(tree / "build")
        self._step(
            "configuring failed", self.work / f"{tree.name}.log",
            ["cmake", "-S", self.root, "-B", tree / "build", "-G", "Ninja",
             f"-DCMAKE_TOOLCHAIN_FILE={self.root}/cmake/clang.cmake",
             f"-DEL2DIFF_CLANG={self.clang}",
             "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=OFF",
             # Each fault keeps two programs; what they would tell a debugger
             # is two thirds of them.
             "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--strip-debug",
             f"-DEL2DIFF_IMPL_DIR={tree}/impl",
             f"-DEL2DIFF_MODEL_DIR={tree}/model", *FLAVOURS[self.flavour]])
        self._configured.add(tree)

    def _step(self, what, log, command, directory=None):
        outcome = processes.run(command, log, directory=directory)
        if outcome.status != 0:
            lines = pathlib.Path(log).read_text(errors="replace").split("\n")
            raise Refusal("\n".join([f"{what}, see {log}", *lines[-20:]]))
