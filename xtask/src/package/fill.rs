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
