"""Results: as a table for people, JSON and CSV for programs."""

import csv
import json
import pathlib
import statistics

from campaign.patches import Refusal

FIELDS = ("name", "class", "target", "engine", "seed", "seconds", "found",
          "executions", "calls", "cpu_seconds", "calls_found",
          "calls_minimized", "oracle", "signature", "program", "why_not")


def write_json(results, path):
    """A list of objects, one for each run; the file is whole at any time."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    new.replace(path)


def write_csv(results, path):
    """A line for each run, with a line of names at the top."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(results)


def read_json(path):
    """What write_json() wrote."""
    needed = {"name", "engine", "found", "cpu_seconds", "seconds"}
    try:
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
        if not isinstance(results, list) or not all(
                isinstance(r, dict) and needed <= r.keys() for r in results):
            raise ValueError("not a list of results")
    except (OSError, ValueError) as error:
        raise Refusal(f"{path}: {error}") from error
    return results


def _median(values, shape):
    known = [value for value in values if value is not None]
    return format(statistics.median(known), shape) if known else "-"


def _row(name, engine, runs):
    """Costs are medians over the runs that found it, or else over all."""
    found = [run for run in runs if run["found"]]
    told = found or runs
    if found:
        words = {run["signature"]: None for run in found}
        ends = ", ".join(words)
        oracles = "/".join({run["oracle"]: None for run in found})
    else:
        ends = runs[0]["why_not"]
        oracles = "-"
    return (name, engine, f"{len(found)}/{len(runs)}",
            _median([run["executions"] for run in told], ".0f"),
            _median([run["calls"] for run in told], ".0f"),
            _median([run["cpu_seconds"] for run in told], ".2f"),
            _median([run["calls_minimized"] for run in found], ".0f"),
            oracles, ends)


def groups(results):
    """The runs of each fault and engine, in the order of the results."""
    by_pair = {}
    for run in results:
        by_pair.setdefault((run["name"], run["engine"]), []).append(run)
    return by_pair


def table(results):
    """A line for each fault and engine."""
    rows = [("fault", "engine", "found", "executions", "calls", "CPU s",
             "length", "oracle", "signature, or why not")]
    rows += [_row(name, engine, runs)
             for (name, engine), runs in groups(results).items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if 2 <= i <= 6 else cell.ljust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def summary(results):
    """A line for each engine."""
    lines = []
    for engine in {run["engine"]: None for run in results}:
        runs = [run for run in results if run["engine"] == engine]
        faults = {run["name"] for run in runs}
        found = {run["name"] for run in runs if run["found"]}
        lines.append(
            f"{engine}: {len(found)} of {len(faults)} faults found, in "
            f"{sum(run['found'] for run in runs)} of {len(runs)} runs, "
            f"{sum(run['calls'] for run in runs)} calls, "
            f"{sum(run['cpu_seconds'] for run in runs):.0f} CPU seconds")
    return "\n".join(lines)
