mv /usr/bin/gcc-14.away /usr/bin/gcc-14
