# Part of confluent-node: the configuration that a member served, and what follows for addresses.
# It is flat YAML with keys at column 0.
# shellcheck shell=sh disable=SC2154 # variables of confluent-node

plain() { # VALUE: without quotes; null is nothing
  case $1 in
    null | "''" | '""') ;;
    \'*\' | \"*\")
      word=${1#?}
      printf '%s\n' "${word%?}"
      ;;
    *) printf '%s\n' "$1" ;;
  esac
}

value() { # KEY. Called in a subshell: no secret is to stand in a trace
  set +x
  [ -r "$config" ] || return 0
  while IFS= read -r line; do
    case $line in
      "$1: "*)
        plain "${line#*: }"
        return
        ;;
    esac
  done <"$config"
}

items() { # KEY [FILE]; no KEY: the file is a list. Called in a subshell too
  set +x
  [ -r "${2:-$config}" ] || return 0
  inside=$([ -n "$1" ] || echo 1)
  while IFS= read -r line; do
    case $line in
      "$1:") inside=1 ;;
      "- "* | " "*"- "*) [ -z "$inside" ] || plain "${line#*- }" ;;
      *) inside= ;;
    esac
  done <"${2:-$config}"
}

interface() { # the own one towards the member that answered last
  set -- "$(member_address)"
  case $1 in
    *%*)
      for link in "$links"/*; do
        [ "$(first_line "$link/ifindex")" != "${1#*%}" ] || echo "${link##*/}"
      done
      ;;
    *)
      # shellcheck disable=SC2046 # words are wanted
      set -- $(ip route get "$1" 2>/dev/null)
      while [ $# -gt 1 ]; do
        if [ "$1" = dev ]; then
          echo "$2"
          return
        fi
        shift
      done
      ;;
  esac
}

add_address() { # INTERFACE ADDRESS PREFIX GATEWAY FAMILY(4|6)
  case " $(ip addr show dev "$1") " in
    *" ${2%/*}/"*) say "$1 has $2 already" ;;
    *)
      case $2 in */*) full=$2 ;; *) full=$2/$3 ;; esac
      if ip addr add "$full" dev "$1"; then say "$1 has $full"; else say "$1 refuses $full"; fi
      ;;
  esac
  [ -n "$4" ] || return 0
  case "$(ip "-$5" route 2>/dev/null)" in
    *default*) ;;
    *) ip "-$5" route add default via "$4" dev "$1" || say "$1 refuses the gateway $4" ;;
  esac
}

# Addresses and name servers as the configuration says; what is there already stays.
configure() {
  own=$(interface)
  [ -n "$own" ] || return 1
  address=$(value ipv4_address)
  case $(value ipv4_method)$address in
    static?*) add_address "$own" "$address" "$(value prefix)" "$(value ipv4_gateway)" 4 ;;
    dhcp*) ask_dhcp "$own" ;;
  esac
  address=$(value ipv6_address)
  case $(value ipv6_method)$address in
    static?*) add_address "$own" "$address" "$(value ipv6_prefix)" "$(value ipv6_gateway)" 6 ;;
  esac
  case "$(cat /etc/resolv.conf 2>/dev/null)" in *nameserver*) return 0 ;; esac
  [ -z "$(items nameservers)" ] || resolver >/etc/resolv.conf
}

resolver() { # a line each, whatever a value holds: dash's echo would make lines of its backslashes
  domain=$(value dnsdomain)
  [ -z "$domain" ] || printf 'search %s\n' "$domain"
  items nameservers | while IFS= read -r address; do
    [ -z "$address" ] || printf 'nameserver %s\n' "$address"
  done
}

ask_dhcp() { # INTERFACE: by whatever client there is
  case "$(ip -4 addr show dev "$1")" in *" inet "*) return 0 ;; esac
  say "$1 asks for an address by DHCP"
  for client in udhcpc busybox dhclient dhcpcd ''; do
    command -v "${client:-:}" >/dev/null && break
  done
  case $client in
    busybox | udhcpc)
      [ "$client" = udhcpc ] || set -- "$1" busybox
      ${2:-} udhcpc -i "$1" -n -q -t 4 -T 2 -s /opt/confluent/lib/udhcpc.sh >&2
      ;;
    dhclient) dhclient -1 "$1" >&2 ;;
    dhcpcd) dhcpcd -q -t 15 "$1" >&2 ;;
    *) say "there is no DHCP client" && false ;;
  esac || say "$1 got no address by DHCP"
}
