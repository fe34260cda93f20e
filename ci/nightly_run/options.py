"""The command line of ci/nightly."""

import argparse
import os
import pathlib

# fuzz_published compares two texts that are known to disagree and do not
# change; el2diff regress, which every night runs, knows how.
_NOT_BY_ITSELF = {"fuzz_published"}

ENGINES = ("libfuzzer", "msan", "afl", "regress")

# Those that fuzz, by the names of their builds.
FUZZING = ("libfuzzer", "msan", "afl")

_ABOUT = """\
A night of fuzzing: builds engines and sanitizers, replays what was found in
other nights, sees that each target finds a fault planted for it, and then
fuzzes all targets on all cores until HOURS are over. Merges the corpora,
minimizes and sorts what was found, and writes a report. It can be interrupted
or killed at any moment: the next run goes on with the corpora and findings that
there were.

engines:
  libfuzzer  with AddressSanitizer and UndefinedBehaviorSanitizer
  msan       libFuzzer with MemorySanitizer, where tools/get-sources has got
             sources; a third of the time of the first
  afl        AFL++ with AddressSanitizer and UndefinedBehaviorSanitizer, where
             it is installed; as much
  regress    the corpora without an engine, as gcc and as MemorySanitizer have
             them
"""

_EPILOGUE = """\
What it keeps is in build/nightly: corpus/, findings/TARGET/SIGNATURE/ with some
programs and the least one, report/index.html and report/report.json. Known
findings are named in ci/known-findings, which says how.

Exit: 0 nothing new and every check compared something; 1 something new was
found, a check was vacuous, or a planted fault was not found; 2 wrong usage, or
it could not run; 130 interrupted, with the report written.

examples:
  ci/nightly                       eight hours, all targets
  ci/nightly 0.17                  ten minutes
  ci/nightly 1 --targets fuzz_vm,fuzz_smmu --engines libfuzzer --jobs 1
"""


def known_targets(root):
    """All fuzz targets."""
    return sorted(path.stem for path in (root / "fuzz/targets").glob("*.c"))


def _hours(text):
    try:
        hours = float(text)
    except ValueError:
        hours = 0
    if not 0 < hours <= 1000:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of hours")
    return hours


def _jobs(text):
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of jobs")
    return int(text)


def _names(known):
    def names_in(text):
        names = list(dict.fromkeys(text.split(",")))
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"there is no '{name}'; there are: {' '.join(known)}")
        return names
    return names_in


def _directory(text):
    return pathlib.Path(text).resolve()


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def parse(root, arguments=None):
    """The options; exits with 2 when they are wrong."""
    targets = known_targets(root)
    parser = _Parser(
        prog="ci/nightly", description=_ABOUT, epilog=_EPILOGUE,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hours", type=_hours, nargs="?", default=8.0,
                        metavar="HOURS", help="also a fraction (8)")
    parser.add_argument("--targets", type=_names(targets), metavar="T,T...",
                        default=[t for t in targets
                                 if t not in _NOT_BY_ITSELF],
                        help="all but fuzz_published; there are: "
                        f"{', '.join(targets)}")
    parser.add_argument("--engines", type=_names(ENGINES), metavar="E,E...",
                        default=list(ENGINES), help="all")
    parser.add_argument("--jobs", type=_jobs, metavar="N",
                        default=len(os.sched_getaffinity(0)),
                        help="at a time (as many as there are cores)")
    parser.add_argument("--known", type=_directory, metavar="FILE",
                        default=root / "ci/known-findings",
                        help="known findings (ci/known-findings)")
    parser.add_argument("--directory", type=_directory, metavar="DIR",
                        default=root / "build/nightly",
                        help="where it works and keeps what it learns "
                        "(build/nightly)")
    parser.add_argument("--report", type=_directory, metavar="DIR",
                        help="where the report goes (report/ in there)")
    parser.add_argument("--impl", type=_directory, metavar="DIR",
                        default=root / "impl",
                        help="other EL2 code than impl/, for example with a "
                        "fault in it")
    parser.add_argument("--built", type=_directory, metavar="DIR",
                        help="build nothing: use the build directories that "
                        "are in DIR, libfuzzer, msan, afl and release")
    options = parser.parse_args(arguments)
    if not any(engine in options.engines for engine in FUZZING):
        parser.error(f"--engines needs one of {' '.join(FUZZING)}")
    if not options.impl.is_dir():
        parser.error(f"--impl: there is no directory {options.impl}")
    options.report = options.report or options.directory / "report"
    return options
