//! A cluster and its router, as large as one likes and healthy: what `kubectl bgp snapshot` would write of them.
//!
//! Every object and every answer of the router is a copy of a recorded one, so the file has the shape of a real one; only
//! names, addresses and counts are its own. The same size and seed give the same file.

mod address;
mod cluster;
mod recording;
mod router;

use std::io::Write;

pub use address::Family;
use recording::Recording;

pub type Result<T> = std::result::Result<T, String>;

#[derive(Clone, Copy)]
pub struct Size {
    pub nodes: usize,
    /// LoadBalancer Services, each with one VIP of each family.
    pub vips: usize,
    /// Nodes that advertise each VIP.
    pub paths: usize,
    pub ipv6: bool,
    pub seed: u64,
}

pub struct Fleet {
    size: Size,
    recording: Recording,
    /// Of each VIP, the nodes that advertise it, in ascending order.
    placed: Vec<Vec<usize>>,
    /// Of each node, how many VIPs it advertises.
    advertised: Vec<usize>,
}

/// Text of many items, made one at a time.
type Items<'a> = Box<dyn Iterator<Item = String> + 'a>;

impl Fleet {
    pub fn new(size: Size) -> Result<Self> {
        let Size { nodes, vips, paths, .. } = size;
        if paths == 0 || paths > nodes {
            return Err(format!("{paths} of {nodes} nodes cannot advertise a VIP"));
        }
        // What fits into 10.128.0.0/9 as pod networks, and into 10.99.0.0/16 as VIPs.
        if nodes > 32_000 || vips > 65_000 {
            return Err("at most 32000 nodes and 65000 VIPs".to_owned());
        }
        let mut random = Random(size.seed);
        let placed: Vec<Vec<usize>> = (0..vips).map(|_| random.choose(paths, nodes)).collect();
        let mut advertised = vec![0; nodes];
        for &node in placed.iter().flatten() {
            advertised[node] += 1;
        }
        Ok(Self { size, recording: Recording::read()?, placed, advertised })
    }

    /// Writes the file: the recording with holes where the many are, and each of the many into its hole.
    pub fn write(&self, mut to: impl Write) -> Result<()> {
        let mut file = self.recording.whole.clone();
        self.size_cluster(&mut file);
        self.size_router(&mut file);
        let text = serde_json::to_string_pretty(&file).map_err(|error| error.to_string())?;
        let failed = |error: std::io::Error| format!("cannot write the snapshot: {error}");
        let mut parts = text.split(recording::HOLE_OPENS);
        write!(to, "{}", parts.next().unwrap_or_default()).map_err(failed)?;
        for part in parts {
            let (hole, rest) = part.split_once(recording::HOLE_CLOSES).ok_or("a hole without an end")?;
            let items = self.cluster_items(hole).or_else(|| self.router_items(hole));
            for (index, item) in items.ok_or_else(|| format!("nothing fills {hole}"))?.enumerate() {
                let separator = if index == 0 { "" } else { "," };
                write!(to, "{separator}{item}").map_err(failed)?;
            }
            write!(to, "{}", rest.strip_prefix(recording::HOLE_VALUE).unwrap_or(rest)).map_err(failed)?;
        }
        writeln!(to).and_then(|()| to.flush()).map_err(failed)
    }

    fn families(&self) -> &'static [Family] {
        if self.size.ipv6 { &[Family::V4, Family::V6] } else { &[Family::V4] }
    }

    /// An identifier that depends on nothing but the seed and the object.
    fn uid(&self, kind: &str, index: usize) -> String {
        let kind = kind.bytes().fold(self.size.seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let mut random = Random(kind.wrapping_mul(1_000_003).wrapping_add(index as u64));
        let (a, b) = (random.next(), random.next());
        let [first, second, third] = [a >> 32, (a >> 16) & 0xffff, a & 0xfff];
        format!("{first:08x}-{second:04x}-4{third:03x}-8{:03x}-{:012x}", b >> 52, b & 0xffff_ffff_ffff)
    }
}

/// SplitMix64: enough to scatter VIPs over nodes, the same way everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// So many different numbers below the limit, in ascending order.
    #[allow(clippy::cast_possible_truncation, reason = "the rest of a division by a usize")]
    fn choose(&mut self, count: usize, limit: usize) -> Vec<usize> {
        let mut chosen = Vec::with_capacity(count);
        while chosen.len() < count {
            let number = (self.next() % limit as u64) as usize;
            if !chosen.contains(&number) {
                chosen.push(number);
            }
        }
        chosen.sort_unstable();
        chosen
    }
}
