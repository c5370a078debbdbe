umount /run/ballast
