"""Usage: netplan.py DIR NETDEV MAC

Takes one interface out of netplan's files in DIR, by name or by matched MAC address; prints the files it changed.
Called by lib/netconf.sh. cloud-init and netplan both bring PyYAML, so a machine with netplan files has it.
"""

import glob
import os
import sys


def without(config, netdev, mac):
    """True if an entry went."""
    ethernets = (config.get("network") or {}).get("ethernets") or {}
    mine = [
        name
        for name, entry in ethernets.items()
        if name == netdev
        or (entry or {}).get("set-name") == netdev
        or str(((entry or {}).get("match") or {}).get("macaddress", "")).lower() == mac.lower()
    ]
    for name in mine:
        del ethernets[name]
    return bool(mine)


def main():
    directory, netdev, mac = sys.argv[1:]
    paths = sorted(glob.glob(f"{directory}/*.yaml"))
    if not paths:
        return
    import yaml

    for path in paths:
        with open(path, encoding="utf-8") as file:
            config = yaml.safe_load(file) or {}
        if not without(config, netdev, mac):
            continue
        aside = f"{path}.new"
        # netplan warns about files that others can read.
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            yaml.safe_dump(config, file, default_flow_style=False)
        os.replace(aside, path)
        print(path)


main()
