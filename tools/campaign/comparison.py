"""Engines against each other, on the faults that both were given.

Times are CPU seconds to the first divergence. A run that found nothing is
censored: all that is known is that it takes longer than the run did, so no
time beyond the shortest limit of any run is looked at."""

import itertools
import math

from campaign.patches import Refusal


def restricted_times(runs, limit):
    """By fault, the times of its runs; math.inf for those beyond the limit."""
    times = {}
    for run in runs:
        in_time = run["found"] and run["cpu_seconds"] <= limit
        times.setdefault(run["name"], []).append(
            run["cpu_seconds"] if in_time else math.inf)
    return times


def restricted_mean(times, limit):
    """The mean over faults of the mean time, each run at most the limit."""
    means = [sum(min(t, limit) for t in of_fault) / len(of_fault)
             for of_fault in times.values()]
    return sum(means) / len(means)


def faster_share(first, second):
    """Vargha and Delaney's A12: how likely a time of the first is the shorter
    one; a tie counts half."""
    wins = sum((a < b) + (a == b) / 2 for a in first for b in second)
    return wins / (len(first) * len(second))


def u_variance(first, second):
    """Of Mann and Whitney's U when there is no difference, with ties."""
    values = first + second
    n = len(values)
    ties = sum(count**3 - count
               for count in (values.count(v) for v in set(values)))
    return len(first) * len(second) / 12 * (n + 1 - ties / (n * (n - 1)))


def mann_whitney(pairs):
    """Two-sided p over faults, each a stratum of its own: seeds are compared
    with seeds on the same fault only. Normal approximation."""
    difference = sum((faster_share(a, b) - 0.5) * len(a) * len(b)
                     for a, b in pairs)
    variance = sum(u_variance(a, b) for a, b in pairs)
    if variance == 0:
        return 1.0
    return math.erfc(abs(difference) / math.sqrt(2 * variance))


def holm(p_values):
    """Corrected for there being several."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1, p_values[i] * (len(p_values) - rank)))
        corrected[i] = highest
    return corrected


def by_engine(runs):
    """The runs of each engine, in the order of their first."""
    engines = {}
    for run in runs:
        engines.setdefault(run["engine"], []).append(run)
    return engines


def on_common_faults(runs):
    """The runs on faults that every engine was given."""
    names = [{run["name"] for run in of_engine}
             for of_engine in by_engine(runs).values()]
    common = set.intersection(*names)
    if not common:
        raise Refusal("there is no fault that all engines were given")
    return [run for run in runs if run["name"] in common]


def _columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                  for i, (cell, w) in enumerate(zip(row, widths)))
        for row in rows)


def _engine_rows(engines, limit):
    rows = [("engine", "faults", "found", "runs", "in time", "mean time s")]
    for engine, runs in engines.items():
        times = restricted_times(runs, limit)
        in_time = [t < math.inf for of_fault in times.values()
                   for t in of_fault]
        found = sum(min(of_fault) < math.inf for of_fault in times.values())
        rows.append((engine, f"{len(times)}", f"{found}", f"{len(runs)}",
                     f"{sum(in_time)}",
                     f"{restricted_mean(times, limit):.3f}"))
    return rows


def _geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def calls_by_fault(runs):
    """By fault, the geometric mean of the calls that its runs executed, also
    of those that found nothing: they would have taken more."""
    calls = {}
    for run in runs:
        calls.setdefault(run["name"], []).append(max(1, run["calls"]))
    return {name: _geometric_mean(c) for name, c in calls.items()}


def shortest_by_fault(runs):
    """By fault that was found, the calls of its shortest program."""
    shortest = {}
    for run in runs:
        calls = run["calls_minimized"]
        if run["found"] and calls is not None:
            shortest[run["name"]] = min(calls,
                                        shortest.get(run["name"], calls))
    return shortest


def _shorter(first, second):
    """In how many faults that both have the program of the first is shorter,
    as long, and longer."""
    counts = [0, 0, 0]
    for name in first.keys() & second.keys():
        counts[1 + (first[name] > second[name]) -
               (first[name] < second[name])] += 1
    return "/".join(map(str, counts))


def _pair_rows(engines, limit):
    rows = []
    p_values = []
    for a, b in itertools.combinations(engines, 2):
        first = restricted_times(engines[a], limit)
        second = restricted_times(engines[b], limit)
        pairs = [(first[name], second[name]) for name in first]
        share = sum(faster_share(*pair) for pair in pairs) / len(pairs)
        difference = (restricted_mean(second, limit) -
                      restricted_mean(first, limit))
        p_values.append(mann_whitney(pairs))
        calls = calls_by_fault(engines[a]), calls_by_fault(engines[b])
        ratio = _geometric_mean([calls[1][name] / calls[0][name]
                                 for name in calls[0]])
        lengths = _shorter(shortest_by_fault(engines[a]),
                           shortest_by_fault(engines[b]))
        rows.append((f"{a} and {b}", f"{difference:+.3f}", f"{share:.3f}",
                     f"{ratio:.2f}", lengths))
    names = ("pair", "second takes longer by s", "A12", "its calls", "shorter",
             "p")
    return [names] + [(*row, f"{p:.2g}")
                      for row, p in zip(rows, holm(p_values))]


def text(runs):
    """All of it in words."""
    if not runs:
        raise Refusal("there are no results to compare")
    limit = min(run["seconds"] for run in runs)
    engines = by_engine(on_common_faults(runs))
    parts = [f"Within {limit} CPU seconds, the shortest limit of any run.",
             _columns(_engine_rows(engines, limit))]
    if len(engines) > 1:
        parts += [
            _columns(_pair_rows(engines, limit)),
            "mean time: to detection, restricted to the limit, mean over "
            "faults.\n"
            "A12: how likely the first is faster; a tie, as when neither "
            "finds it, is half.\n"
            "its calls: how many times as many calls the second executes, "
            "geometric mean over\n"
            "faults; a run that finds nothing counts with what it executed.\n"
            "shorter: of how many faults the shortest program of the first is "
            "shorter, as long,\n"
            "longer.\n"
            "p: Mann-Whitney over all faults, each a stratum; Holm's "
            "correction for several pairs."]
    return "\n\n".join(parts)
