//! FRR itself has the last word on `src/frr/config`: what a text comes to, what each command does to sessions, and that it
//! takes every delta without an error. A part of the cases is asked for each time; with `KUBECTL_BGP_CONFIG=all` all are.

mod deltas;
mod impacts;
mod router;
mod texts;

use std::time::Instant;

use router::Router;

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_8_does_what_the_model_says() {
    does_as_said("8");
}

#[test]
#[ignore = "needs the lab: Linux, root, Go"]
fn frr_10_does_what_the_model_says() {
    does_as_said("10");
}

fn does_as_said(version: &str) {
    let router = Router::up(version);
    // The first needs the sessions, which the others end.
    let wrong: Vec<String> =
        [("impacts", impacts::wrong as fn(&Router) -> _), ("texts", texts::wrong), ("deltas", deltas::wrong)]
            .into_iter()
            .flat_map(|(what, wrong)| {
                let started = Instant::now();
                let (count, wrong): (usize, Vec<String>) = wrong(&router);
                eprintln!(
                    "FRR {version}: {count} {what}, {} wrong, in {:.0} s",
                    wrong.len(),
                    started.elapsed().as_secs_f32()
                );
                wrong
            })
            .collect();
    assert!(wrong.is_empty(), "FRR {version}:\n{}", wrong.join("\n"));
}

/// Whether all cases are asked for.
fn is_whole() -> bool {
    std::env::var("KUBECTL_BGP_CONFIG").is_ok_and(|word| word == "all")
}
