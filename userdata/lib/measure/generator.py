"""One trial with a running pollcore in generate mode: send at a rate for so long, wait until nothing is under way any more,
account for every packet. Used by profiles.py; what the counters mean is in native/src/pollcore/{generate,sequence,gaps}.h."""

import time

import telemetry
from measure import histogram

START_S, POLL_S = 10.0, 0.02
# What the pacer leaves out at most when the rate could be sent: a poller's restart costs it a few trains.
UNSENT_SHARE = 0.001
ALLOWANCES = "_allowance_exceeded"
DROPS = ("rx_dropped", "rx_missed", "rx_nombuf", "tx_dropped")
# What a poller shows that was kept from polling: how long it waited, and how often it was late.
STOLEN, GAPS = ("poller_wait_ns", "cpu_steal_ns"), ("poll_gaps_1ms", "poll_gaps_10ms")


class Cannot(Exception):
    """The measurement cannot be made; the text says what, the bad value and what to do."""


class Core:
    """A pollcore behind its telemetry socket."""

    def __init__(self, socket):
        self.socket = socket

    def ask(self, command):
        # A machine under load may keep the answering thread waiting longer than one time-out.
        for attempt in range(3):
            try:
                answer = telemetry.ask(self.socket, command)
                break
            except telemetry.Silent as fault:
                if attempt == 2:
                    raise Cannot(f"the core does not answer: {fault}; start it, or name its --file-prefix or --socket") from fault
        if isinstance(answer, dict) and "error" in answer:
            raise Cannot(f"the core refuses {command}: {answer['error']}; ask for what it allows")
        return answer

    def stats(self):
        return self.ask("/pollcore/stats")

    def counters(self):
        """What tells, before and after, whether the machine or the network's limits had a part in it."""
        values = {**self.ask("/pollcore/xstats"), **self.stats()}
        return {name: value for name, value in values.items() if name in DROPS or name.endswith(ALLOWANCES)}


class Generator(Core):
    def __init__(self, socket, peers, options):
        super().__init__(socket)
        self.cores = [self, *(Core(peer) for peer in peers)]
        self.options = options
        self.trials = []  # all of them
        self.counted = []  # those that a result rests on
        self.began = 0.0

    def latency(self):
        answer = self.ask("/pollcore/latency")
        if "sent" not in answer:
            raise Cannot("the core has nothing to generate: no peer; start it with --peer-ipv4 or --peer-mac")
        return answer

    def histogram(self):
        """Upper bound of a bucket in nanoseconds -> how many round trips were in it."""
        counts, bucket = {}, 0
        while True:
            page = self.ask(f"/pollcore/histogram,{bucket}")
            for upper, count in zip(page["upper_ns"], page["count"]):
                counts[upper] = counts.get(upper, 0) + count
            bucket = page["next"]
            if bucket == 0:
                return counts

    def begin(self, rate):
        before = self.latency()["sent"]
        self.ask(f"/pollcore/rate,{rate}")
        end = time.monotonic() + START_S
        # The poller takes the rate up when it polls next, which may be later; its count then begins anew.
        while self.latency()["sent"] in (before, 0):
            if time.monotonic() > end:
                raise Cannot(f"nothing leaves within {START_S:g} s at {rate} packets/s: the peer's MAC may be unknown (it does "
                             "not answer ARP), or the link is down; see rig-status, and that the peer runs")
            time.sleep(POLL_S / 4)
        self.began = time.monotonic()

    def drain(self):
        """Waits until all is back, or nothing more has come for as long as a packet may take."""
        last, since = None, time.monotonic()
        while True:
            now = self.latency()
            if last is None or (now["sent"], now["received"]) != (last["sent"], last["received"]):
                last, since = now, time.monotonic()
            elif now["sent"] == now["received"] or time.monotonic() - since > self.options.drain:
                return now
            time.sleep(POLL_S)

    def trial(self, purpose, repeat, rate):
        """A trial that can be trusted: one in which a poller was kept from polling is made again, a bounded number of times.
        When none was left alone, the one that was disturbed least counts."""
        rows = []
        while True:
            rows.append(self.keep(purpose, repeat, len(rows) + 1, self.once(rate, self.options.seconds)))
            time.sleep(self.options.settle)
            # What lost nothing although the machine was in the way is good enough for a search.
            if rows[-1]["disturbed"] is None or (purpose == "search" and failure(rows[-1]) is None):
                break
            if len(rows) > self.options.retries or time.monotonic() > self.options.deadline:
                rows.append(min(rows, key=lambda row: row["stolen"]))
                break
        self.counted.append(rows[-1])
        return rows[-1]

    def keep(self, purpose, repeat, attempt, row):
        row = {"purpose": purpose, "repeat": repeat, "attempt": attempt, **row}
        self.trials.append(row)
        self.options.say(describe(row))
        return row

    def once(self, rate, seconds):
        before = [core.stats() for core in self.cores]
        self.begin(rate)
        time.sleep(seconds)
        return self.end(rate, before)

    def end(self, rate, before):
        """Stops sending. The row of what was sent, once nothing is under way any more; `before`: the counters at its start."""
        # Both clocks err on the short side: it sends since before `began`, and until after this.
        elapsed = time.monotonic() - self.began
        self.ask("/pollcore/rate,0")
        got = self.drain()
        after = [core.stats() for core in self.cores]
        window = time.monotonic() - self.began
        return account(rate, (elapsed, window), got, (before, after), self.histogram(), self.options.max_stolen)


