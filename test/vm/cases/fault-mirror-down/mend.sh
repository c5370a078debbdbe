# The mirror is back: a folder of packages stands for it.
echo "deb [trusted=yes] file:/var/cache/rig-vm/mirror ./" >/etc/apt/sources.list
