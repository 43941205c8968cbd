//! A text means what FRR makes of it, and printed again it says the same to FRR. The texts are those of texts.txt and, with
//! `KUBECTL_BGP_CORPUS`, all `.conf` files below the folders that it names.

use std::path::{Path, PathBuf};

use super::Router;
use crate::frr::config::Tree;
use crate::frr::config::canonical::Canonical;
use crate::frr::config::delta::Delta;

struct Text {
    name: String,
    text: String,
    /// What is not ours may have statements that this FRR does not know.
    is_ours: bool,
}

/// How many texts FRR took as a whole, and what is wrong with each that is wrong. Of one of others that it took in part the
/// model may know more.
pub fn wrong(router: &Router) -> (usize, Vec<String>) {
    let mut wrong = Vec::new();
    let mut taken = 0;
    for text in texts() {
        let (is_taken, not_the_same) = judge(router, &text);
        let name = &text.name;
        if !text.is_ours {
            eprintln!("{name}: {}, {not_the_same:?}", if is_taken { "taken" } else { "partly refused" });
        }
        taken += usize::from(is_taken);
        if is_taken || text.is_ours {
            wrong.extend(not_the_same.into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    (taken, wrong)
}

/// Whether FRR took all of it, and what is not as it made it.
fn judge(router: &Router, Text { text, .. }: &Text) -> (bool, Vec<String>) {
    router.empty();
    let errors = router.apply(text);
    let running = router.running_text();
    let running_means = router.running();
    let means = Canonical::of(&Tree::parse(text), &router.dialect);

    let mut wrong = Vec::new();
    if means != running_means {
        wrong.push(format!("FRR comes to more or less:\n{}", Delta::between(&means, &running_means).print()));
    }
    router.empty();
    router.apply(&Tree::parse(text).print());
    if router.running_text() != running {
        wrong.push("it is not the same when it is printed".to_owned());
    }
    router.empty();
    let of_canonical = router.apply(&means.print());
    if router.running() != running_means || !of_canonical.is_empty() {
        wrong.push(format!("its canonical form comes to something else: {of_canonical}"));
    }
    (errors.is_empty(), wrong)
}

fn texts() -> Vec<Text> {
    let ours = include_str!("texts.txt").split("--\n");
    let mut texts: Vec<Text> = ours
        .enumerate()
        .map(|(at, text)| Text { name: format!("text {}", at + 1), text: text.to_owned(), is_ours: true })
        .collect();
    let as_of_windows = texts[0].text.replace('\n', "\r\n");
    texts.push(Text { name: "text 1 with CR".to_owned(), text: as_of_windows, is_ours: true });

    let folders = std::env::var("KUBECTL_BGP_CORPUS").unwrap_or_default();
    let mut files = Vec::new();
    std::env::split_paths(&folders)
        .filter(|folder| !folder.as_os_str().is_empty())
        .for_each(|folder| below(&folder, &mut files));
    files.sort();
    texts.extend(files.into_iter().map(|file| Text {
        name: file.display().to_string(),
        text: std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
        is_ours: false,
    }));
    texts
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "conf") {
            files.push(path);
        }
    }
}
