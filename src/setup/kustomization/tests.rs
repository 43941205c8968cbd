use super::*;

fn inserted(text: &str) -> Result<String, Refusal> {
    match insert(text, "networking.yaml")? {
        Edit::Text(text) => Ok(text),
        Edit::Nothing => Ok("nothing".to_owned()),
    }
}

#[test]
fn one_line_is_put_in_as_the_others_are_written() {
    for (before, after) in [
        ("resources:\n  - a.yaml\n", "resources:\n  - a.yaml\n  - networking.yaml\n"),
        ("resources:\n- a.yaml", "resources:\n- a.yaml\n- networking.yaml"),
        ("resources:\n-   a.yaml\n", "resources:\n-   a.yaml\n-   networking.yaml\n"),
        ("resources:\r\n  - a.yaml\r\nx: 1\r\n", "resources:\r\n  - a.yaml\r\n  - networking.yaml\r\nx: 1\r\n"),
        (
            "---\n# all\nresources: # here\n\n  - ./a.yaml # one\n  # - b.yaml\n\nx:\n  - 1\n",
            "---\n# all\nresources: # here\n\n  - ./a.yaml # one\n  - ./networking.yaml\n  # - b.yaml\n\nx:\n  - 1\n",
        ),
        ("\"resources\":\n- 'a'\n- \"b\"\n...\n", "\"resources\":\n- 'a'\n- \"b\"\n- networking.yaml\n...\n"),
        ("resources: []\n", "resources: [networking.yaml]\n"),
        ("resources: [a, b]", "resources: [a, b, networking.yaml]"),
        ("resources: [ a, 'b]' ] # x\n", "resources: [ a, 'b]', networking.yaml ] # x\n"),
        ("resources: [\n  a,\n  \"b\", # ]\n]\n", "resources: [\n  a,\n  \"b\", networking.yaml # ]\n]\n"),
        ("\u{feff}resources:\n- a\n", ""),
    ] {
        match inserted(before) {
            Ok(text) => assert_eq!(text, after, "{before:?}"),
            Err(refusal) => assert_eq!((refusal, after), (Refusal::NoPlainList, ""), "{before:?}"),
        }
    }
}

#[test]
fn what_is_there_is_not_put_in_again() {
    for text in
        ["resources:\n- ./networking.yaml\n", "resources: [networking.yaml]\n", "resources: ['networking.yaml']"]
    {
        assert_eq!(inserted(text), Ok("nothing".to_owned()), "{text:?}");
    }
}

#[test]
fn what_is_no_plain_list_is_refused() {
    for (text, refusal) in [
        ("", Refusal::NoMap),
        ("- a\n", Refusal::NoMap),
        ("text\n", Refusal::NoMap),
        ("x: 1\n", Refusal::NoResources),
        ("resources:\n", Refusal::NoPlainList),
        ("resources: a.yaml\n", Refusal::NoPlainList),
        ("resources: {a: b}\n", Refusal::NoPlainList),
        ("resources:\n- a: 1\n", Refusal::NoPlainList),
        ("resources:\n- &x a\n- b\n", Refusal::NoPlainList),
        ("x: &x a\nresources:\n- *x\n", Refusal::NoPlainList),
        ("resources: &x\n- a\n", Refusal::NoPlainList),
        ("resources: &x [a]\n", Refusal::NoPlainList),
        ("resources: !!seq [a]\n", Refusal::NoPlainList),
        ("resources:\n- !!str a\n", Refusal::NoPlainList),
        ("resources:\n- >-\n  a\n", Refusal::NoPlainList),
        ("resources:\n- a\n  b\n", Refusal::NoPlainList),
        ("resources:\n-\n  a\n", Refusal::NoPlainList),
        ("{\"resources\": [\"a\"]}\n", Refusal::NoPlainList),
        ("resources:\n- a\n---\nresources:\n- b\n", Refusal::SeveralDocuments),
        ("resources:\n- a\n...\nx: 1\n", Refusal::SeveralDocuments),
        ("kind: HelmRelease\nresources:\n- a\n", Refusal::OtherKind("HelmRelease".to_owned())),
        (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nresources: [a]\n",
            Refusal::OtherKind("Kustomization of kustomize.toolkit.fluxcd.io/v1".to_owned()),
        ),
    ] {
        assert_eq!(inserted(text), Err(refusal), "{text:?}");
    }
    for broken in ["resources: [a\n", "resources:\n- a\nresources:\n- b\n", "a: 'x\n", "a:\n\t- b\n"] {
        assert!(matches!(inserted(broken), Err(Refusal::Broken(_))), "{broken:?}: {:?}", inserted(broken));
    }
}

