"""What of model/ and impl/ ran: reads what `llvm-cov export` wrote. Called by
tools/coverage, whose --help says what the options mean."""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from coverage_report import figures, impossible, profile
from coverage_report.profile import Refusal


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(prog="tools/coverage_report")
    parser.add_argument("export", nargs="?", help="what llvm-cov export "
                        "wrote; without it only the rest is checked")
    parser.add_argument("files", nargs="*", help="sources, from ROOT")
    parser.add_argument("--root", type=pathlib.Path, default=".")
    parser.add_argument("--impossible", help="the list of what is impossible")
    parser.add_argument("--fail-under", default="0")
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--all-missed", action="store_true")
    parser.add_argument("--json")
    return parser.parse_intermixed_args()


def report(options):
    """Print the figures. Returns the exit status."""
    bars = figures.parse_bars(options.fail_under)
    entries = impossible.read(options.impossible) if options.impossible else []
    if options.export is None:
        return 0
    export = profile.read_export(options.export)
    items = profile.items_of(export, options.root, options.files)
    if not items:
        raise Refusal(f"{options.export}: nothing of these sources in it")
    if not profile.has_conditions(export):
        print("MC/DC: not there, it takes clang 18 or later")
        entries = [entry for entry in entries if entry.word != "alone"]
        bars = {key: bar for key, bar in bars.items()
                if key[1] != profile.CONDITION}
    complaints = impossible.explain(items, entries)
    counted = figures.count(items)
    print(figures.table(counted))
    if options.missed or options.all_missed:
        for line in figures.missed(items, options.all_missed):
            print(line)
    if options.json:
        figures.write_json(counted, items, complaints, options.json)
    wrong = complaints + figures.below(counted, bars)
    for line in wrong:
        print(f"tools/coverage: {line}", file=sys.stderr)
    return 1 if wrong else 0


def main():
    """The exit status."""
    try:
        return report(parse_arguments())
    except (Refusal, OSError) as refusal:
        print(f"tools/coverage: {refusal}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
