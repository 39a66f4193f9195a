"""Plots in SVG, by hand: horizontal bars, and lines over numbers. Both axes of values are logarithmic,
because what is compared lies orders of magnitude apart."""

import math
from xml.sax.saxutils import escape

OURS, THEIRS, GRID, TEXT = "#b7410e", "#8a99a6", "#dde2e6", "#222222"
LINES = ["#b7410e", "#e08a3c", "#34678f", "#8a99a6", "#5d7d4e", "#8a5a83"]
FONT = 'font-family="sans-serif" font-size="13"'


def svg(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" {FONT} fill="{TEXT}">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def text(x, y, words, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{escape(words)}</text>")


def line(x1, y1, x2, y2, color=GRID, width=1):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{color}" stroke-width="{width}"/>')


def decades(least, most):
    """The powers of ten from that at or below `least` to that at or above `most`."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [10.0**i for i in range(first, max(last, first + 1) + 1)]


def scale(ticks, start, end):
    """Where a value lies between the pixels start and end."""
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    return lambda value: start + (math.log10(value) - low) / (high - low) * (end - start)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def bars(title, unit, rows, mark=None):
    """rows: (label, value, whether it is ours), from the top; nothing is shown of what is 0. mark: a
    value with a line at it."""
    rows = [row for row in rows if row[1] > 0]
    values = [value for _, value, _ in rows] + ([mark] if mark else [])
    ticks = decades(min(values), max(values))
    left, right, top, step = 16 + 7.5 * max(len(label) for label, _, _ in rows), 760, 56, 22
    height = top + step * len(rows) + 34
    at = scale(ticks, left, right)
    parts = [text(16, 26, title, weight="bold")]
    for tick in ticks:
        parts += [line(at(tick), top - 8, at(tick), height - 28),
                  text(at(tick), height - 10, number(tick), "middle")]
    for i, (label, value, is_ours) in enumerate(rows):
        y = top + i * step
        parts += [text(left - 8, y + 13, label, "end"),
                  f'<rect x="{left:.1f}" y="{y:.1f}" width="{max(at(value) - left, 1):.1f}" '
                  f'height="{step - 6}" fill="{OURS if is_ours else THEIRS}"/>',
                  text(at(value) + 6, y + 13, number(value))]
    if mark:
        parts.append(line(at(mark), top - 8, at(mark), height - 28, TEXT, 1.5))
    parts.append(text(right + 60, 26, unit, "end"))
    return svg(right + 76, height, parts)


def lines(title, x_unit, y_unit, series):
    """series: label -> [(x, y)], all above 0."""
    xs = decades(*bounds(series, 0))
    ys = decades(*bounds(series, 1))
    left, right, top, bottom = 76, 600, 56, 380
    x_at, y_at = scale(xs, left, right), scale(ys, bottom, top)
    parts = [text(16, 26, title, weight="bold"), text(left, top - 12, y_unit),
             text(right, bottom + 38, x_unit, "end")]
    for tick in xs:
        parts += [line(x_at(tick), top, x_at(tick), bottom),
                  text(x_at(tick), bottom + 20, number(tick), "middle")]
    for tick in ys:
        parts += [line(left, y_at(tick), right, y_at(tick)),
                  text(left - 8, y_at(tick) + 4, number(tick), "end")]
    for i, (label, points) in enumerate(series.items()):
        color = LINES[i % len(LINES)]
        path = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x_at(x):.1f}" cy="{y_at(y):.1f}" r="3" fill="{color}"/>'
                  for x, y in points]
        y = top + 10 + 20 * i
        parts += [line(right + 16, y, right + 40, y, color, 2), text(right + 46, y + 4, label)]
    return svg(right + 210, bottom + 52, parts)


def bounds(series, i):
    values = [point[i] for points in series.values() for point in points]
    return min(values), max(values)
