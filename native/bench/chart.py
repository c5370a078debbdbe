"""The table as bars, for the README: plain SVG 1.1, legible on light and on dark ground."""
from xml.sax.saxutils import escape

WIDTH, LEFT, BAR, GAP, HEAD = 860, 240, 18, 6, 30
OURS, PEERS, INK, GROUND = "#1f77b4", "#9aa5b1", "#1c2733", "#ffffff"


def bars(entries, top, longest):
    """One contest. Its bars begin at LEFT; the figure stands behind each."""
    lines = []
    room = WIDTH - LEFT - 150
    for number, entry in enumerate(entries):
        y = top + number * (BAR + GAP)
        width = max(2, entry["median"] / longest * room)
        colour = OURS if entry["name"].startswith("pollcore") else PEERS
        figure = f"{entry['median']:.1f}  (×{entry['ratio']:.2f})"
        lines += [f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(entry["name"])}</text>',
                  f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2" fill="{colour}"/>',
                  f'<text x="{LEFT + width + 6:.1f}" y="{y + 13}">{figure}</text>']
    return lines


def draw(rows):
    """Cycles per packet and the median round trip; the 99th percentile is in the table."""
    rows = [entry for entry in rows if entry["unit"] in ("cycles/packet", "p50 us")]
    contests = list(dict.fromkeys((entry["contest"], entry["unit"]) for entry in rows))
    lines, y = [], 20
    for contest, unit in contests:
        entries = [entry for entry in rows if (entry["contest"], entry["unit"]) == (contest, unit)]
        what = "cycles per packet" if unit == "cycles/packet" else "round trip, p50 in µs"
        lines.append(f'<text x="12" y="{y + 10}" font-weight="bold">{escape(contest)}</text>')
        lines.append(f'<text x="{LEFT}" y="{y + 10}" fill="#5b6773">{what}, less is better</text>')
        lines += bars(entries, y + HEAD - 10, max(entry["median"] for entry in entries))
        y += HEAD + len(entries) * (BAR + GAP) + 6
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 10}" viewBox="0 0 {WIDTH} {y + 10}" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{INK}">')
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y + 10}" fill="{GROUND}"/>', *lines, "</svg>", ""])