#[test]
fn what_stands_in_a_text_is_not_taken_for_the_list() {
    let text = "configMapGenerator:\n- name: x\n  literals:\n  - |\n    resources:\n    - z\nresources:\n- a\n";
    assert_eq!(inserted(text), Ok(format!("{text}- networking.yaml\n")));
    let hidden = "x: \"\nresources:\n- z\n\"\nresources:\n- a\n";
    assert_eq!(inserted(hidden), Err(Refusal::NoPlainList));
}

/// Texts made of the pieces that kustomizations are made of, and of what spoils them: whatever is put in is one entry more,
/// and every line that was there is there, in its order.
#[test]
fn whatever_the_text_one_entry_more_or_nothing() {
    const PIECES: &[&str] = &[
        "resources:",
        "resources: ",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "- a.yaml",
        "  - b.yaml",
        "    - ../c",
        "- ",
        "  ",
        "# x",
        " # y",
        "[a, b]",
        "[",
        "]",
        ",",
        " 'd'",
        "\"e\"",
        "'",
        "\"",
        "&x ",
        "*x",
        "!t ",
        "|\n",
        ">-\n",
        "---\n",
        "...\n",
        "kind: Kustomization\n",
        "apiVersion: kustomize.config.k8s.io/v1beta1\n",
        "namespace: n\n",
        "x: y",
        "patches:\n  - path: p\n",
        "\t",
        "{",
        "}",
        ": ",
        "components:\n- z\n",
        "é",
        "\u{feff}",
        "-",
        "resources:\n- a\n- b\n",
        "resources:\n  - ./a\n",
        "resources: [a,\n b]\n",
    ];
    let mut random = fastrand::Rng::with_seed(8);
    let mut done = 0;
    for _ in 0..40_000 {
        let text: String = (0..random.usize(1..9)).map(|_| PIECES[random.usize(0..PIECES.len())]).collect();
        let Ok(Edit::Text(edited)) = insert(&text, "networking.yaml") else { continue };
        done += 1;
        let (before, after) = (read(&text).expect("it was read"), read(&edited).expect("it can be read"));
        let entry =
            after["resources"].as_array().and_then(|all| all.last()).and_then(Value::as_str).expect("the entry");
        assert!(["networking.yaml", "./networking.yaml"].contains(&entry), "{text:?}");
        assert_eq!(after, with_entry(before, entry.to_owned()), "{text:?}");
        let added = (0..text.len())
            .filter(|at| text.is_char_boundary(*at))
            .chain([text.len()])
            .any(|at| edited.starts_with(&text[..at]) && edited.ends_with(&text[at..]) && edited.len() >= text.len());
        assert!(added, "{text:?} {edited:?}");
    }
    assert!(done > 400, "{done}");
}

#[test]
fn names_that_mean_something_else_are_quoted() {
    assert_eq!(scalar("networking.yaml"), "networking.yaml");
    assert_eq!([scalar("true"), scalar("a: b.yaml"), scalar("1.0")], ["\"true\"", "\"a: b.yaml\"", "\"1.0\""]);
}

#[test]
fn what_changes_the_objects_is_told() {
    let said = traps("namePrefix: x-\ncommonLabels: {a: b}\nresources: []\nnameSuffix: \"\"\n");
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("namePrefix ") && said[1].starts_with("commonLabels "), "{said:?}");
    assert!(traps("resources: []\n").is_empty());
}

#[test]
fn aliases_do_not_explode() {
    let level = |level: usize| match level {
        0 => "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(),
        _ => format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9)),
    };
    let levels: String = (0..7).map(level).collect();
    let refusal = inserted(&format!("{levels}resources: [a]\n")).expect_err("it is refused");
    assert!(refusal.to_string().contains("too large or too complex"), "{refusal}");
}
