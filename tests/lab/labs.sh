# Which labs there are: names, indices, owners. Sourced by `lab`.
# shellcheck shell=bash

STATES=/run/kubectl-bgp-lab

# Sets what the rest of the scripts know about the lab $LAB.
select_lab() {
  S=$STATES/$LAB
  [ -e "$S/options" ] || die "there is no lab $LAB"
  # shellcheck disable=SC1091
  . "$S/options"
  P=kbl$INDEX-
}

# Takes the lowest free index for the lab $LAB.
claim() {
  local index=0 lock
  S=$STATES/$LAB
  mkdir -p $STATES
  exec {lock}> $STATES/.lock
  flock "$lock"
  [ ! -e "$S" ] || die "the lab $LAB is up already"
  while grep -qxs "INDEX=$index" $STATES/*/options; do index=$((index + 1)); done
  [ $index -lt 16 ] || die "all 16 labs are taken"
  mkdir "$S"
  printf '%s\n' "INDEX=$index" "FRR=$FRR" "IPV6=$IPV6" "CRDS=$CRDS" "L2_ONLY=$L2_ONLY" "MANIFESTS=${MANIFESTS@Q}" \
    "ROUTERS=(${ROUTERS[*]})" > "$S/options"
  # Until it is up this process owns it: if it is killed, a sweep removes what it left.
  owned_by "$(owner $$)"
  exec {lock}>&-
}

# A process and when it started, because its pid may be another's later.
owner() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || die "there is no process $1"
  # shellcheck disable=SC2086
  set -- $1 ${stat##*) }
  echo "$1 ${21}"
}

# Whole from the beginning: another lab's sweep may look at any time.
owned_by() { # OWNER
  echo "$1" > "$S/owner.new"
  mv "$S/owner.new" "$S/owner"
}

sweep() {
  local file lab owned
  for file in $STATES/*/owner; do
    # It may be gone by now.
    owned=$(cat "$file" 2> /dev/null) || continue
    [ "$(owner "${owned%% *}" 2> /dev/null)" != "$owned" ] || continue
    # `lab up` leaves the lab to another owner before it ends.
    [ "$(cat "$file" 2> /dev/null)" = "$owned" ] || continue
    lab=${file%/owner}
    lab=${lab##*/}
    echo "lab: removing $lab, whose owner is gone" >&2
    (LAB=$lab down)
  done
}

down() {
  select_lab
  unwire
  rm -rf "$S"
}

list() {
  local file
  for file in $STATES/*/options; do
    [ -e "$file" ] || continue
    (
      # shellcheck disable=SC1090
      . "$file"
      file=${file%/options}
      echo "${file##*/} index=$INDEX frr=$FRR routers=${#ROUTERS[@]} crds=$CRDS${IPV6:+ ipv6}${L2_ONLY:+ l2-only}$(
        [ ! -e "$file/owner" ] || echo " owner=$(cut -d' ' -f1 "$file/owner")"
      )"
    )
  done
}
