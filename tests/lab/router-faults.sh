# Faults of the router's daemons, of its neighbors and of the way to its shell. Sourced by `lab`.
# shellcheck shell=bash

list_router_faults() {
  cat << 'TEXT'
neighbor-missing         the router has no neighbor line for node 3
neighbor-extra           the router has a neighbor that no node is, 10.90.3.109
neighbor-is-api-server   the router has a neighbor line for the API server's address instead of the nodes'
neighbor-passive         the router waits for node 3 to dial (a state, no fault)
neighbor-multihop        the router's neighbors may be two hops away (a state, no fault)
admin-shutdown-router    the router has shut node 3's neighbor down
instance-shutdown        the router has shut its whole BGP instance down
wrong-asn-router         the router expects AS 65077 of node 3
same-asn                 router and nodes have the same AS
md5-router-only          the router wants a password of node 3, the cluster has none
bgpd-stopped             bgpd does not run, zebra does
frr-stopped              no FRR daemon runs
zebra-stopped            zebra does not run, bgpd does
no-router-bgp            FRR runs without router bgp
old-firmware             a UniFi firmware from before BGP, without FRR
af-not-activated         no address family is active on the router
hold-time-refused        the router takes no hold time below 120 s
maximum-prefix           node 3 may send 2 prefixes and sends 4
maximum-prefix-warning   the same, and the router only warns (a state, no fault)
listen-range             a listen range instead of neighbor lines (a state, no fault)
listen-range-node-down   the same, and node 3's agent stopped
listen-range-misses      a listen range that no node is in, instead of neighbor lines
listen-limit             a listen range that takes one neighbor
bfd-required             the router wants BFD of node 3
sessions-cleared         all of the router's sessions are cleared, three times
sshd-down                nothing listens on the router's ssh port
vtysh-missing            the router has no vtysh
vtysh-denied             ssh logs in as viewer, who may not use vtysh
TEXT
}

router_fault() { # NAME
  case $1 in
    neighbor-missing)
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 peer-group k8s'
      reach "node 3 is down and unknown to the router" down_at_both absent
      ;;
    neighbor-extra)
      configure 'router bgp 65001' 'neighbor 10.90.3.109 peer-group k8s'
      reach "the router has the neighbor" neighbor_is 10.90.3.109 'Active|Connect'
      ;;
    neighbor-is-api-server)
      boot_with 's/neighbor 10.90.3.101 /neighbor 10.90.3.10 /; /neighbor 10.90.3.10[23] /d'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    neighbor-passive)
      configure 'router bgp 65001' 'neighbor 10.90.3.103 passive'
      reach "the session is back" healthy
      ;;
    neighbor-multihop)
      boot_with 's/^ neighbor k8s remote-as.*/&\n neighbor k8s ebgp-multihop 2/'
      reach "the sessions are back" healthy
      ;;
    admin-shutdown-router)
      configure 'router bgp 65001' 'neighbor 10.90.3.103 shutdown'
      reach "node 3 is down" down_at_both Idle
      ;;
    instance-shutdown)
      configure 'router bgp 65001' 'bgp shutdown'
      reach "every node is down" nodes_are 1 2 3 '!established'
      ;;
    wrong-asn-router)
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 peer-group k8s' 'neighbor 10.90.3.103 remote-as 65077'
      reach "node 3 is refused" bgpd_logs 'OPEN receipt failed'
      reach "node 3 is down" down_at_both .
      ;;
    same-asn)
      boot_with 's/^router bgp 65001/router bgp 65010/'
      bgp_objects 's/peerASN: 65001/peerASN: 65010/'
      reach "the sessions are back" healthy
      ;;
    md5-router-only)
      configure 'router bgp 65001' 'neighbor 10.90.3.103 password router-only'
      reach "segments without a password arrive" md5_counts NotFound
      reach "node 3 is down" down_at_both .
      ;;
    bgpd-stopped) frr_stop udm bgpd; reach "the nodes are down" nodes_are 1 2 3 '!established' ;;
    frr-stopped) frr_stop udm; reach "the nodes are down" nodes_are 1 2 3 '!established' ;;
    zebra-stopped) frr_stop udm zebra; reach "the kernel has no route" no_kernel_routes ;;
    no-router-bgp)
      configure 'no router bgp 65001'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    old-firmware)
      frr_stop udm
      on_router udm mv /usr/bin/vtysh /usr/bin/vtysh.away
      on_router udm sed -i 's/4\.1\.13/3.2.12/' /usr/local/bin/ubnt-device-info
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    af-not-activated)
      boot_with '/neighbor k8s activate/d; s/^router bgp.*/&\n no bgp default ipv4-unicast/'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    hold-time-refused)
      configure 'router bgp 65001' 'bgp minimum-holdtime 120' 'end' 'clear bgp *'
      reach "the nodes are refused" bgpd_logs 'OPEN receipt failed'
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    maximum-prefix)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'neighbor 10.90.3.103 maximum-prefix 2'
      reach "node 3 is down" down_at_both Idle
      ;;
    maximum-prefix-warning)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'neighbor 10.90.3.103 maximum-prefix 2 warning-only'
      reach "the router warns" bgpd_logs MAXPFX
      ;;
    listen-range | listen-range-node-down)
      listen_range 10.90.3.0/24
      reach "the sessions are back" healthy
      if [ "$1" = listen-range-node-down ]; then
        # If the agent ended the session, the router would keep it for a graceful restart.
        kill -STOP "$(cat "$S/agent3.pid")"
        vty udm 'clear bgp 10.90.3.103'
        reach "node 3 is gone from the router" neighbor_is 10.90.3.103 absent
        stop agent3 -KILL
      fi
      ;;
    listen-range-misses)
      listen_range 10.90.4.0/24
      reach "the nodes are down" nodes_are 1 2 3 '!established'
      ;;
    listen-limit)
      listen_range 10.90.3.0/24 1
      reach "one node is up" sessions_are 1
      ;;
    bfd-required)
      on_router udm /usr/lib/frr/bfdd -d -A 127.0.0.1 --log file:/var/log/frr/frr.log < /dev/null > /dev/null 2>&1
      reach "bfdd runs" on_router udm test -S /run/frr/bfdd.vty
      configure 'router bgp 65001' 'neighbor 10.90.3.103 bfd' 'end' 'clear bgp 10.90.3.103'
      reach "node 3 is down" down_at_both .
      ;;
    sessions-cleared)
      for _ in 1 2 3; do
        vty udm 'clear bgp *'
        reach "the sessions are back" healthy
      done
      ;;
    sshd-down) sshd_stop udm ;;
    vtysh-missing) on_router udm mv /usr/bin/vtysh /usr/bin/vtysh.away ;;
    vtysh-denied) sed -i '/^Host udm /,/User/s/User root/User viewer/' "$S/ssh_config" ;;
  esac
}

