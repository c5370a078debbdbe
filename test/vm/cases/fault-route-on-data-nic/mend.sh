systemctl stop meddle
