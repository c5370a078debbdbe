"""The size of the frames that a measurement sends. A core makes its frames when it starts, so another size is another start:
under systemd that is done here and undone at the end; any other core is for its owner to start."""

import contextlib
import os
import shlex
import subprocess
import time

import live
from measure import facts
from measure.generator import Cannot

UNIT = "pollcore.service"
DROP_IN = f"/run/systemd/system/{UNIT}.d"
START_S = 60


def current(core):
    pid = core.ask("/pollcore/status").get("pid", 0)
    return facts.option(facts.read_command(pid), "--frame-size", "64"), pid


@contextlib.contextmanager
def frame_size(core, wanted):
    """Gives the size that is sent while this lasts. wanted: a number or imix as text, or None for what the core has."""
    folder = f"{live.ROOTFS}{DROP_IN}"
    if os.path.exists(f"{folder}/measure.conf"):
        # A measurement that was killed, as Systems Manager does it, has left its size behind.
        undo(core, folder)
    has, pid = current(core)
    if wanted in (None, has):
        yield has
        return
    if unit_pid() != pid:
        raise Cannot(f"frame size: the core sends frames of {has}, and {wanted} is asked for; start it with --frame-size "
                     f"{wanted}")
    os.makedirs(folder, exist_ok=True)
    try:
        write_drop_in(folder, wanted)
        restart(core, f"with --frame-size {wanted}")
        yield wanted
    finally:
        undo(core, folder)


def undo(core, folder):
    for name in ("measure.conf", "measure.env"):
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{folder}/{name}")
    restart(core, "as it was before")


def write_drop_in(folder, wanted):
    # systemd takes a value without quotes to the end of the line, which a shell would not.
    lines = live.read_text(f"{live.STATE}/pollcore.env").splitlines()
    options = next((line.partition("=")[2] for line in lines if line.startswith("POLLCORE_OPTIONS=")), "")
    with open(f"{folder}/measure.env", "w", encoding="utf-8") as file:
        file.write(f"POLLCORE_OPTIONS={without(options, '--frame-size')} --frame-size {wanted}\n")
    with open(f"{folder}/measure.conf", "w", encoding="utf-8") as file:
        # A later file's settings win.
        file.write(f"[Service]\nEnvironmentFile={folder}/measure.env\n")


def without(options, name):
    words = shlex.split(options)
    while name in words:
        at = words.index(name)
        del words[at:at + 2]
    return " ".join(words)


def unit_pid():
    done = systemctl("show", UNIT, "--property", "MainPID", "--value")
    # 0: the unit is not there, or does not run.
    return int(done.stdout.strip() or 0) or None if done and done.returncode == 0 else None


def systemctl(*words):
    try:
        return subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=START_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None


def restart(core, how):
    systemctl("daemon-reload")
    # How often it may start in two minutes is meant for failures.
    systemctl("reset-failed", UNIT)
    done = systemctl("restart", UNIT)
    if done is None or done.returncode != 0:
        said = f"no answer of systemctl in {START_S} s" if done is None else done.stderr.strip().splitlines()[-1:]
        raise Cannot(f"the core does not start {how}: {said}; see journalctl -u {UNIT} (frames over 1518 need --mtu)")
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(Cannot):
            if core.ask("/pollcore/status").get("state") == "running":
                return
        time.sleep(0.2)
    raise Cannot(f"the core does not answer {START_S} s after its start {how}; see journalctl -u {UNIT}")
