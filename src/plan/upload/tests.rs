use secrecy::ExposeSecret;

use super::*;
use crate::frr::config::Tree;
use crate::frr::config::canonical::Dialect;
use crate::frr::config::generated::Generated;
use crate::plan::part::part;

fn canonical(text: &str) -> Canonical {
    let tree = Tree::parse(text);
    Canonical::of(&tree, &Dialect::of(&tree))
}

/// The file of a configuration, its passwords taken out before and put in again.
fn file(text: &str) -> String {
    let mut passwords = Passwords::default();
    let upload = Upload::of(&canonical(&passwords.take(text)), &Notes::default());
    upload.print(&passwords).expect("all passwords are known").expose_secret().to_owned()
}

/// The kinds of statements of the top, in their order.
fn kinds(file: &str) -> Vec<u8> {
    let top = file.lines().filter(|line| !line.starts_with([' ', '!']) && *line != "exit");
    top.map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        ["router", "bgp", ..] => 0,
        ["route-map", ..] => 1,
        ["ip" | "ipv6", "prefix-list", ..] => 2,
        ["access-list" | "bgp" | "rpki", ..] | ["ip" | "ipv6", "access-list", ..] => 3,
        _ => panic!("no part of BGP: {line}"),
    })
    .collect()
}

#[test]
fn a_file_means_what_the_configuration_means_and_has_unifis_order() {
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..300 {
        let text = Generated::new(&mut rng).text();
        let file = file(&text);
        assert_eq!(*canonical(&file).settings(), part(canonical(&text).settings()), "{text}\n{file}");
        let kinds = kinds(&file);
        assert!(kinds.is_sorted() && kinds.first() == Some(&0), "{file}");
        assert!(file.is_ascii() && !file.contains("frr version") && !file.contains("<password-"), "{file}");
    }
}

#[test]
fn what_is_no_part_of_bgp_is_left_out_and_named() {
    let text = "frr version 8.4.4\nhostname udm\nlog file stdout\ninterface eth0\n ip address 10.0.0.1/24\nexit\n\
                ip route 10.0.0.0/8 Null0\nrouter ospf\n redistribute bgp\nexit\nrouter bgp 65001\n bgp router-id 10.0.0.1\nexit\n\
                ip prefix-list a seq 5 permit any\nbgp as-path access-list p seq 5 permit ^65010$\n";
    let upload = Upload::of(&canonical(text), &Notes::default());
    assert_eq!(upload.left_out, ["interface eth0", "ip route 10.0.0.0/8 Null0", "log file stdout", "router ospf"]);
    let file = upload.print_cut();
    let statements: Vec<&str> = file.lines().filter(|line| !line.trim_start().starts_with('!')).collect();
    let expected = [
        "router bgp 65001",
        " bgp router-id 10.0.0.1",
        "exit",
        "ip prefix-list a seq 5 permit any",
        "bgp as-path access-list p seq 5 permit ^65010$",
    ];
    assert_eq!(statements, expected);
}

#[test]
fn a_password_that_is_not_known_is_not_written() {
    let text = "router bgp 1\n neighbor a peer-group\n neighbor a password <cut>\n neighbor b peer-group\n neighbor b password s3cret\n";
    let mut passwords = Passwords::default();
    let upload = Upload::of(&canonical(&passwords.take(text)), &Notes::default());
    assert_eq!(upload.print(&passwords).map(|_| ()), Err(vec!["neighbor a password".to_owned()]));
    assert!(!format!("{upload:?}").contains("s3cret"));
    let cut = upload.print_cut();
    assert!(cut.contains("\n ! neighbor b password <cut>\n") && !cut.contains("s3cret"), "{cut}");
}

#[test]
fn no_name_ends_a_comment() {
    let notes = Notes::titled(vec!["of node\nrouter bgp 2\u{1b}".to_owned()]);
    let file = Upload::of(&canonical("router bgp 1\n bgp router-id 10.0.0.1\n"), &notes).print_cut();
    assert!(file.starts_with("! of node?router bgp 2?\n"), "{file}");
}

#[test]
fn only_a_password_has_a_passwords_place() {
    let text = "router bgp 1\n neighbor a peer-group\n neighbor a password <password-2>\n neighbor a description <password-2>\n \
                neighbor b peer-group\n neighbor b password s3cret\n neighbor c peer-group\n neigh c passw <password-2>\n";
    let file = file(text);
    assert_eq!(file.matches("s3cret").count(), 1, "{file}");
    for kept in [
        "neighbor a password <password-2>",
        "neighbor a description <password-2>",
        "neighbor b password s3cret",
        "neighbor c password <password-2>",
    ] {
        assert!(file.contains(&format!(" {kept}\n")), "{kept}: {file}");
    }
}

#[test]
fn a_description_may_speak_of_passwords() {
    let text = "router bgp 1\n neighbor a peer-group\n neighbor a description the password is asked for\n neigh b peer-group\n \
                neigh b desc no md5 yet\n";
    let mut passwords = Passwords::default();
    let upload = Upload::of(&canonical(&passwords.take(text)), &Notes::default());
    let cut = upload.print_cut();
    for kept in ["neighbor a description the password is asked for", "neighbor b description no md5 yet"] {
        assert!(cut.contains(&format!("\n {kept}\n")), "{cut}");
    }
    assert_eq!(upload.print(&passwords).expect("nothing is cut").expose_secret(), cut);
    assert!(!upload.has_passwords());
}

#[test]
fn a_description_of_which_a_part_was_cut_is_not_written() {
    let text = "router bgp 1\n neighbor a peer-group\n neighbor a description the password <cut>\n";
    let upload = Upload::of(&canonical(text), &Notes::default());
    let cut = upload.print_cut();
    assert!(cut.contains("\n ! neighbor a description the password <cut>\n") && upload.has_passwords(), "{cut}");
    assert!(upload.print(&Passwords::default()).is_err());
}

#[test]
fn what_becomes_a_comment_is_plain_text() {
    let text = "router bgp 1\n neighbor a\u{1b}[2J peer-group\n neighbor a\u{1b}[2J password <cut>\n";
    let file = Upload::of(&canonical(text), &Notes::default()).print_cut();
    assert!(file.contains("\n ! neighbor a?[2J password <cut>\n"), "{file}");
    let comments = file.lines().filter(|line| line.trim_start().starts_with('!'));
    assert!(comments.clone().count() > 1 && comments.into_iter().all(|line| !line.contains('\u{1b}')), "{file}");
    // A statement is what the router has.
    assert!(file.contains("\n neighbor a\u{1b}[2J peer-group\n"), "{file}");
}
