//! The router's end: a neighbor a node and family, a prefix and its routes a VIP.

use serde_json::{Map, Value, json};

use super::address::{Family, NODES_NETWORK, node_name};
use super::recording::{copy, document, hole_after, set};
use super::{Fleet, Items};

const DOCUMENTS: &str = "/routers/0/documents";
const SUMMARY: &str = "show bgp vrf all summary json";
const NEIGHBORS: &str = "show bgp vrf all neighbors json";

/// What the recording calls its only family.
const RECORDED_FAMILY: &str = "ipv4Unicast";

impl Fleet {
    /// Makes the answers about the whole fit, and leaves holes for the many.
    pub(super) fn size_router(&self, file: &mut Value) {
        let neighbors = &self.recording.answer(NEIGHBORS)["default"];
        let fields = ["vrfId", "vrfName"].map(|field| (field.to_owned(), neighbors[field].clone()));
        let default = hole_after(Map::from_iter(fields), "neighbors");
        set(document(file, DOCUMENTS, NEIGHBORS), "/json/default", default);
        let summaries = self.families().iter().map(|&family| (unicast(family), self.summary(family)));
        set(document(file, DOCUMENTS, SUMMARY), "/json/default", Value::Object(summaries.collect()));
        for &family in self.families() {
            let afi = family.afi();
            let paths = document(file, DOCUMENTS, &format!("show bgp {afi} unicast json"));
            set(paths, "/json/routes", hole_after(Map::new(), &format!("{afi} paths")));
            set(paths, "/json/tableVersion", self.size.vips);
            let ip = if family == Family::V4 { "ip" } else { "ipv6" };
            let routes = document(file, DOCUMENTS, &format!("show {ip} route bgp json"));
            set(routes, "/json", hole_after(Map::new(), &format!("{afi} routes")));
            let ip = if family == Family::V4 { "ip -j route" } else { "ip -j -6 route" };
            if let Some(kernel) = document(file, DOCUMENTS, ip)["json"].as_array_mut() {
                kernel.retain(|route| route["protocol"] != "bgp" && route["dst"] != "10.90.3.0/24");
                kernel.push(format!("@{afi} kernel@").into());
            }
        }
        set(document(file, DOCUMENTS, "show running-config"), "/text", self.running_config());
        self.size_addresses(document(file, DOCUMENTS, "ip -j addr"));
    }

