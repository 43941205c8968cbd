# The routers: real FRR and real OpenSSH, each in net, mount, uts and pid namespaces of its own. Sourced by `lab`.
# shellcheck shell=bash

# Runs a command on a router.
on_router() { # udm | udm2, COMMAND...
  local pid
  pid=$(cat "$S/$1/pid" 2> /dev/null) || die "$1 is not running"
  shift
  nsenter -t "$pid" -m -n -u -p -r -w env -i HOME=/root TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

vty() { # udm | udm2, COMMAND...
  local router=$1 commands=() command
  shift
  for command in "$@"; do commands+=(-c "$command"); done
  # Not /root: what the lab asks must not show in the router's own history of vtysh.
  on_router "$router" env HOME=/nonexistent vtysh "${commands[@]}"
}

# A router's root folder as the host sees it.
root_of() { echo "/proc/$(cat "$S/$1/pid")/root"; }

router_up() { # udm | udm2
  local r=$1
  mkdir -p "$S/$r/log"
  ip netns exec "$P$r" setsid unshare -m -u -p -f --propagation private "$BASH" "$HERE/router-init.sh" "$S/$r" "$S/frr" \
    > "$S/$r/init.log" 2>&1 < /dev/null &
  disown
  wait_for 10 "$r has started" test -s "$S/$r/pid"
  sshd_up "$r"
  guide_conf "$r" > "$S/$r/frr.conf"
  frr_boot "$r" < "$S/$r/frr.conf"
}

# The router's configuration of the migration guide: no router-id, no outbound filter, no maximum-prefix.
guide_conf() { # udm | udm2
  local n asn=65001
  [ -z "$L2_ONLY" ] || return 0
  [ "$1" = udm ] || asn=65002
  cat << CONF
router bgp $asn
 no bgp ebgp-requires-policy
 neighbor k8s peer-group
 neighbor k8s remote-as 65010
$(for n in 1 2 3; do echo " neighbor 10.90.3.10$n peer-group k8s"; done)
CONF
  if [ "$1$IPV6" = udm1 ]; then
    cat << CONF
 neighbor k8s6 peer-group
 neighbor k8s6 remote-as 65010
$(for n in 1 2 3; do echo " neighbor fd00:90:3::10$n peer-group k8s6"; done)
CONF
  fi
  cat << 'CONF'
 !
 address-family ipv4 unicast
  neighbor k8s activate
  neighbor k8s soft-reconfiguration inbound
  neighbor k8s prefix-list k8s-services in
CONF
  if [ "$1$IPV6" = udm1 ]; then
    cat << 'CONF'
  no neighbor k8s6 activate
 exit-address-family
 !
 address-family ipv6 unicast
  neighbor k8s6 activate
  neighbor k8s6 soft-reconfiguration inbound
  neighbor k8s6 prefix-list k8s-services-v6 in
 exit-address-family
!
ipv6 prefix-list k8s-services-v6 seq 10 permit fd00:99:8::/112 le 128
CONF
  else
    echo ' exit-address-family'
  fi
  cat << 'CONF'
!
ip prefix-list k8s-services seq 10 permit 10.99.8.0/24 le 32
CONF
}

# Starts FRR anew with the configuration on standard input.
frr_boot() { # udm | udm2
  frr_stop "$1"
  on_router "$1" sh -c 'cat > /etc/frr/frr.conf'
  frr_start "$1"
}

# mgmtd exists from 10 on and must be first: without it the zebra and staticd configuration is silently not applied.
frr_start() { # udm | udm2
  on_router "$1" sh -ec '
    cd /run/frr
    rm -f ./*
    mkdir -p /var/lib/frr /var/log/frr
    chown frr:frr . /var/lib/frr /var/log/frr /etc/frr/frr.conf
    echo service integrated-vtysh-config > /etc/frr/vtysh.conf
    chown frr:frrvty /etc/frr/vtysh.conf
    chmod 640 /etc/frr/frr.conf /etc/frr/vtysh.conf
    for daemon in mgmtd zebra staticd bgpd; do
      [ ! -x /usr/lib/frr/$daemon ] || /usr/lib/frr/$daemon -d -A 127.0.0.1 --log file:/var/log/frr/frr.log
    done' > "$S/$1/frr-start.log" 2>&1 || die "FRR did not start: $(cat "$S/$1/frr-start.log")"
  wait_for 10 "FRR's sockets are there" on_router "$1" test -S /run/frr/bgpd.vty -a -S /run/frr/zebra.vty
  # 10.x prints progress even when all is well.
  on_router "$1" vtysh -b > "$S/$1/vtysh-b.log" 2>&1
}

frr_stop() { # udm | udm2, DAEMON... (default: all)
  local r=$1
  shift
  [ $# -gt 0 ] || set -- bgpd staticd zebra mgmtd
  on_router "$r" sh -c '
    cd /run/frr
    for daemon; do
      [ -f $daemon.pid ] || continue
      pid=$(cat $daemon.pid)
      kill $pid
      while kill -0 $pid 2> /dev/null; do sleep .05; done
      rm -f $daemon.pid $daemon.vty
    done' sh "$@"
}

sshd_up() { # udm | udm2
  local r=$1 host
  [ -f "$S/id" ] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$S/id"
  ssh-keygen -q -t ed25519 -N '' -C "$r" -f "$S/$r/hostkey"
  on_router "$r" sh -ec '
    useradd -m -s /bin/bash -p "*" viewer
    for home in /root /home/viewer; do
      mkdir -m 700 $home/.ssh
      echo "$1" > $home/.ssh/authorized_keys
    done
    chown -R viewer: /home/viewer
    mkdir -p /etc/lab /run/sshd
    echo "$2" > /etc/lab/hostkey
    chmod 600 /etc/lab/hostkey
    printf "%s\n" "#!/bin/sh" "case \$1 in firmware) echo 4.1.13 ;; model) echo UniFi Dream Machine Pro ;; *) exit 1 ;; esac" \
      > /usr/local/bin/ubnt-device-info
    chmod 755 /usr/local/bin/ubnt-device-info' sh "$(cat "$S/id.pub")" "$(cat "$S/$r/hostkey")"
  # No resolver and no PAM in here. The router of a test may be asked often and wrongly: OpenSSH 9.8 and later would
  # lock such a client out.
  {
    printf '%s\n' 'HostKey /etc/lab/hostkey' 'PidFile /run/sshd.pid' 'UsePAM no' 'UseDNS no' \
      'PermitRootLogin prohibit-password' 'PasswordAuthentication no' 'LogLevel VERBOSE' 'Subsystem sftp internal-sftp'
    ! on_router "$r" /usr/sbin/sshd -T -f /dev/null -h /etc/lab/hostkey | grep -qi persourcepenalties || echo 'PerSourcePenalties no'
  } | on_router "$r" sh -c 'cat > /etc/lab/sshd_config'
  sshd_start "$r"

  host=$(management "$r")
  echo "$host $(cut -d' ' -f1,2 "$S/$r/hostkey.pub")" >> "$S/known_hosts"
  {
    ssh_host "$r $(lan_address "$r") $host" "$host" root
    [ "$r" != udm ] || ssh_host udm-viewer "$host" viewer
  } >> "$S/ssh_config"
  [ "$r" != udm ] || ln -s udm/log/sshd.log "$S/sshd.log"
}

sshd_start() { on_router "$1" /usr/sbin/sshd -f /etc/lab/sshd_config -E /var/log/sshd.log; }

# Sessions go too.
sshd_stop() { on_router "$1" sh -c 'while pids=$(pidof sshd sshd-session); do kill $pids; sleep .1; done'; }

lan_address() { case $1 in udm) echo 10.90.254.1 ;; udm2) echo 10.90.254.2 ;; esac; }

ssh_host() { # PATTERNS ADDRESS USER
  cat << CONF
Host $1
  HostName $2
  User $3
  IdentityFile $S/id
  IdentitiesOnly yes
  UserKnownHostsFile $S/known_hosts
  StrictHostKeyChecking yes
  BatchMode yes
CONF
}
