"""The share of faults that each engine has found, over CPU time, as SVG."""

import math
from xml.sax.saxutils import escape

from campaign.comparison import by_engine, on_common_faults
from campaign.patches import Refusal

WIDTH, HEIGHT = 800, 460
LEFT, RIGHT, TOP, BOTTOM = 60, 170, 50, 55

# Told apart also by those who do not see red and green.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")

SHORTEST = 0.01  # CPU seconds at the left edge: less than a target starts in


def _curve(runs):
    """(time, share) where the share grows; each fault weighs the same
    however many runs it had."""
    count = {}
    for run in runs:
        count[run["name"]] = count.get(run["name"], 0) + 1
    share = 0.0
    points = []
    for run in sorted(runs, key=lambda run: run["cpu_seconds"]):
        if run["found"]:
            share += 1 / count[run["name"]] / len(count)
            points.append((run["cpu_seconds"], share))
    return points


class _Axes:
    def __init__(self, longest):
        self.longest = longest
        self.decades = math.log10(longest / SHORTEST)

    def x(self, seconds):
        """Logarithmic."""
        seconds = max(seconds, SHORTEST)
        return LEFT + (WIDTH - LEFT - RIGHT) * (
            math.log10(seconds / SHORTEST) / self.decades)

    @staticmethod
    def y(share):
        """From 0 to 1."""
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    def lines(self):
        """The grid with its numbers."""
        shapes = []
        for percent in range(0, 101, 20):
            y = self.y(percent / 100)
            shapes.append(
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" class="grid"/>'
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
                f"{percent} %</text>")
        power = math.ceil(math.log10(SHORTEST))
        while 10**power <= self.longest:
            x = self.x(10**power)
            shapes.append(
                f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>'
                f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" '
                f'text-anchor="middle">{10**power:g} s</text>')
            power += 1
        return shapes


def _steps(axes, points, limit):
    """A curve that goes up at each point and ends at the limit of its runs."""
    path = [f"M{axes.x(SHORTEST):.1f} {axes.y(0):.1f}"]
    for seconds, share in points:
        path.append(f"H{axes.x(min(seconds, limit)):.1f}V{axes.y(share):.1f}")
    return "".join([*path, f"H{axes.x(limit):.1f}"])


def _label_places(shares, axes):
    """Heights for the labels at the right, apart from each other."""
    places = {}
    lowest = HEIGHT - BOTTOM
    for engine, share in sorted(shares.items(), key=lambda item: item[1]):
        lowest = min(axes.y(share) + 4, lowest)
        places[engine] = lowest
        lowest -= 16
    return places


def kill_curves(runs):
    """The whole picture."""
    if not runs:
        raise Refusal("there are no results to draw")
    runs = on_common_faults(runs)
    axes = _Axes(max(run["seconds"] for run in runs))
    engines = by_engine(runs)
    curves = {engine: _curve(of_engine)
              for engine, of_engine in engines.items()}
    shares = {engine: points[-1][1] if points else 0.0
              for engine, points in curves.items()}
    places = _label_places(shares, axes)
    shapes = axes.lines()
    for number, (engine, of_engine) in enumerate(engines.items()):
        colour = COLOURS[number % len(COLOURS)]
        limit = max(run["seconds"] for run in of_engine)
        shapes.append(
            f'<path d="{_steps(axes, curves[engine], limit)}" fill="none" '
            f'stroke="{colour}" stroke-width="2"/>'
            f'<text x="{WIDTH - RIGHT + 8}" y="{places[engine]:.1f}" '
            f'fill="{colour}">{escape(engine)} {100 * shares[engine]:.0f} %'
            "</text>")
    faults = len({run["name"] for run in runs})
    title = f"Share of {faults} faults found, by CPU time of one run"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">\n'
        "<style>.grid{stroke:#ddd;fill:none}</style>\n"
        f"<title>{title}</title>\n"
        '<rect width="100%" height="100%" fill="white"/>\n'
        f'<text x="{LEFT}" y="28" font-size="16">{title}</text>\n'
        + "\n".join(shapes)
        + f'\n<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 12}" '
        'text-anchor="middle">CPU seconds, logarithmic</text>\n</svg>\n')
