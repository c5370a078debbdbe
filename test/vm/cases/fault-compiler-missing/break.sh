# The package is installed, so install-packages is content; the program is not what it says.
rmmod igb_uio
dkms remove -m igb_uio -v 20241120 --all
mv /usr/bin/gcc-14 /usr/bin/gcc-14.away
