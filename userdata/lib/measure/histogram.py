"""Round-trip times by bucket: {upper bound in ns: count}. Merged over repeats, and what is told of them. Pure."""

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999, "p99_99": 0.9999}
# Where the curve has its points: even on a scale of nines, which is how a tail is drawn.
CURVE = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99995, 0.99999,
         0.999999)


def merge(histograms):
    merged = {}
    for counts in histograms:
        for upper, count in counts.items():
            merged[upper] = merged.get(upper, 0) + count
    return merged


def difference(after, before):
    return {upper: count - before.get(upper, 0) for upper, count in after.items() if count > before.get(upper, 0)}


def quantiles(counts, fractions):
    """For each fraction (in rising order) the bucket's upper bound below which that many lie, the bucket included."""
    total, seen, values = sum(counts.values()), 0, []
    buckets = iter(sorted(counts.items()))
    upper = None
    for fraction in fractions:
        # At least one packet; rounding must not ask for more than there are.
        wanted = min(total, max(1, fraction * total))
        while seen < wanted:
            upper, count = next(buckets)
            seen += count
        values.append(upper)
    return values


def summary(counts, exact=None):
    """Percentiles in ns, with the exact least, mean and greatest where the core told them; None when nothing came back."""
    if not counts:
        return None
    values = dict(zip(QUANTILES, quantiles(counts, QUANTILES.values())))
    total = sum(counts.values())
    ends = {"min": min(counts), "mean": sum(upper * count for upper, count in counts.items()) / total, "max": max(counts)}
    for name in ends:
        ends[name] = round((exact or {}).get(f"{name}_ns", ends[name]))
    # A bucket's upper bound may lie above the greatest value in it.
    return {"min": ends["min"], "mean": ends["mean"], **{name: min(value, ends["max"]) for name, value in values.items()},
            "max": ends["max"]}


def curve(counts):
    """Points [fraction, ns], as far into the tail as there are packets to tell it."""
    total = sum(counts.values())
    fractions = [fraction for fraction in CURVE if total * (1 - fraction) >= 1]
    return [list(point) for point in zip(fractions, quantiles(counts, fractions))]
