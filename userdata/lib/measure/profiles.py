"""What is measured: the highest rate without loss (RFC 2544, 26.1), round trips at given loads (26.2), and one load for long.
Each profile takes a Generator and gives the document's result, loads and intervals."""

import statistics
import time

from measure import histogram
from measure.generator import Cannot, GAPS, STOLEN, failure

PROBE_PPS, PROBE_S = 1000, 0.2
LOADS = (0.1, 0.5, 0.8, 0.9)  # of the highest rate without loss
REFERENCE = 0.8  # the load that result.loss and result.rtt_ns speak of
LEAST_PPS = 100
ROWS_MAX = 300  # of a soak: so many still make a document that Systems Manager carries


def probe(generator):
    """Whether anything comes back at all: without a peer no profile has a meaning."""
    row = generator.once(PROBE_PPS, PROBE_S)
    if row["received"] == 0:
        raise Cannot(f"nothing came back of {row['sent']} packets: the peer is silent; see that it runs in mode reflect or "
                     "respond, and that its security group lets this one in")
    return row


def ceiling(generator, options):
    if options.max_rate:
        return options.max_rate, "max-rate"
    return generator.trial("ceiling", 1, "max")["offered_pps"], "sender"


def search_once(generator, options, repeat, highest, limit):
    """Binary search between a rate that loses nothing and one that does. Returns the first of them and what limits it."""
    low, high, rate = 0, highest, highest
    while True:
        why = failure(generator.trial("search", repeat, rate))
        if why is None:
            low = rate
        else:
            high, limit = rate, why
        if high <= LEAST_PPS or high - low <= options.precision * high:
            return low, limit
        rate = (low + high) // 2


def search(generator, options):
    highest, limit = ceiling(generator, options)
    found = [search_once(generator, options, repeat + 1, highest, limit) for repeat in range(options.repeat)]
    rates = [rate for rate, _ in found]
    # Of an even number the lower one in the middle: a rate between two searches is one that nobody has tried.
    best = statistics.median_low(rates)
    limit = min(found, key=lambda pair: abs(pair[0] - best))[1]
    result = {"loss_free_pps": best, "searches_pps": rates, "limit": limit, "ceiling_pps": highest}
    if best < LEAST_PPS:
        slowest = min((row for row in generator.trials if row["purpose"] == "search"), key=lambda row: row["rate_pps"])
        return {"result": {**result, **at(slowest, slowest["rate_pps"])}, "loads": [], "intervals": []}
    loads = measure_loads(generator, options, [(round(best * share), share) for share in LOADS])
    reference = next(load for load in loads if load["share"] == REFERENCE)
    return {"result": {**result, **at(reference, reference["rate_pps"])}, "loads": loads, "intervals": []}


def at(row, rate):
    return {"at_pps": rate, "loss": row["loss"], "rtt_ns": row["rtt_ns"]}


def latency(generator, options):
    loads = measure_loads(generator, options, [(rate, None) for rate in options.rates])
    highest = max(loads, key=lambda load: load["rate_pps"])
    return {"result": at(highest, highest["rate_pps"]), "loads": loads, "intervals": []}


def measure_loads(generator, options, wanted):
    """All loads once, then all again: what changes on the machine meanwhile meets each of them."""
    rows = [[] for _ in wanted]
    for repeat in range(options.repeat):
        for index, (rate, _) in enumerate(wanted):
            rows[index].append(generator.trial("latency", repeat + 1, rate))
    return [merge_load(rate, share, rows[index]) for index, (rate, share) in enumerate(wanted)]


def merge_load(rate, share, rows):
    counts = histogram.merge(row["histogram"] for row in rows)
    sent = sum(row["sent"] for row in rows)
    exact = {}
    told = [row["rtt_ns"] for row in rows if row["rtt_ns"]]
    if told:
        exact = {"min_ns": min(rtt["min"] for rtt in told), "max_ns": max(rtt["max"] for rtt in told)}
    total = {name: sum(row[name] for row in rows) for name in ("received", "lost", "unsent", "duplicates", "reordered")}
    return {"rate_pps": rate, "share": share, "sent": sent, **total, "loss": total["lost"] / sent,
            "rtt_ns": histogram.summary(counts, exact), "curve": histogram.curve(counts),
            "repeats": [{"loss": row["loss"], "disturbed": row["disturbed"], "rtt_ns": row["rtt_ns"]} for row in rows]}


def soak(generator, options):
    """One rate for long, told by intervals; what is lost is known for certain when the last packet is back."""
    rate = options.rates[0]
    step = max(options.interval, options.seconds / ROWS_MAX)
    before = [core.stats() for core in generator.cores]
    generator.begin(rate)
    rows, last = [], {"sent": 0, "received": 0, "histogram": {}, "stats": before, "at": 0.0}
    while last["at"] < options.seconds:
        time.sleep(max(0.0, generator.began + min(last["at"] + step, options.seconds) - time.monotonic()))
        now = look(generator)
        rows.append(interval(last, now))
        options.say(f"soak: {rows[-1]['at_s']:.0f} s: sent {now['sent']}, outstanding {rows[-1]['outstanding']}")
        last = now
    row = generator.keep("soak", 1, 1, generator.end(rate, before))
    generator.counted.append(row)
    load = merge_load(rate, None, [row])
    return {"result": at(load, rate), "loads": [load], "intervals": rows}


def look(generator):
    got = generator.latency()
    return {"at": time.monotonic() - generator.began, "sent": got["sent"], "received": got["received"],
            "histogram": generator.histogram(), "stats": [core.stats() for core in generator.cores]}


def interval(last, now):
    """What happened since the last look. Outstanding: sent and not back yet, be it under way or lost."""
    def grown(*names):
        return max(sum(max(0, after.get(name, 0) - before.get(name, 0)) for name in names)
                   for before, after in zip(last["stats"], now["stats"]))

    seconds = max(now["at"] - last["at"], 1e-6)
    return {"at_s": round(now["at"], 2), "sent": now["sent"] - last["sent"], "received": now["received"] - last["received"],
            "outstanding": now["sent"] - now["received"], "stolen": round(grown(*STOLEN) / (seconds * 1e9), 5),
            **{name: grown(name) for name in GAPS},
            "mbufs_free": now["stats"][0].get("mbufs_free", 0),
            "rtt_ns": histogram.summary(histogram.difference(now["histogram"], last["histogram"]))}


PROFILES = {"search": search, "latency": latency, "soak": soak}
