//! Snapshots of any size, as `cargo xtask generate` writes them.

#[path = "../xtask/src/fleet/mod.rs"]
mod fleet;

use std::fs::File;

use fleet::{Fleet, Size};
use tempfile::TempDir;

use crate::support::run::bgp;

const SMALL: Size = Size { nodes: 12, vips: 30, paths: 3, ipv6: true, seed: 7 };

#[test]
fn every_session_is_established_on_both_ends() {
    for ipv6 in [false, true] {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("snapshot.json");
        let file = File::create(&path).expect("a file");
        Fleet::new(Size { ipv6, ..SMALL }).and_then(|fleet| fleet.write(file)).expect("a snapshot");
        let path = path.to_str().expect("a path of text");
        let printed = bgp(&["peers", "--from", path, "--no-headers"]).output();
        assert_eq!((printed.stderr.as_str(), printed.status), ("", 0));
        let rows: Vec<Vec<&str>> = printed.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), SMALL.nodes * if ipv6 { 2 } else { 1 });
        assert!(
            rows.iter().all(|row| row[5] == "established" && row[6] == "Established" && row[8] == row[9]),
            "{rows:?}"
        );
        let advertised: usize = rows.iter().map(|row| row[8].parse::<usize>().expect("a count")).sum();
        assert_eq!(advertised, SMALL.vips * SMALL.paths * if ipv6 { 2 } else { 1 });
    }
}

#[test]
fn the_same_size_and_seed_give_the_same_file() {
    let written = |seed| {
        let mut file = Vec::new();
        Fleet::new(Size { seed, ..SMALL }).and_then(|fleet| fleet.write(&mut file)).expect("a snapshot");
        file
    };
    assert!(written(7) == written(7));
    assert!(written(7) != written(8));
}

#[test]
fn impossible_sizes_are_refused() {
    for size in [Size { paths: 13, ..SMALL }, Size { paths: 0, ..SMALL }, Size { vips: 70_000, ..SMALL }] {
        assert!(Fleet::new(size).is_err());
    }
}
