# Part of confluent-node: how a node's identity gets into the system on its disk, and what that
# system does at its first start.
# shellcheck shell=sh disable=SC2154 # variables of confluent-node

copy() { # ROOT
  [ -d "$1" ] || { say "there is no folder $1" && return 1; }
  mkdir -p "$1/opt" "$1$conf" && cp -R /opt/confluent "$1/opt/" || return 1
  for file in "$info" "$config" "$key" "$ca"; do
    [ ! -e "$file" ] || cp "$file" "$1$file" || return 1
  done
  echo "$uuid" >"$1$conf/confluent_uuid"
  for file in "$config" "$key"; do [ ! -e "$1$file" ] || chmod 600 "$1$file"; done
}

carry() { # ROOT
  copy "$1" || return 1
  : >"$1$conf/firstboot"
  if [ -d "$1/usr/lib/systemd" ] || [ -d "$1/lib/systemd" ]; then
    units=$1/etc/systemd/system
    mkdir -p "$units/multi-user.target.wants" || return 1
    cat >"$units/confluent-boot.service" <<'UNIT'
[Unit]
Description=What a system does at its start that its collective deployed
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/bin/sh /opt/confluent/bin/confluent-node boot
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
UNIT
    ln -sf ../confluent-boot.service \
      "$units/multi-user.target.wants/confluent-boot.service"
  elif [ -d "$1/etc/rc2.d" ]; then
    cat >"$1/etc/init.d/confluent-boot" <<'SCRIPT'
#!/bin/sh
[ "$1" != start ] || /opt/confluent/bin/confluent-node boot &
SCRIPT
    chmod 755 "$1/etc/init.d/confluent-boot"
    for level in 2 3 4 5; do
      ln -sf ../init.d/confluent-boot "$1/etc/rc$level.d/S99confluent-boot"
    done
  else
    [ -s "$1/etc/rc.local" ] || printf '#!/bin/sh\n' >"$1/etc/rc.local"
    case "$(cat "$1/etc/rc.local")" in
      *confluent-node*) ;;
      *) echo "$bin/confluent-node boot &" >>"$1/etc/rc.local" ;;
    esac
    chmod 755 "$1/etc/rc.local"
  fi
}

boot() {
  [ ! -e "$conf/firstboot" ] || firstboot || return 1
  run_scripts onboot
}

firstboot() {
  run_scripts firstboot || return 1 # the next start tries again
  # Whatever a member answers stands: the next start could say nothing new.
  report complete || [ "$code" != 000 ] || return 1
  rm -f "$conf/firstboot"
}
