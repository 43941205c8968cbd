# Reads both ends of a lab for the oracles, past the plugin's ways. Sourced by `peers` and `routes`.
# shellcheck shell=bash

lab() { timeout 10 "$HERE/../lab/lab" "$@"; }

# One object with everything at (nearly) the same moment: cluster, routers[], agents{}. `routes` is asked for more.
read_ends() { # peers | routes, FOLDER
  local what=$1 dir=$2 jobs=() job router n routers
  # Those that the plugin is told of, or all of the lab.
  routers=${KUBECTL_BGP_ROUTER:-udm$([ ! -d "$LAB_STATE/udm2" ] || echo ,udm2)}
  IFS=, read -ra routers <<< "$routers"
  for router in "${routers[@]}"; do
    read_router "$router" "$dir" &
    jobs+=($!)
  done
  for n in 1 2 3; do
    read_agent $n "$dir" &
    jobs+=($!)
  done
  read_cluster "$dir"
  for job in "${jobs[@]}"; do wait "$job"; done
  jq -n --slurpfile cluster "$dir/cluster" --slurpfile routers <(cat "$dir"/*.router) --slurpfile agents <(cat "$dir"/*.agent) \
    '{cluster: $cluster[0], $routers, agents: ($agents | add)}'
}

# A router's documents. They are read past ssh, so that they are there when ssh is not; `readable` says whether the
# way that the plugin takes works: a login, a vtysh, and sockets that this login may use, if a daemon has any; `login`,
# whether the router's shell answers, which tells the kernel's routes.
read_router() { # udm | udm2, FOLDER
  local name=$1 file=$2/$1 which=() readable=false
  [ "$name" = udm ] || which=(-2)
  (
    # shellcheck disable=SC2016
    if ssh -F "$KUBECTL_BGP_SSH_CONFIG" -o ConnectTimeout=5 -n "$name" 'command -v vtysh && {
      [ -z "$(ls /run/frr/*.vty)" ] || HOME=/nonexistent vtysh -c "show version"; }' > /dev/null 2>&1; then
      readable=true
    fi
    echo "$readable" > "$file.readable"
  ) &
  (if ssh -F "$KUBECTL_BGP_SSH_CONFIG" -o ConnectTimeout=5 -n "$name" true > /dev/null 2>&1; then echo true; else echo false; fi) > "$file.login" &
  lab udm "${which[@]}" ip -j addr > "$file.addresses"
  echo '[] []' > "$file.kernel"
  if [ "$what" = routes ]; then
    lab udm "${which[@]}" sh -c 'ip -j route; ip -j -6 route' > "$file.kernel"
  fi
  lab vty "${which[@]}" 'show daemons' > "$file.daemons" 2>&1 || true
  echo '{} {}' > "$file.bgp"
  echo '{} {}' > "$file.paths"
  if grep -qw bgpd "$file.daemons"; then
    lab vty "${which[@]}" 'show bgp vrf all summary json' 'show bgp vrf all neighbors json' > "$file.bgp"
    [ "$what" = peers ] ||
      lab vty "${which[@]}" 'show bgp ipv4 unicast json' 'show bgp ipv6 unicast json' > "$file.paths"
  fi
  wait
  jq -n --arg name "$name" --slurpfile addresses "$file.addresses" --slurpfile readable "$file.readable" \
    --slurpfile login "$file.login" \
    --slurpfile bgp "$file.bgp" --slurpfile paths "$file.paths" --slurpfile kernel "$file.kernel" '
    {$name, readable: $readable[0], login: $login[0], summary: $bgp[0], neighbors: $bgp[1],
     paths: ($paths | map(.routes // {}) | add), kernel: {v4: $kernel[0], v6: $kernel[1]},
     addresses: [$addresses[0][].addr_info[]? | select(.scope == "global").local]}' > "$file.router"
}

read_cluster() { # FOLDER
  local kinds=ciliumnodes,ciliumbgpclusterconfigs,ciliumbgpnodeconfigs,ciliumbgpnodeconfigoverrides
  [ "$what" = peers ] || kinds+=,services,endpointslices,ciliumbgppeerconfigs,ciliumbgpadvertisements
  lab kubectl get --request-timeout 5s -A -o json $kinds > "$1/cluster" 2> /dev/null || echo null > "$1/cluster"
}

# null where no agent answers.
read_agent() { # N, FOLDER
  local file=$2/agent$1 family
  lab cilium "$1" bgp peers -o json > "$file.peers" 2> /dev/null || echo null > "$file.peers"
  for family in ipv4 ipv6; do
    echo null > "$file.$family"
    [ "$what" = peers ] || lab cilium "$1" bgp routes advertised $family unicast -o json > "$file.$family" 2> /dev/null ||
      echo null > "$file.$family"
  done
  jq -n --arg node "node-$1" --slurpfile peers "$file.peers" --slurpfile v4 "$file.ipv4" --slurpfile v6 "$file.ipv6" '
    {($node): (if $peers[0] == null then null else {peers: $peers[0], advertised: ($v4[0] + $v6[0])} end)}' > "$file.agent"
}
