//! FRR itself has the last word on `src/frr/config`: what a text comes to, what each command does to sessions, and that it
//! takes every delta without an error. Some of the cases are asked for each time; with `KUBECTL_BGP_CONFIG=all` all are, with
//! `KUBECTL_BGP_CONFIG=texts,deltas` all of these parts.

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
    let mut wrong = Vec::new();
    // The first needs the sessions, which the others end.
    for (part, wrong_of) in PARTS.iter().filter(|(part, _)| is_asked(part)) {
        let started = Instant::now();
        let (count, found) = wrong_of(&router);
        let seconds = started.elapsed().as_secs_f32();
        eprintln!("FRR {version}: {count} {part}, {} wrong, in {seconds:.0} s", found.len());
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "FRR {version}:\n{}", wrong.join("\n"));
}

/// Says how many cases there were, and what is wrong with each that is wrong.
type Part = fn(&Router) -> (usize, Vec<String>);

const PARTS: [(&str, Part); 3] = [("impacts", impacts::wrong), ("texts", texts::wrong), ("deltas", deltas::wrong)];

/// What `KUBECTL_BGP_CONFIG` asks for.
fn asked() -> Option<String> {
    std::env::var("KUBECTL_BGP_CONFIG").ok()
}

fn is_asked(part: &str) -> bool {
    asked().is_none_or(|asked| asked == "all" || asked.split(',').any(|one| one == part))
}

/// Whether all cases are asked for.
fn is_whole() -> bool {
    asked().is_some()
}