    /// The many of one hole.
    pub(super) fn router_items<'a>(&'a self, hole: &str) -> Option<Items<'a>> {
        if hole == "neighbors" {
            return Some(Box::new(
                self.families().iter().flat_map(|&family| self.each_neighbor(family, Self::neighbor)),
            ));
        }
        let (afi, what) = hole.split_once(' ')?;
        let family = *self.families().iter().find(|family| family.afi() == afi)?;
        let vips = 0..self.size.vips;
        Some(match what {
            "summary" => self.each_neighbor(family, Self::summary_peer),
            "paths" => Box::new(vips.map(move |vip| self.paths(vip, family))),
            "routes" => Box::new(vips.map(move |vip| self.route(vip, family))),
            "kernel" => Box::new(vips.map(move |vip| self.kernel_route(vip, family))),
            _ => return None,
        })
    }

    /// Recorded text says the recorded family's name in many places, all of which change with the family.
    fn each_neighbor(&self, family: Family, make: impl Fn(&Self, usize, Family) -> Value + 'static) -> Items<'_> {
        Box::new((0..self.size.nodes).map(move |node| {
            let text = make(self, node, family).to_string();
            let text = if family == Family::V4 { text } else { text.replace(RECORDED_FAMILY, &unicast(family)) };
            format!("\"{}\":{text}", family.node(node))
        }))
    }

    fn neighbor(&self, node: usize, family: Family) -> Value {
        let (name, address) = (node_name(node), family.node(node));
        let info = format!("/addressFamilyInfo/{RECORDED_FAMILY}");
        let changes = [
            ("/hostname", json!(name)),
            ("/peerGroup", json!(family.peer_group())),
            ("/remoteRouterId", json!(Family::V4.node(node))),
            ("/neighborCapabilities/hostName/rcvHostName", json!(name)),
            (&format!("{info}/peerGroupMember"), json!(family.peer_group())),
            (&format!("{info}/incomingUpdatePrefixFilterList"), json!(prefix_list(family))),
            (&format!("{info}/acceptedPrefixCounter"), json!(self.advertised[node])),
            (&format!("{info}/sentPrefixCounter"), json!(self.size.vips)),
            ("/hostLocal", json!(family.peer_address())),
            ("/hostForeign", json!(address)),
            ("/portForeign", json!(32_768 + node % 28_000)),
            ("/nexthop", json!(Family::V4.peer_address())),
        ];
        copy(&self.recording.answer(NEIGHBORS)["default"]["10.90.3.101"], changes)
    }

    fn summary(&self, family: Family) -> Value {
        let mut summary = self.recording.answer(SUMMARY)["default"][RECORDED_FAMILY].clone();
        for count in ["/peerCount", "/displayedPeers", "/totalPeers"] {
            set(&mut summary, count, self.size.nodes);
        }
        set(&mut summary, "/tableVersion", self.size.vips);
        set(&mut summary, "/ribCount", self.size.vips);
        set(&mut summary, "/peers", hole_after(Map::new(), &format!("{} summary", family.afi())));
        summary
    }

    fn summary_peer(&self, node: usize, family: Family) -> Value {
        let changes = [
            ("/hostname", json!(node_name(node))),
            ("/pfxRcd", json!(self.advertised[node])),
            ("/pfxSnt", json!(self.size.vips)),
            ("/idType", json!(family.afi())),
        ];
        copy(&self.recording.answer(SUMMARY)["default"][RECORDED_FAMILY]["peers"]["10.90.3.101"], changes)
    }

    /// All paths are multipath; the first is the best one.
    fn paths(&self, vip: usize, family: Family) -> String {
        let recorded = &self.recording.answer("show bgp ipv4 unicast json")["routes"]["10.99.8.200/32"];
        let (address, prefix) = (family.vip(vip), prefix(vip, family));
        let path = |(index, &node): (usize, &usize)| {
            let next_hop = [
                ("/ip", json!(family.node(node))),
                ("/hostname", json!(node_name(node))),
                ("/afi", json!(family.afi())),
            ];
            let mut next_hop = copy(&recorded[0]["nexthops"][0], next_hop);
            if family == Family::V6 {
                next_hop["scope"] = "global".into();
            }
            let changes = [
                ("/prefix", json!(address)),
                ("/prefixLen", json!(family.length())),
                ("/network", json!(prefix)),
                ("/version", json!(vip + 1)),
                ("/peerId", json!(family.node(node))),
                ("/nexthops/0", next_hop),
            ];
            copy(&recorded[index.min(1)], changes)
        };
        format!("\"{prefix}\":{}", self.placed[vip].iter().enumerate().map(path).collect::<Value>())
    }

    fn route(&self, vip: usize, family: Family) -> String {
        let recorded = &self.recording.answer("show ip route bgp json")["10.99.8.200/32"];
        let prefix = prefix(vip, family);
        let next_hop = |&node: &usize| {
            let changes = [("/ip", json!(family.node(node))), ("/afi", json!(family.afi()))];
            copy(&recorded[0]["nexthops"][0], changes)
        };
        let changes = [
            ("/0/prefix", json!(prefix)),
            ("/0/prefixLen", json!(family.length())),
            ("/0/internalNextHopNum", json!(self.size.paths)),
            ("/0/internalNextHopActiveNum", json!(self.size.paths)),
            ("/0/nexthopGroupId", json!(vip + 100)),
            ("/0/installedNexthopGroupId", json!(vip + 100)),
            ("/0/nexthops", self.placed[vip].iter().map(next_hop).collect()),
        ];
        format!("\"{prefix}\":{}", copy(recorded, changes))
    }

    fn kernel_route(&self, vip: usize, family: Family) -> String {
        let recorded = self.recording.answer("ip -j route").as_array();
        let recorded = recorded.into_iter().flatten().find(|route| route["dst"] == "10.99.8.200");
        let recorded = recorded.expect("a recorded VIP");
        let next_hop = |&node: &usize| copy(&recorded["nexthops"][0], [("/gateway", json!(family.node(node)))]);
        let next_hops: Vec<Value> = self.placed[vip].iter().map(next_hop).collect();
        let mut route = copy(recorded, [("/dst", json!(family.vip(vip))), ("/nhid", json!(vip + 100))]);
        if family == Family::V6 {
            route["pref"] = "medium".into();
        }
        // iproute2 prints a lone next hop without a list.
        if let ([only], Some(fields)) = (next_hops.as_slice(), route.as_object_mut()) {
            fields.shift_remove("nexthops");
            for field in ["gateway", "dev"] {
                fields.insert(field.to_owned(), only[field].clone());
            }
        } else {
            route["nexthops"] = next_hops.into();
        }
        route.to_string()
    }

    fn running_config(&self) -> String {
        let (mut neighbors, mut families, mut lists) = (Vec::new(), Vec::new(), Vec::new());
        for &family in self.families() {
            let (group, list) = (family.peer_group(), prefix_list(family));
            neighbors.push(format!(" neighbor {group} peer-group\n neighbor {group} remote-as 65010"));
            neighbors
                .extend((0..self.size.nodes).map(|node| format!(" neighbor {} peer-group {group}", family.node(node))));
            let (activate, ip) = if family == Family::V4 { ("", "ip") } else { ("  neighbor k8s6 activate\n", "ipv6") };
            families.push(format!(
                " !\n address-family {} unicast\n{activate}  neighbor {group} soft-reconfiguration inbound\n  \
                 neighbor {group} prefix-list {list} in\n exit-address-family",
                family.afi()
            ));
            lists.push(format!("{ip} prefix-list {list} seq 10 permit {} le {}\n!", family.pool(), family.length()));
        }
        neighbors.append(&mut families);
        format!(
            "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\nfrr defaults traditional\nhostname udm\n\
             service integrated-vtysh-config\n!\nrouter bgp 65001\n no bgp ebgp-requires-policy\n{}\nexit\n!\n{}\nend\n",
            neighbors.join("\n"),
            lists.join("\n")
        )
    }

    /// The nodes' network is larger than the recorded one, and with IPv6 the router has addresses of both families.
    fn size_addresses(&self, answer: &mut Value) {
        let (own, length) =
            (super::address::ROUTER_AMONG_NODES, NODES_NETWORK.split_once('/').map_or("", |parts| parts.1));
        for link in answer["json"].as_array_mut().into_iter().flatten() {
            let v6 = match link["ifname"].as_str() {
                Some("br0") => Family::V6.peer_address(),
                Some("br3") => {
                    set(link, "/addr_info/0/local", own);
                    set(link, "/addr_info/0/prefixlen", length.parse::<u8>().unwrap_or(16));
                    super::address::ROUTER_AMONG_NODES_V6
                }
                _ => continue,
            };
            if let Some(addresses) = link["addr_info"].as_array_mut().filter(|_| self.size.ipv6) {
                let link_local = addresses.iter().find(|address| address["scope"] == "link").cloned();
                let global =
                    link_local.map(|address| copy(&address, [("/local", json!(v6)), ("/scope", json!("global"))]));
                addresses.splice(1..1, global);
            }
        }
    }
}

fn unicast(family: Family) -> String {
    format!("{}Unicast", family.afi())
}

fn prefix(vip: usize, family: Family) -> String {
    format!("{}/{}", family.vip(vip), family.length())
}

fn prefix_list(family: Family) -> &'static str {
    if family == Family::V4 { "k8s-services" } else { "k8s-services-v6" }
}
