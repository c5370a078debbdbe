rm /var/tmp/ballast /var/tmp/ballast.rest
