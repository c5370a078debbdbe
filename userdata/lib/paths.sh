# Where things are on the machine. Each may be set before, for tests and for the rig on a developer's machine.
# shellcheck shell=bash
: "${RIG_ROOT:=/opt/dpdk-rig}"
: "${RIG_ETC:=/etc/dpdk-rig}"
: "${RIG_STATE:=/var/lib/dpdk-rig}"
: "${RIG_RUN:=/run/dpdk-rig}"
: "${RIG_SYSFS:=/sys}"
: "${RIG_PROCFS:=/proc}"
: "${RIG_IMDS:=http://169.254.169.254}"
: "${RIG_ROOTFS:=}" # put before absolute targets such as /etc/systemd/system
: "${RIG_HUGETLBFS:=/dev/hugepages}"
: "${RIG_CONSOLE=/dev/ttyS0}" # empty: no console lines at all
: "${RIG_NATIVE_SRC:=$RIG_ROOT/native}"
: "${RIG_KERNEL:=$(uname -r)}" # the kernel that modules are built for; an image build names another one
: "${RIG_MACHINE:=$(uname -m)}"
: "${RIG_PHASE:=all}" # build: made for another machine, so nothing that only holds for this one
RIG_USERDATA=$(dirname "$rig_lib")

# lib/status.py and bin/* read these.
export RIG_ROOT RIG_ETC RIG_STATE RIG_RUN RIG_SYSFS RIG_PROCFS RIG_IMDS RIG_ROOTFS RIG_HUGETLBFS RIG_CONSOLE
export RIG_NATIVE_SRC RIG_KERNEL RIG_PHASE
