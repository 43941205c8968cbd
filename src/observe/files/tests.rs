use std::path::Path;
use crate::cli::FileFlags;
use super::*;
use std::collections::BTreeMap;
#[test]
fn corpus() {
    let Ok(root) = std::env::var("CORPUS") else { return };
    let verbose = std::env::var("VERBOSE").is_ok();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut why: BTreeMap<String, usize> = BTreeMap::new();
    let mut sets: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    sets.sort();
    for set in &sets {
        let t = std::time::Instant::now();
        let got = read_files(&FileFlags { manifests: vec![set.clone()], router_config: vec![] });
        let name = set.file_name().unwrap().to_string_lossy().to_string();
        match got {
            Err(e) => println!("{name}: ERROR {} {:?}", e.message, e.hints),
            Ok((snapshot, gaps)) => {
                let mut line = String::new();
                for d in &snapshot.cluster.as_ref().unwrap().documents {
                    if let Some(body) = d.body() {
                        let v: serde_json::Value = serde_json::from_str(body).unwrap();
                        let n = v["items"].as_array().map_or(1, Vec::len);
                        *kinds.entry(d.name.clone()).or_default() += n;
                        if n > 0 { line += &format!(" {}={n}{}", d.name.replace("Cilium",""), if v["metadata"]["continue"].is_string() {"+"} else {""}); }
                        if verbose { println!("    {} path={:?} {}", d.name, d.path, body); }
                    } else if verbose { println!("    {} missing {:?}", d.name, d.missing.as_ref().map(|m| (m.reason, &m.message))); }
                }
                println!("{name}: {:?}{line}", t.elapsed());
                for g in gaps { println!("   GAP {}: {} | {:?}", g.what, g.missing.message, g.missing.hints); *why.entry(g.missing.message.split([':', ';']).next().unwrap_or_default().to_owned()).or_default() += 1; }
            }
        }
    }
    println!("{} sets {kinds:#?} {why:#?}", sets.len());
    let _ = Path::new("");
}
