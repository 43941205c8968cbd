#!/bin/bash
# A router's pid 1. Its root is an overlay over the host's root, or over that of another FRR, so that the daemons, vtysh,
# /etc/frr and /root/.ssh are where they belong and nothing of the host is touched.
set -e
state=$1
lower=$(readlink -f "$2")
root=$state/overlay/root

hostname "${state##*/}"
# The upper folder cannot be below lowerdir=/ (ELOOP): it gets a file system of its own, which only this mount namespace
# sees.
mkdir -p "$state/overlay"
mount -t tmpfs -o mode=755 lab "$state/overlay"
mkdir "$state/overlay/upper" "$state/overlay/work" "$root"
mount -t overlay -o "lowerdir=$lower,upperdir=$state/overlay/upper,workdir=$state/overlay/work" lab "$root"
# /proc is still the host's, so this is the pid by which the host knows this process.
read -r pid _ < /proc/self/stat
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=700 tmpfs "$root/root"
mkdir "$root/run/frr"
mount --bind "$state/log" "$root/var/log"
mkdir -p "$root/var/log/frr"
echo "$pid" > "$state/pid.new"
mv "$state/pid.new" "$state/pid"
cd "$root"
# A bash that waits reaps what the daemons leave behind.
exec chroot . /bin/bash -c 'sleep infinity & wait $!'
