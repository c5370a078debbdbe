systemctl stop lock-holder
