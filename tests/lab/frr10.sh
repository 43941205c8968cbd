# FRR 10: the root of a Debian that has it. Sourced by `lab`.
# shellcheck shell=bash

frr10_dir() { echo "$CACHE/frr10-$(hash_of frr10.sh)"; }

build_frr10() { make_once "$(frr10_dir)" make_frr10; }

make_frr10() { # FOLDER
  local root=$1 mirror
  # shellcheck disable=SC2016
  mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' | awk '$1 == "Debian" { print $2; exit }')
  [ -n "$mirror" ] || die "apt knows no Debian mirror: apt-get update"
  nice debootstrap --variant=minbase trixie "$root" "$mirror" >&2
  # Keeps the packages from starting daemons.
  printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  # In a mount namespace, so that no mount survives an interruption. Without systemd-standalone-sysusers a dependency
  # brings systemd, whose set-up fails here.
  nice unshare -m --propagation private chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -ec '
    mount -t proc proc /proc
    apt-get update
    apt-get install -y --no-install-recommends systemd-standalone-sysusers frr openssh-server iproute2 procps nftables
    apt-get clean' >&2
}
