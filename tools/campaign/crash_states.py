"""How ClusterFuzz tells crashes apart, by its documented rules.

The *state* of a crash is the message of an assertion, if there is one, and the
first frames of the stack that are not ignored, three lines in all. Crashes of
one state are one test case; of states that are similar, one issue. Inlined
functions have no frame."""

import dataclasses
import functools
import re
import shutil
import subprocess

from campaign.patches import Refusal

STATE_LINES = 3
LINE_LENGTH = 80
SIMILAR_LINES = 2
SIMILAR_RATIO = 0.8
EXACT = "FuzzerHash="

# What never tells two crashes apart. Of the list in ClusterFuzz's
# stacktraces/constants.py, what C on Linux can meet.
IGNORED_NAMES = ("abort", "exit", "panic", "pthread_create", "pthread_kill",
                 "raise", "tgkill", "__chk_fail", "__fortify_fail")
IGNORED_PREFIXES = (
    "memcmp", "memcpy", "memmove", "memset", "strcmp", "strcpy", "strdup",
    "strlen", "strncpy", "__memcmp", "__memcpy", "__memmove", "__memset",
    "__strcmp", "__strcpy", "__strdup", "__strlen", "__strncpy", "abort",
    "asan_", "calloc", "check_memory_region", "common_exit", "delete",
    "dump_stack", "free", "fuzzer::", "generic_cpp_", "gsignal", "main",
    "malloc", "new", "New", "object_err", "operator", "realloc", "scanf",
    "show_stack", "_start", "_asan_", "_msan_", "_sanitizer_", "_tsan_",
    "_ubsan_", "__GI_", "__asan", "__assert_", "__dump_stack", "__hwasan",
    "__interceptor_", "__libc_", "__lsan", "__msan", "__pthread_kill",
    "__run_exit_handlers", "__sanitizer", "__tsan", "__ubsan",
    "LLVMFuzzerTestOneInput", "SignalAction", "SignalHandler")
IGNORED_PARTS = ("assert", "logger", "allocator_shim", "libpthread", "libc.so",
                 "libc++.so", "libstdc++.so")
IGNORED_PATHS = ("/crosstool/", "/gcc/", "/glibc-", "/libc/", "/libc++",
                 "/llvm-build/", "/sanitizer_common/")
SHORTEST_NAME = 3

_ASSERTION = re.compile(
    r"(?:\[.*?\]|.*\.(?:c|cc|cpp|cxx|h|hh|hpp|hxx):.*)?"
    r"\s*(?:assert(?:ion)? fail(?:ure|ed)|panic): (?P<message>.*)", re.I)
_FRAME = re.compile(r"\s*#(?P<number>\d+)\s+0x[0-9a-f]+\s+(?P<rest>.*)")
_IN = re.compile(r"in\s+(?P<name>.*?)(?:\+0x[0-9a-f]+)?(?P<where>\s.*)?$")
_MODULE = re.compile(r"\((?P<path>/[^()]*)\+(?P<offset>0x[0-9a-f]+)\)")
_SEVERITY = re.compile("FuzzerSecurityIssue(Critical|High|Medium|Low)")


@dataclasses.dataclass(frozen=True)
class Crash:
    """What is known of a crash: its state, and how severe it says it is, or
    None."""

    state: tuple
    severity: str | None


def is_ignored(name, where=""):
    """Whether a frame, a function in a file, is left out of states."""
    return (len(name) < SHORTEST_NAME or name in IGNORED_NAMES or
            name.startswith(IGNORED_PREFIXES) or
            any(part in name for part in IGNORED_PARTS) or
            any(path in f"{name} {where}" for path in IGNORED_PATHS))


def _normalized(line):
    """A line of a state without what differs from run to run."""
    line = re.sub(r"\+0x[0-9a-fA-F]+$", "", line)
    line = re.sub(r"0x[0-9a-fA-F]{4,}", "ADDRESS", line)
    line = re.sub(r"(?<![:0-9.])(?:[0-9.]{4,}|(?<=[@#])[0-9]+)(?![A-Za-z0-9.])",
                  "NUMBER", line)
    return line[:LINE_LENGTH]


