"""What is measured: how each program is built and started, and the counters it is asked for."""
import os
import pathlib
import shutil
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CACHE = PROJECT / ".cache" / "bench"
IPV4 = "10.99.0.1"
PCAP_MAC = "02:70:63:61:70:00"  # what net_pcap calls itself


class Missing(Exception):
    """A program that is not here, with the way to get it."""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Missing(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
    return done.stdout


def flags(*what):
    return run("pkg-config", *what, "libdpdk").split()


def compile_c(source, name, dpdk=False):
    """One C file into CACHE, again when it or DPDK has changed."""
    target = CACHE / f"{name}-{flags('--modversion')[0]}"
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        extra = flags("--cflags") if dpdk else []
        link = flags("--libs") if dpdk else []
        run("cc", "-O3", "-Wall", *extra, str(source), "-o", str(target), *link)
    return str(target)


def build_pollcore():
    build = CACHE / "pollcore"
    if not (build / "build.ninja").exists():
        run("meson", "setup", str(build), str(PROJECT / "native"), "-Dtests=false")
    run("ninja", "-C", str(build))
    return str(build / "src" / "pollcore" / "pollcore")


def build_l2fwd():
    """From the source of the very DPDK that is installed, which the machine side knows how to fetch and verify."""
    version = flags("--modversion")[0]
    folder = CACHE / "sources"
    source = CACHE / f"l2fwd-{version}.c"
    if not source.exists():
        run("bash", str(PROJECT / "userdata" / "bin" / "fetch-sources"), str(folder),
            env={**os.environ, "RIG_DPDK_VERSION": version})
        text = run("tar", "-xJOf", str(folder / f"dpdk-{version}.tar.xz"), "--wildcards", "*/examples/l2fwd/main.c")
        source.write_text(text, encoding="utf-8")
    return compile_c(source, "l2fwd", dpdk=True)


def find_testpmd():
    path = shutil.which("dpdk-testpmd")
    if path is None:
        raise Missing("dpdk-testpmd: not found; apt-get install dpdk-dev")
    return path


class Programs:
    """The programs and how they are started, EAL options left to the caller."""

    def __init__(self):
        CACHE.mkdir(parents=True, exist_ok=True)
        bench = PROJECT / "native" / "bench"
        self.pollcore_path = build_pollcore()
        self.rtt = compile_c(bench / "rtt.c", "rtt")
        self.fill_ring = compile_c(bench / "fill_ring.c", "fill_ring", dpdk=True)
        self.l2fwd_path = build_l2fwd()
        self.testpmd_path = find_testpmd()
        self.tsc_hz = float(run(self.rtt, "tsc"))

    def pollcore(self, mode, *options):
        return [self.pollcore_path, "-l", "0-1", "EAL", "--", "--mode", mode, "--ipv4", IPV4, *options]

    def testpmd(self, mode, *options):
        # --no-mlockall: as pollcore, which locks no memory either. --no-flush-rx: what is in net_ring must stay.
        return [self.testpmd_path, "-l", "0-1", "EAL", "--", f"--forward-mode={mode}", "--auto-start", "--nb-cores=1",
                "--total-num-mbufs=8192", "--no-mlockall", "--no-flush-rx", "--rxd=1024", "--txd=1024", "--burst=32", *options]

    def l2fwd(self, *options):
        # One lcore for both ports, no statistics on the screen.
        return [self.l2fwd_path, "-l", "1", "EAL", "--", "-p", "3", "-q", "2", "-T", "0", *options]
