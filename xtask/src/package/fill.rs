//! The one template of krew's manifest, .krew.yaml, filled in as krew-release-bot does it.

use std::fmt::Write as _;

const TAG: &str = "{{ .TagName }}";
const PLATFORM: &str = "  - selector:\n";

/// The manifest of a release: the platforms whose archives have a checksum.
pub fn fill(template: &str, tag: &str, sum: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let template = template.replace(TAG, tag);
    let mut blocks = template.split(PLATFORM);
    let mut filled = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let parts = block.split_once("{{addURIAndSha \"").and_then(|(before, rest)| {
            let (uri, after) = rest.split_once("\" .TagName }}")?;
            Some((before, uri, after))
        });
        let Some((before, uri, after)) = parts else {
            return Err(format!("a platform of .krew.yaml has no addURIAndSha: {block}"));
        };
        if let Some(sum) = sum(uri) {
            let _ = write!(filled, "{PLATFORM}{before}uri: {uri}\n    sha256: {sum}{after}");
        }
    }
    Ok(filled)
}

/// A manifest written anew, with the version, the checksums and the first comment that it has.
pub fn refill(template: &str, manifest: &str) -> Result<String, String> {
    let value = |line: &str, name: &str| line.trim().strip_prefix(name).map(str::to_owned);
    let tag = manifest.lines().find_map(|line| value(line, "version: ")).ok_or("the manifest has no version")?;
    let sum = |uri: &str| {
        let mut lines = manifest.lines().skip_while(|line| value(line, "uri: ").as_deref() != Some(uri));
        lines.nth(1).and_then(|line| value(line, "sha256: "))
    };
    let comment: String = manifest.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
    fill(template, &tag, sum).map(|filled| comment + &filled)
}
