//! FRR takes every delta without an error and comes to what it was to come to.

use super::{Router, is_whole};
use crate::frr::config::Tree;
use crate::frr::config::canonical::Canonical;
use crate::frr::config::delta::Delta;
use crate::frr::config::generated::Generated;

const PAIRS: usize = 200;

/// So many of them each time.
const FEW: usize = 60;

/// A bgpd whose maps, lists and neighbors come and go by the hundred within seconds does not live long.
const LIFE: usize = 20;

/// How many pairs there were, and what is wrong with each that is wrong.
pub fn wrong(router: &Router) -> (usize, Vec<String>) {
    let count = if is_whole() { PAIRS } else { FEW };
    let mut rng = fastrand::Rng::with_seed(7);
    let mut wanted = Generated::new(&mut rng);
    let mut now = None;
    let mut wrong = Vec::new();
    for pair in 0..count {
        wanted = wanted.changed(&mut rng);
        if pair % LIFE == 0 {
            router.empty();
            now = None;
            wanted = Generated::new(&mut rng);
        }
        let before = now.take().unwrap_or_else(|| router.running());
        let target = Canonical::of(&Tree::parse(&wanted.text()), &router.dialect);
        let delta = Delta::between(&before, &target);
        let errors = router.apply(&delta.print());
        let reached = router.running();
        if reached != target || !errors.is_empty() {
            let left = Delta::between(&reached, &target).print();
            wrong.push(format!("pair {pair}: {errors}{left}of\n{}", delta.print()));
        }
        now = Some(reached);
    }
    (count, wrong)
}
