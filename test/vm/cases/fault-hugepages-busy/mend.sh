systemctl stop holder
