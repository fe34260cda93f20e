"""What a night has to tell: the data of report.json, and where it is
written."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import time

from nightly_run import builds, counters, page, running
from nightly_run.checks import Canaries
from nightly_run.workspace import (read_json, read_text, write_atomically,
                                   write_json)

# Samples of coverage that are kept of each target.
_SAMPLES = 200

# Nights that history.json keeps.
_NIGHTS = 400

# Longest program that the page shows, characters.
_PROGRAM = 20000


def next_number(workspace):
    """Of this night: they count from 1."""
    nights = read_json(workspace.history, [])
    return nights[-1]["number"] + 1 if nights else 1


def finish_earlier(workspace):
    """Write a night that was killed into the history, as far as is known."""
    night = read_json(workspace.night / "night.json", {})
    if not night or night["finished"]:
        return
    nights = read_json(workspace.history, [])
    if any(n["number"] == night["number"] for n in nights):
        return
    targets = {}
    for target in night["targets"]:
        counted = counters.of_target(
            pathlib.Path(night["el2diff"]) / "el2diff",
            sorted(workspace.statistics.glob(f"{target}.*")))
        targets[target] = {"executions": counted["executions"],
                           "cells_reached": counted["cells_reached"],
                           "edges": None, "features": None, "inputs": None}
    nights.append({"number": night["number"], "started": night["started"],
                   "wall_seconds": None, "interrupted": True, "failed": None,
                   "new": None, "targets": targets})
    write_json(workspace.history, nights[-_NIGHTS:])


def _count(night):
    """What each target counted tonight, in all its runs. The build that is
    fastest reads the counters; all have the same."""
    el2diff = night.built.get("release", night.built.get(
        "libfuzzer", night.workspace.builds)) / "el2diff"

    def count(target):
        counted = counters.of_target(el2diff, sorted(
            night.workspace.statistics.glob(f"{target}.*")))
        if target == "fuzz_platform":
            counted["executions"] = night.executions.get(target, 0)
            counted["worth"] = None
        return counted
    with concurrent.futures.ThreadPoolExecutor(night.options.jobs) as pool:
        return dict(zip(night.targets, pool.map(count, night.targets)))


def _thin(samples):
    """At most so many of them, the first and the last among them. The
    highest so far: each engine begins anew."""
    edges = features = 0
    line = []
    for sample in samples:
        edges = max(edges, sample["edges"])
        features = max(features, sample["features"])
        line.append({**sample, "edges": edges, "features": features})
    step = max(1, -(-len(line) // _SAMPLES))
    return line[::step] + (line[-1:] if (len(line) - 1) % step else [])


def _target(night, target, counted):
    samples = _thin([s for s in night.samples if s["target"] == target])
    canary = Canaries.of(target)
    inputs = len(night.corpora[target].names())
    return {
        "target": target,
        **counted,
        "seconds": round(night.schedule.spent(target), 1)
        if night.schedule else 0,
        "edges": samples[-1]["edges"] if samples else None,
        "features": samples[-1]["features"] if samples else None,
        "samples": samples,
        "canary": ("compares nothing" if canary is None else
                   {True: "found", False: "not found", None: "not tried"}[
                       night.canaries.results.get(canary)]),
        "corpus": {"before": night.corpus_before[target], "after": inputs,
                   "left_out": night.merged.get(target)},
    }


def _finding(night, finding):
    judgement = night.known.judge(finding)
    record = finding.record
    minimized = finding.minimized
    return {
        **record,
        "tonight": finding.tonight,
        "standing": judgement.standing,
        "why": judgement.why,
        "is_new": judgement.is_new,
        "says": read_text(finding.directory / "says.txt"),
        "directory": os.path.relpath(finding.directory,
                                     night.workspace.directory),
        "programs": [path.name for path in finding.programs],
        "minimized": read_text(minimized)[:_PROGRAM]
        if minimized and minimized.suffix == ".txt" else None,
    }


def _known(night, entry):
    finding = night.findings.get(*entry.key)
    judgement = night.known.judge_entry(entry, finding)
    return {"signature": entry.signature, "target": entry.target,
            "reason": entry.reason, "link": entry.link,
            "expires": str(entry.expires), "program": entry.program,
            "standing": judgement.standing, "why": judgement.why,
            "is_new": judgement.is_new,
            "count": finding.record["count"] if finding else 0,
            "tonight": finding.tonight if finding else 0}


def _reasons(night, data):
    """Why the night fails, a line each."""
    reasons = [f"{f['standing']}: {f['target']} {f['signature']}"
               for f in data["findings"] if f["is_new"]]
    told = {(f["target"], f["signature"]) for f in data["findings"]}
    reasons += [f"{k['standing']}: {k['target']} {k['signature']}"
                for k in data["known"]
                if k["is_new"] and (k["target"], k["signature"]) not in told]
    for target in data["targets"]:
        name = target["target"]
        if target["vacuous_checks"]:
            reasons.append(f"vacuous: {name}: compared nothing: "
                           f"{' '.join(target['vacuous_checks'])}")
        elif target["worth"] and not night.interrupted:
            reasons.append(f"vacuous: {name}: {target['worth']}")
        if target["impossible_cells"]:
            reasons.append(f"impossible: {name}: "
                           f"{', '.join(target['impossible_cells'])}")
    return reasons + night.problems + night.everywhere.problems


def _builds(night):
    wanted = {"libfuzzer", *night.options.engines}
    if "regress" in wanted:
        wanted |= {"release", "msan"}
    return [{"name": name, "engine": engine, "sanitizers": sanitizers,
             "state": "built" if name in night.built else
             night.builds.why_not.get(name, "not built")}
            for name, (_, engine, sanitizers, _) in builds.KINDS.items()
            if name in wanted]


def of(night):
    """The data of report.json."""
    wall = time.monotonic() - night.start
    cores = os.cpu_count() or 1
    cpu = running.cpu_seconds()
    busy = night.schedule.busy_seconds if night.schedule else 0
    counted = _count(night)
    data = {
        "number": night.number,
        "started": night.started,
        "planned_seconds": night.seconds,
        "wall_seconds": round(wall, 1),
        "jobs": night.options.jobs,
        "cores": cores,
        "cpu_seconds": round(cpu, 1),
        "cpu_share": round(cpu / (wall * min(cores, night.options.jobs)), 4),
        "worker_seconds": round(busy, 1),
        "interrupted": night.interrupted,
        "slices": night.slices,
        "builds": _builds(night),
        "targets": [_target(night, target, counted[target])
                    for target in night.targets],
        "findings": [_finding(night, f)
                     for f in night.findings_to_tell()],
        "known": [_known(night, entry) for entry in night.known.entries],
        "corpus_programs_run": night.everywhere.programs,
        "notes": sorted(set(night.notes)),
        "history": night.earlier(),
    }
    data["reasons"] = _reasons(night, data)
    data["failed"] = bool(data["reasons"])
    return data


def _page_of(night, finding):
    """An HTML page about the least program of a finding, or None where
    el2diff makes none."""
    page_path = finding.directory / "report.html"
    is_program = finding.minimized and finding.minimized.suffix == ".txt"
    if is_program and not page_path.exists() and "libfuzzer" in night.built:
        try:
            subprocess.run(
                [night.engines.el2diff(), "report", finding.minimized, "-o",
                 page_path, "--target", finding.record["target"]],
                capture_output=True, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return page_path if page_path.exists() else None


def _copy_findings(night, data):
    """Beside the page, what shows each finding. Sets where its own page
    is."""
    place = night.options.report / "nightly-findings"
    shutil.rmtree(place, ignore_errors=True)
    for finding, entry in zip(night.findings_to_tell(), data["findings"]):
        own = place / entry["target"] / finding.directory.name
        own.mkdir(parents=True)
        for path in [finding.minimized, *finding.programs]:
            if path:
                shutil.copy(path, own)
        entry["page"] = None
        made = _page_of(night, finding)
        if made:
            shutil.copy(made, own)
            entry["page"] = str((own / made.name).relative_to(
                night.options.report))
        entry["files"] = str(own.relative_to(night.options.report))


def write(night, data):
    """The report, and the night in the history."""
    directory = night.options.report
    directory.mkdir(parents=True, exist_ok=True)
    _copy_findings(night, data)
    tonight = {
        "number": data["number"], "started": data["started"],
        "wall_seconds": data["wall_seconds"],
        "interrupted": data["interrupted"], "failed": data["failed"],
        "new": sum(f["is_new"] for f in data["findings"]),
        "targets": {t["target"]: {
            "executions": t["executions"], "edges": t["edges"],
            "features": t["features"], "inputs": t["corpus"]["after"],
            "cells_reached": t["cells_reached"]} for t in data["targets"]},
    }
    data["history"] = [*data["history"], tonight][-_NIGHTS:]
    write_json(directory / "report.json", data)
    write_atomically(directory / "index.html", page.of(data))
    write_json(night.workspace.history, data["history"])


def print_summary(data, directory):
    """A few lines for whoever waits, or reads the log of CI."""
    executions = sum(t["executions"] for t in data["targets"])
    print(f"night {data['number']}: {data['wall_seconds']:.0f} s"
          f"{', interrupted' if data['interrupted'] else ''}, "
          f"{executions} executions, CPU {100 * data['cpu_share']:.1f} % of "
          f"{min(data['cores'], data['jobs'])} cores")
    for target in data["targets"]:
        corpus = target["corpus"]
        print(f"  {target['target']:16} {target['executions']:>10} executions, "
              f"{target['edges'] or '-'} edges, {target['cells_reached']} of "
              f"{target['cells_possible']} cells, corpus {corpus['before']} to "
              f"{corpus['after']}")
    for known in data["known"]:
        print(f"  {known['standing']}: {known['target']} {known['signature']}, "
              f"{known['tonight']} tonight")
    for finding in data["findings"]:
        if finding["standing"] == "gone":
            print(f"  gone: {finding['target']} {finding['signature']}")
    for reason in data["reasons"]:
        print(f"FAILED {reason}")
    print(f"report: {directory}/index.html")
