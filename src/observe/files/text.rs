//! A file's text, within limits.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};
use std::rc::Rc;

/// What stands for standard input.
pub const STDIN: &str = "-";

/// No manifest and no router's configuration is larger; the API server takes objects of 3 MiB.
const LIMIT: u64 = 64 << 20;

/// What messages call a file.
pub fn name(path: &Path) -> Rc<str> {
    if path.as_os_str() == STDIN {
        return "stdin".into();
    }
    let plain: std::path::PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if plain.as_os_str().is_empty() { ".".into() } else { plain.to_string_lossy().into() }
}

/// Reads a file, or standard input.
///
/// # Errors
/// Why it is not read.
pub fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    if path.as_os_str() == STDIN {
        return limited(std::io::stdin().lock());
    }
    limited(File::open(path).map_err(unreadable)?)
}

fn limited(from: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("it is larger than {} MiB", LIMIT >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".to_owned())?;
    if text.contains('\0') { Err("it is no text".to_owned()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_is_read() {
        assert_eq!(limited("a: 1\n".as_bytes()), Ok("a: 1\n".to_owned()));
        assert_eq!(limited(&b"\xff\xfea\0"[..]), Err("it is no text in UTF-8".to_owned()));
        assert_eq!(limited(&b"a\0b"[..]), Err("it is no text".to_owned()));
        assert_eq!(limited(std::io::repeat(b'a')), Err("it is larger than 64 MiB".to_owned()));
    }

    #[test]
    fn names_are_short() {
        let of = |path: &str| name(Path::new(path)).to_string();
        assert_eq!([of("./a/b"), of("."), of("../a"), of("/a"), of("-")], ["a/b", ".", "../a", "/a", "stdin"]);
    }
}