def account(rate, times, got, stats, counts, max_stolen):
    """The row of a trial. rate: packets a second, or "max". times: seconds of sending, and until all was back. stats: the
    counters before and after, each a list: this core first, then the peers that can be asked."""
    elapsed, window = times
    before, after = stats

    def grown(index, *names):
        return sum(max(0, after[index].get(name, 0) - before[index].get(name, 0)) for name in names)

    here, peers = 0, range(1, len(after))
    lost = got["sent"] - got["received"]
    unsent = got["skipped"]
    if rate != "max":
        # A poller that was away until the end has not yet counted what it skipped.
        unsent = max(unsent, int(rate * elapsed) - got["sent"])
    row = {
        "rate_pps": None if rate == "max" else rate,
        "seconds": round(elapsed, 4),
        # By the pacer's own count where there is one: the clock here sees the start some milliseconds late.
        "offered_pps": round(got["sent"] / elapsed if rate == "max" else rate * got["sent"] / (got["sent"] + unsent)),
        "sent": got["sent"],
        "received": got["received"],
        "lost": lost,
        "lost_here": min(lost, grown(here, "rx_missed", "rx_nombuf")),
        "lost_at_peer": min(lost, sum(grown(peer, "rx_missed", "rx_nombuf", "tx_dropped") for peer in peers)) if peers else None,
        "unsent": unsent,
        **{name: got[name] for name in ("duplicates", "reordered", "late")},
        "loss": lost / got["sent"],
        **{name: max(grown(index, name) for index in range(len(after))) for name in GAPS},
        "stolen": round(max(grown(index, *STOLEN) for index in range(len(after))) / (window * 1e9), 5),
        "rtt_ns": histogram.summary(counts, got),
    }
    row["disturbed"] = disturbance(row, max_stolen)
    row["histogram"] = counts  # taken out again before the row is printed
    return row


def is_unsent(row):
    return row["unsent"] > UNSENT_SHARE * (row["sent"] + row["unsent"])


def failure(row):
    """Why a rate is none without loss: packets were lost, or the sender could not send so many. None: it is one."""
    if row["lost"] > 0:
        return "loss"
    return "sender" if is_unsent(row) else None


def disturbance(row, max_stolen):
    """Why the machine, not the network, may have made this trial what it is; None when it had no part."""
    if row["stolen"] > max_stolen:
        return f"a poller waited for its processor {100 * row['stolen']:.1f} % of the time"
    if row["poll_gaps_10ms"] > 0:
        return f"a poller did not poll for 10 ms or more, {row['poll_gaps_10ms']} times"
    if row["poll_gaps_1ms"] > 0 and (row["lost"] > 0 or is_unsent(row)):
        return f"a poller did not poll for 1 ms or more, {row['poll_gaps_1ms']} times"
    return None


def describe(row):
    rate = "as fast as it goes" if row["rate_pps"] is None else f"{row['rate_pps']} packets/s"
    parts = [f"{row['purpose']} {row['repeat']}: {rate}: sent {row['sent']}, lost {row['lost']}"]
    if is_unsent(row):
        parts.append(f"could not send {row['unsent']}")
    if row["rtt_ns"]:
        parts.append(f"p50 {row['rtt_ns']['p50'] / 1000:.1f} us, p99 {row['rtt_ns']['p99'] / 1000:.1f} us")
    if row["disturbed"]:
        parts.append(f"disturbed: {row['disturbed']}")
    return ", ".join(parts)
