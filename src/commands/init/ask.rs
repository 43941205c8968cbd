//! Asks the user for what neither end tells; nothing is kept of it but the answer.

use std::io::{BufRead, Write};

use super::values;
use crate::error::{Error, Result};
use crate::present::escape::escape;
use crate::setup::given::Given;
use crate::setup::ground::Ground;
use crate::setup::propose::Question;

/// Asks until the answer makes sense.
pub fn answer(question: &Question, given: &mut Given, from: &mut impl BufRead, to: &mut impl Write) -> Result<()> {
    let ended = || Error::usage(format!("no answer: {} is needed", question.flag));
    let default = question.default.as_ref().map(|default| format!(" [{default}]")).unwrap_or_default();
    // A closed standard error is no reason to fail.
    let _ = writeln!(to, "{}", escape(&format!("{}: {}", question.what, question.why)));
    loop {
        let _ = write!(to, "{}{}: ", question.flag, escape(&default)).and_then(|()| to.flush());
        let mut line = String::new();
        let read =
            from.read_line(&mut line).map_err(|error| Error::failure(format!("cannot read an answer: {error}")))?;
        if read == 0 {
            return Err(ended());
        }
        let word = match (line.trim(), &question.default) {
            ("", Some(default)) => default,
            (word, _) => word,
        };
        match take(question.flag, word, given) {
            Ok(()) => return Ok(()),
            Err(why) => drop(writeln!(to, "{}", escape(&format!("{word:?}: {why}")))),
        }
    }
}

/// The same as the flag does.
fn take(flag: &str, word: &str, given: &mut Given) -> std::result::Result<(), String> {
    match flag {
        "--router-address" => given.router_addresses.push(values::address(word)?),
        "--router-asn" => given.router_asn = Some(values::asn(word)?),
        "--pool" => given.pool.push(values::block(word)?),
        other => return Err(format!("{other} cannot be answered here")),
    }
    Ok(())
}

/// Nobody is there to ask.
pub fn needed(questions: &[Question], ground: &Ground) -> Error {
    let flags: Vec<&str> = questions.iter().map(|question| question.flag).collect();
    let mut error = Error::usage(format!("init needs {}", flags.join(", ")));
    for Question { flag, what, why, default } in questions {
        let often = default.as_ref().map(|default| format!("; often {default}")).unwrap_or_default();
        error = error.hint(format!("{flag} is {what}: {why}{often}"));
    }
    if ground.routers().next().is_none() {
        error = error.hint("--router [USER@]HOST reads it from the router");
    }
    error
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn question() -> Question {
        Question {
            flag: "--router-asn",
            what: "the AS number of the router".to_owned(),
            why: "no router was read".to_owned(),
            default: Some("65001".to_owned()),
        }
    }

    fn answered(lines: &str) -> (Result<()>, Given, String) {
        let (mut given, mut said) = (Given::default(), Vec::new());
        let done = answer(&question(), &mut given, &mut Cursor::new(lines), &mut said);
        (done, given, String::from_utf8(said).expect("text"))
    }

    #[test]
    fn an_empty_answer_is_the_default() {
        let (done, given, said) = answered("\n");
        assert!(done.is_ok());
        assert_eq!(given.router_asn.map(|asn| asn.0), Some(65001));
        assert_eq!(said, "the AS number of the router: no router was read\n--router-asn [65001]: ");
    }

    #[test]
    fn nonsense_is_asked_again() {
        let (done, given, said) = answered("udm\n65002\n");
        assert!(done.is_ok());
        assert_eq!(given.router_asn.map(|asn| asn.0), Some(65002));
        assert_eq!(said.matches("--router-asn").count(), 2, "{said}");
        assert!(said.contains("\"udm\": it is no AS number"), "{said}");
    }

    #[test]
    fn the_end_of_the_answers_is_an_error() {
        let (done, given, _) = answered("udm\n");
        assert_eq!(done.expect_err("no answer").message, "error: no answer: --router-asn is needed");
        assert!(given.router_asn.is_none());
    }
}
