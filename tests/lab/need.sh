# What the lab needs of the machine. Sourced by `lab`.
# shellcheck shell=bash

# The package and a file of it.
NEEDED=(
  frr:/usr/lib/frr/bgpd openssh-server:/usr/sbin/sshd openssh-client:/usr/bin/ssh-keygen iproute2:/usr/sbin/ip
  iputils-arping:/usr/bin/arping nftables:/usr/sbin/nft util-linux:/usr/bin/nsenter procps:/usr/sbin/sysctl jq:/usr/bin/jq
  openssl:/usr/bin/openssl debootstrap:/usr/sbin/debootstrap shellcheck:/usr/bin/shellcheck
  curl:/usr/bin/curl time:/usr/bin/time
)

# Prints one line and fails if the lab cannot run here.
can_run() {
  local need packages=()
  [ "$(uname -s)" = Linux ] || { echo "the lab needs Linux"; return 3; }
  [ "$(id -u)" = 0 ] || { echo "the lab needs root"; return 3; }
  [ -n "$(command -v go)" ] || { echo "the lab needs Go"; return 3; }
  for need in "${NEEDED[@]}"; do
    [ -e "${need#*:}" ] || packages+=("${need%%:*}")
  done
  [ ${#packages[@]} = 0 ] || { echo "the lab needs packages: apt-get install ${packages[*]}"; return 3; }
}

# No package may start its service: the host's own network is none of the lab's business.
install() {
  local policy=/usr/sbin/policy-rc.d
  [ "$(id -u)" = 0 ] || die "install needs root"
  [ ! -e $policy ] || mv $policy $policy.before-lab
  trap "rm -f $policy; [ ! -e $policy.before-lab ] || mv $policy.before-lab $policy" EXIT
  printf '#!/bin/sh\nexit 101\n' > $policy
  chmod 755 $policy
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${NEEDED[@]%%:*}"
}
