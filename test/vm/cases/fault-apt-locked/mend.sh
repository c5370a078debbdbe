systemctl stop apt-holder
