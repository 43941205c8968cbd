# A stand-in for UniFi Network on the first router: its API for the stored BGP configuration (unifi/main.go). Sourced by
# `lab`. It is no part of `lab up`.
# shellcheck shell=bash

unifi_dir() { echo "$CACHE/unifi-$(hash_of unifi)"; }

make_unifi() { (cd "$HERE/unifi" && CGO_ENABLED=0 nice go build -trimpath -buildvcs=false -o "$1/" .); }

unifi_start() {
  make_once "$(unifi_dir)" make_unifi
  mkdir -p "$S/unifi"
  # In the router's processes, so that it ends with them.
  nsenter -t "$(cat "$S/udm/pid")" -n -p setsid "$(unifi_dir)/unifi" "$S/unifi" > "$S/unifi/out" 2>&1 < /dev/null &
  echo $! > "$S/unifi/pid"
  disown
  wait_for 10 "the stand-in for UniFi Network listens" unifi_listens
}

unifi_listens() { ip netns exec "${P}udm" ss -Hltn 'sport = :443' | grep -q .; }

unifi_stop() {
  # nsenter waits for the program, which is its only child.
  pkill -P "$(cat "$S/unifi/pid")" || true
  wait_for 10 "the stand-in for UniFi Network has ended" sh -c "! kill -0 $(cat "$S/unifi/pid") 2> /dev/null"
}