router_undo() { # NAME
  case $1 in
    neighbor-passive) configure 'router bgp 65001' 'no neighbor 10.90.3.103 passive' ;;
    admin-shutdown-router) configure 'router bgp 65001' 'no neighbor 10.90.3.103 shutdown' ;;
    instance-shutdown) configure 'router bgp 65001' 'no bgp shutdown' ;;
    same-asn)
      bgp_objects ''
      boot_with ''
      ;;
    old-firmware)
      on_router udm sed -i 's/3\.2\.12/4.1.13/' /usr/local/bin/ubnt-device-info
      on_router udm mv /usr/bin/vtysh.away /usr/bin/vtysh
      boot_with ''
      ;;
    hold-time-refused) configure 'router bgp 65001' 'no bgp minimum-holdtime' ;;
    maximum-prefix-warning)
      configure 'router bgp 65001' 'address-family ipv4 unicast' 'no neighbor 10.90.3.103 maximum-prefix'
      ;;
    listen-range-node-down)
      agent_start 3
      boot_with ''
      ;;
    bfd-required)
      configure 'router bgp 65001' 'no neighbor 10.90.3.103 bfd'
      frr_stop udm bfdd
      ;;
    sessions-cleared) ;;
    sshd-down) sshd_start udm ;;
    vtysh-missing) on_router udm mv /usr/bin/vtysh.away /usr/bin/vtysh ;;
    vtysh-denied) sed -i '/^Host udm /,/User/s/User viewer/User root/' "$S/ssh_config" ;;
    *) boot_with '' ;;
  esac
}

listen_range() { # RANGE [LIMIT]
  boot_with "/neighbor 10.90.3.101/s/neighbor.*/bgp listen range ${1/\//\\/} peer-group k8s${2:+\n bgp listen limit $2}/
    /neighbor 10.90.3.10/d"
}

sessions_are() { # COUNT
  [ "$(sessions_of_cluster | grep -c .)" = "$1" ]
}
