"""Lines over time as SVG, one chart for each, so that no colour is needed to
tell them apart."""

import html

_WIDTH, _HEIGHT = 300, 90
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 18


def _short(number):
    """As short as a scale can have it."""
    if number >= 10_000_000:
        return f"{number / 1_000_000:.0f}M"
    if number >= 10_000:
        return f"{number / 1000:.0f}k"
    return f"{number:g}"


def line(title, points, left, right):
    """A chart of points (x, y) in the order of x, with words under its two
    ends. "" without points."""
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    low, high = min(ys), max(ys)
    span = (high - low) or 1
    wide = (xs[-1] - xs[0]) or 1

    def place(x, y):
        across = (x - xs[0]) / wide * (_WIDTH - _LEFT - _RIGHT)
        up = (y - low) / span * (_HEIGHT - _TOP - _BOTTOM)
        return f"{_LEFT + across:.1f},{_HEIGHT - _BOTTOM - up:.1f}"

    path = " ".join(place(x, y) for x, y in points)
    marks = "".join(
        '<circle cx="{}" cy="{}" r="2"/>'.format(*place(x, y).split(","))
        for x, y in (points if len(points) <= 40 else points[-1:]))
    bottom = _HEIGHT - _BOTTOM
    label = html.escape(f"{title}: {_short(ys[0])} to {_short(ys[-1])}",
                        quote=True)
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_WIDTH} '
        f'{_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}">'
        f'<title>{label}</title>'
        f'<path class="axis" d="M{_LEFT},{_TOP}V{bottom}H{_WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT - 4}" y="{_TOP + 8}" text-anchor="end">'
        f'{_short(high)}</text>'
        + (f'<text x="{_LEFT - 4}" y="{bottom}" text-anchor="end">'
           f'{_short(low)}</text>' if high != low else "") +
        f'<text x="{_LEFT}" y="{_HEIGHT - 4}">{html.escape(left)}</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" text-anchor="end">'
        f'{html.escape(right)}</text>'
        f'<polyline class="line" points="{path}"/>'
        f'<g class="dots">{marks}</g></svg>')
