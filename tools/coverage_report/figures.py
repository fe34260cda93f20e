"""Figures of the rooms and what is missed, as text and as JSON."""

import dataclasses
import json

from coverage_report.profile import BRANCH, KINDS, LINE, Refusal


@dataclasses.dataclass
class Figure:
    """How much of one kind of one room ran."""

    total: int
    missed: int  # with what is impossible
    impossible: int

    @property
    def raw(self):
        """Percent of all."""
        return _percent(self.total - self.missed, self.total)

    @property
    def possible(self):
        """Percent of what is possible."""
        return _percent(self.total - self.missed, self.total - self.impossible)


def _percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def _shown(percent):
    """Rounded down: 100 is nothing missed."""
    return f"{int(percent * 100) / 100:.2f}"


def count(items):
    """The figure of each room and kind."""
    figures = {}
    for item in items:
        room = item.file.split("/")[0]
        kinds = figures.setdefault(room, {})
        figure = kinds.setdefault(item.kind, Figure(0, 0, 0))
        figure.total += 1
        figure.missed += not item.reached
        figure.impossible += item.reason is not None
    return figures


def table(figures):
    """The figures, a line for each room and kind."""
    lines = ["            all %   possible %   missed of total   impossible"]
    for room in sorted(figures, reverse=True):
        for kind in KINDS:
            if kind in figures[room]:
                one = figures[room][kind]
                lines.append(
                    f"{room:<6}{kind:<9}{_shown(one.raw):>6}"
                    f"{_shown(one.possible):>12}"
                    f"{f'{one.missed} of {one.total}':>18}"
                    f"{one.impossible:>13}")
    return "\n".join(lines)


def missed(items, all_of_them):
    """A line for each item that was missed; those that are impossible too,
    with their reason, when all are asked for."""
    lines = []
    for item in items:
        if item.reached or (item.reason and not all_of_them):
            continue
        line = f"  {item.place()}: {_what(item)}: {item.text}"
        lines.append(line + (f" (impossible: {item.reason})" if item.reason
                             else ""))
    return lines


def _what(item):
    if item.kind == LINE:
        return "line not run"
    if item.kind == BRANCH:
        return f"never {item.side}"
    if not item.counted:
        return "not counted by clang"
    return "condition never decides alone"


def parse_bars(text):
    """The bars of --fail-under: {(room or None, kind): percent}."""
    bars = {}
    for part in text.split(","):
        name, equals, value = part.rpartition("=")
        room, _, kind = name.rpartition(".")
        try:
            percent = float(value)
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100 or (equals and kind not in KINDS) or \
                (room and room not in ("model", "impl")):
            raise Refusal(f"--fail-under {text}: not a percentage, or not "
                          f"KIND=N with KIND one of {', '.join(KINDS)}")
        for each in [kind] if kind else KINDS:
            bars[room or None, each] = percent
    return bars


def below(figures, bars):
    """A line for each figure of what is possible that is under its bar."""
    lines = []
    for room, kinds in figures.items():
        for kind, figure in kinds.items():
            bar = bars.get((room, kind), bars.get((None, kind), 0))
            if figure.possible < bar:
                lines.append(f"{room} {kind}: {_shown(figure.possible)} "
                             f"is under {bar:g}")
    return lines


def write_json(figures, items, complaints, path):
    """The figures, everything that was missed, and what is wrong with the
    list."""
    rooms = {room: {kind: {"total": f.total, "missed": f.missed,
                           "impossible": f.impossible, "percent": f.raw,
                           "percent_of_possible": f.possible}
                    for kind, f in kinds.items()}
             for room, kinds in figures.items()}
    gaps = [{"kind": i.kind, "file": i.file, "function": i.function,
             "line": i.line, "column": i.column, "text": i.text,
             "side": i.side or None, "counted": i.counted,
             "impossible": i.reason}
            for i in items if not i.reached]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"rooms": rooms, "missed": gaps, "complaints": complaints},
                  file, indent=1)
        file.write("\n")