def _frame_name(rest):
    """The function of a frame, or None when it is ignored."""
    named = _IN.match(rest)
    if not named:
        return None if is_ignored(rest) else rest.strip("()")
    if is_ignored(named["name"], named["where"] or ""):
        return None
    return re.split(r"[(\[]", named["name"])[0].strip()


def read(trace):
    """The crash that a target has printed."""
    state = []
    for line in trace.splitlines():
        if "SUMMARY:" in line:
            continue
        assertion = _ASSERTION.match(line)
        frame = _FRAME.match(line)
        if assertion and assertion["message"]:
            state = [assertion["message"]]
        elif frame and len(state) < STATE_LINES:
            name = _frame_name(frame["rest"])
            state += [name] if name else []
    severity = _SEVERITY.search(trace)
    return Crash(tuple(map(_normalized, state)),
                 severity[1] if severity else None)


def _edit_distance(first, second):
    previous = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(second, 1):
            row.append(min(row[-1] + 1, previous[j] + 1,
                           previous[j - 1] + (a != b)))
        previous = row
    return previous[-1]


def _ratio(first, second):
    length = len(first) + len(second)
    return (length - _edit_distance(first, second)) / length if length else 1.0


def _common_lines(first, second):
    """The length of the longest common subsequence."""
    @functools.lru_cache(None)
    def common(i, j):
        if i == len(first) or j == len(second):
            return 0
        if first[i] == second[j]:
            return 1 + common(i + 1, j + 1)
        return max(common(i + 1, j), common(i, j + 1))
    return common(0, 0)


def are_grouped(first, second):
    """Whether two states are one issue."""
    if not first or not second:
        return False
    if first == second:
        return True
    if any(EXACT in line for line in first):
        return False
    if _common_lines(first, second) >= SIMILAR_LINES:
        return True
    ratios = [_ratio(a, b) for a, b in zip(first, second)]
    return sum(ratios) / len(ratios) > SIMILAR_RATIO


def find_symbolizer():
    """The newest llvm-symbolizer there is."""
    for name in (*(f"llvm-symbolizer-{n}" for n in range(30, 13, -1)),
                 "llvm-symbolizer"):
        if shutil.which(name):
            return name
    raise Refusal("there is no llvm-symbolizer: install llvm")


def _names_in(symbolizer, path, offsets):
    """By offset, the function of a program; inlined ones are not looked
    for."""
    said = subprocess.run(
        [symbolizer, f"--obj={path}", "--no-inlines", "--functions=linkage"],
        input="\n".join(offsets) + "\n", capture_output=True, text=True,
        check=False)
    blocks = said.stdout.strip("\n").split("\n\n")
    if said.returncode != 0 or len(blocks) != len(offsets):
        raise Refusal(f"{symbolizer} cannot read {path}: "
                      f"{said.stderr.strip()}")
    return dict(zip(offsets, (block.split("\n")[0] for block in blocks)))


def symbolize(traces, symbolizer):
    """Traces with names in their frames, for those printed without, as by
    symbolize=0. Each program is looked at once."""
    places = {}
    for trace in traces:
        for line in trace.splitlines():
            module = _MODULE.search(line)
            if _FRAME.match(line) and module:
                places.setdefault(module["path"], {})[module["offset"]] = None
    names = {path: _names_in(symbolizer, path, list(offsets))
             for path, offsets in places.items()}

    def with_name(line):
        frame = _FRAME.match(line)
        module = _MODULE.search(line)
        if not frame or not module or frame["rest"].startswith("in "):
            return line
        name = names[module["path"]][module["offset"]]
        return line if name == "??" else line.replace(
            frame["rest"], f"in {name} {module[0]}")

    return ["\n".join(map(with_name, trace.splitlines())) for trace in traces]
