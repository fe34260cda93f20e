"""What the targets counted: programs, calls, cells of the model, checks; over
all runs of a night together."""

import collections
import json
import re
import subprocess


def _ask(el2diff, *arguments):
    """What el2diff statistics prints. Its status also judges, which is done
    here for all runs together."""
    try:
        said = subprocess.run([el2diff, "statistics", *arguments],
                              capture_output=True, text=True, check=False,
                              timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout


def gone_past(el2diff, path):
    """How often the runs that count in a file went past each signature."""
    if not path.exists():
        return {}
    told = re.findall(r"^(\S+) (\d+)$", _ask(el2diff, "--past", path), re.M)
    return {signature: int(count) for signature, count in told}


def _add_cells(el2diff, path, counts, possible):
    try:
        table = json.loads(_ask(el2diff, "--table", "--json", path))
        for cell in table["cells"]:
            key = tuple(str(cell[name]) for name in sorted(cell)
                        if name not in ("count", "possible"))
            counts[key] += cell["count"]
            possible[key] = bool(cell["possible"])
    except (ValueError, KeyError, TypeError):
        pass


def of_target(el2diff, paths):
    """A target's counters in files, one for each run of an engine, as
    report.json has them. A check is vacuous when it is in every file.
    `worth` says in words why nothing can be concluded, or is None."""
    numbers = collections.Counter()
    counts, possible = collections.Counter(), {}
    vacuous = None
    for path in paths:
        text = _ask(el2diff, path)
        for name, number in re.findall(r"^(\w+) (\d+)$", text, re.M):
            if name in ("programs", "calls", "skipped", "panics", "past"):
                numbers[name] += int(number)
        if numbers["calls"] == 0:
            continue
        checks = set(re.findall(r"^(\S+) 0 vacuous$",
                                _ask(el2diff, "--checks", path), re.M))
        vacuous = checks if vacuous is None else vacuous & checks
        _add_cells(el2diff, path, counts, possible)
    impossible = [" ".join(key) for key, count in counts.items()
                  if count and not possible[key]]
    return {
        "executions": numbers["programs"],
        "calls": numbers["calls"],
        "skipped": numbers["skipped"],
        "panics": numbers["panics"],
        "gone_past": numbers["past"],
        "cells_reached": sum(1 for key, count in counts.items()
                             if count and possible[key]),
        "cells_possible": sum(possible.values()),
        "impossible_cells": sorted(impossible),
        "vacuous_checks": sorted(vacuous or ()),
        "worth": None if vacuous is not None else "no call was made",
    }
