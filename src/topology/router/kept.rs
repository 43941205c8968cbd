//! The configuration that a router comes back with: what it is provisioned with, or starts from.

use crate::snapshot::command::{NO_FILE, NO_FOLDER};
use crate::snapshot::{Command, Document, Missing, RouterAnswers};
use crate::topology::Known;
use crate::unifi::Stored;

/// The copy that counts on this router.
pub enum Kept {
    /// UniFi Network's wins at the next provision; and what went wrong where it was asked for.
    Stored(Known<Stored>, Option<Missing>),
    /// FRR reads it when it starts.
    Startup(Known<Startup>),
}

pub struct Startup {
    pub file: &'static str,
    pub text: String,
}

impl Kept {
    pub fn decode(end: &RouterAnswers, is_unifi: bool) -> Self {
        if !is_unifi {
            return Self::Startup(startup(end));
        }
        match stored(end) {
            Ok(stored) => Self::Stored(stored, None),
            Err(missing) => Self::Stored(Known::unknown(&missing.message), Some(missing)),
        }
    }
}

fn stored(end: &RouterAnswers) -> Result<Known<Stored>, Missing> {
    let Some(document) = end.document(Command::StoredConfig) else {
        return Ok(Known::unknown("UNIFI_API_KEY was not set"));
    };
    if let Some(missing) = &document.missing {
        return Err(missing.clone());
    }
    let stored = Stored::parse(document.body().unwrap_or_default())?;
    Ok(stored.map_or_else(|| Known::absent("UniFi Network has no BGP configuration"), Known::Seen))
}

/// bgpd's own file counts only where there is none for all daemons (`vty_read_config` in lib/vty.c).
fn startup(end: &RouterAnswers) -> Known<Startup> {
    match file(end, Command::StartupConfig, "/etc/frr/frr.conf") {
        Known::Absent(none) => match file(end, Command::SplitConfig, "/etc/frr/bgpd.conf") {
            Known::Absent(no_other) => Known::absent(format!("{none} and {no_other}")),
            other => other,
        },
        other => other,
    }
}

fn file(end: &RouterAnswers, command: Command, file: &'static str) -> Known<Startup> {
    let Some(document) = end.document(command) else {
        return Known::unknown(format!("{file} was not asked for"));
    };
    match (&document.missing, document.exit) {
        (Some(missing), _) => Known::unknown(&missing.message),
        (None, Some(0)) => Known::Seen(Startup { file, text: text(document) }),
        (None, Some(NO_FILE)) => Known::absent(format!("there is no {file}")),
        (None, Some(NO_FOLDER)) => Known::unknown("there is no /etc/frr, and where FRR has its files is not known"),
        (None, _) => Known::unknown(format!("this login may not read {file}")),
    }
}

fn text(document: &Document) -> String {
    document.body().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn end(documents: Vec<Document>) -> RouterAnswers {
        let (target, named_by) = ("root@udm".to_owned(), "--router".to_owned());
        RouterAnswers { target, named_by, peer: None, missing: None, documents }
    }

    fn ended(command: Command, exit: i32, text: &str) -> Document {
        let answer = Document::answer(command.name(), Timestamp::UNIX_EPOCH, 0, text.to_owned());
        Document { exit: Some(exit), ..answer }
    }

    #[test]
    fn the_file_of_all_daemons_counts_before_bgpds() {
        let read = |documents| startup(&end(documents)).into(|startup| startup.file);
        let (whole, split) = (Command::StartupConfig, Command::SplitConfig);
        let of_bgpd = || ended(split, 0, "router bgp 1\n");
        assert_eq!(read(vec![ended(whole, 0, "!\n"), of_bgpd()]), Known::Seen("/etc/frr/frr.conf"));
        assert_eq!(read(vec![ended(whole, NO_FILE, ""), of_bgpd()]), Known::Seen("/etc/frr/bgpd.conf"));
        let none = read(vec![ended(whole, NO_FILE, ""), ended(split, NO_FILE, "")]);
        assert_eq!(none, Known::absent("there is no /etc/frr/frr.conf and there is no /etc/frr/bgpd.conf"));
        for (exit, words) in [(1, "may not read /etc/frr/frr.conf"), (NO_FOLDER, "no /etc/frr,")] {
            let unread = read(vec![ended(whole, exit, ""), of_bgpd()]);
            assert!(unread.why_unknown().is_some_and(|why| why.contains(words)), "{unread:?}");
        }
        assert!(read(Vec::new()).why_unknown().is_some(), "it was not asked");
    }

    #[test]
    fn what_the_api_has_stored_may_be_nothing() {
        let read = |documents| stored(&end(documents)).expect("an answer").into(|stored| stored.config);
        assert_eq!(read(Vec::new()), Known::unknown("UNIFI_API_KEY was not set"));
        let none = read(vec![ended(Command::StoredConfig, 0, "[]")]);
        assert_eq!(none, Known::absent("UniFi Network has no BGP configuration"));
        let one = read(vec![ended(Command::StoredConfig, 0, r#"[{"frr_bgpd_config": "router bgp 1"}]"#)]);
        assert_eq!(one, Known::Seen("router bgp 1".to_owned()));
        assert!(stored(&end(vec![ended(Command::StoredConfig, 0, "[{")])).is_err());
    }
}
