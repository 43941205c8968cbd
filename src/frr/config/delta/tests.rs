use super::super::canonical::Dialect;
use super::super::generated::Generated;
use super::*;

fn read(text: &str, version: (u32, u32)) -> Canonical {
    Canonical::of(&Tree::parse(text), &Dialect { version, multipath: Some(256), ..Dialect::default() })
}

/// The commands from one text to the other, which the model has tried.
fn commands(before: &str, after: &str) -> String {
    let (before, after) = (read(before, (10, 3)), read(after, (10, 3)));
    let delta = Delta::between(&before, &after);
    let reached = before.after(&Tree::parse(&delta.print()));
    assert_eq!(reached, after, "{}\n{}", delta.print(), reached.print());
    delta.print()
}

const GROUP: &str =
    "router bgp 65001\n neighbor k8s peer-group\n neighbor k8s remote-as 65010\n neighbor 10.0.0.1 peer-group k8s\n";

#[test]
fn there_and_back_again() {
    for seed in 0..100 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let first = Generated::new(&mut rng);
        let other = first.changed(&mut rng);
        let version = if seed % 2 == 0 { (8, 4) } else { (10, 3) };
        let (first, other) = (read(&first.text(), version), read(&other.text(), version));
        assert!(Delta::between(&first, &first).is_empty());
        let there = Delta::between(&first, &other).print();
        let reached = first.after(&Tree::parse(&there));
        assert_eq!(reached, other, "seed {seed}\n{there}");
        let back = Delta::between(&other, &first).print();
        assert_eq!(reached.after(&Tree::parse(&back)), first, "seed {seed}\n{back}");
    }
}

#[test]
fn a_node_comes_and_goes() {
    let two = format!("{GROUP} neighbor 10.0.0.2 peer-group k8s\n neighbor 10.0.0.2 description node-2\n");
    assert_eq!(
        commands(GROUP, &two),
        "router bgp 65001\n neighbor 10.0.0.2 peer-group k8s\n neighbor 10.0.0.2 description node-2\nexit\n"
    );
    assert_eq!(commands(&two, GROUP), "router bgp 65001\n no neighbor 10.0.0.2\nexit\n");
}

#[test]
fn lists_are_there_before_they_are_used_and_go_after() {
    let filtered = format!("{GROUP} neighbor k8s prefix-list vips in\nip prefix-list vips permit 10.9.0.0/24 le 32\n");
    assert_eq!(
        commands(GROUP, &filtered),
        "ip prefix-list vips seq 5 permit 10.9.0.0/24 le 32\nrouter bgp 65001\n address-family ipv4 unicast\n  \
         neighbor k8s prefix-list vips in\n exit-address-family\nexit\n"
    );
    assert_eq!(
        commands(&filtered, GROUP),
        "router bgp 65001\n address-family ipv4 unicast\n  no neighbor k8s prefix-list vips in\n exit-address-family\nexit\n\
         no ip prefix-list vips\n"
    );
}

#[test]
fn a_rule_comes_before_the_old_one_goes() {
    assert_eq!(
        commands("ip prefix-list a seq 5 permit 10.0.0.0/8\n", "ip prefix-list a seq 10 permit 10.0.0.0/7\n"),
        "ip prefix-list a seq 10 permit 10.0.0.0/7\nno ip prefix-list a seq 5 permit 10.0.0.0/8\n"
    );
    // FRR 8 drops a rule that it has already.
    let (five, ten) =
        (read("ip prefix-list a seq 5 permit any\n", (8, 4)), read("ip prefix-list a seq 10 permit any\n", (8, 4)));
    let moved = "no ip prefix-list a seq 5 permit any\nip prefix-list a seq 10 permit any\n";
    assert_eq!(Delta::between(&five, &ten).print(), moved);
    let rules = |first: &str, second: &str| {
        format!("ip prefix-list a seq 5 permit {first}\nip prefix-list a seq 10 permit {second}\n")
    };
    let (there, back) = (read(&rules("any", "10.0.0.0/8"), (8, 4)), read(&rules("10.0.0.0/8", "any"), (8, 4)));
    assert_eq!(there.after(&Tree::parse(&Delta::between(&there, &back).print())), back);
}

#[test]
fn what_goes_with_a_command_comes_back() {
    let moved = commands(
        &format!("{GROUP} neighbor h peer-group\n neighbor h remote-as 65011\n neighbor 10.0.0.1 description n\n"),
        &format!(
            "{GROUP} no neighbor 10.0.0.1\n neighbor h peer-group\n neighbor h remote-as 65011\n neighbor 10.0.0.1 peer-group h\n neighbor 10.0.0.1 description n\n"
        ),
    );
    assert_eq!(
        moved,
        "router bgp 65001\n no neighbor 10.0.0.1\n neighbor 10.0.0.1 peer-group h\n neighbor 10.0.0.1 description n\nexit\n"
    );
    assert_eq!(
        commands("router bgp 1\n bgp router-id 10.0.0.1\n", "router bgp 2\n"),
        "no router bgp 1\nrouter bgp 2\nexit\n"
    );
    let on = "router bgp 1\n neighbor 10.0.0.1 remote-as 2\n";
    let off =
        "router bgp 1\n no bgp default ipv4-unicast\n neighbor 10.0.0.1 remote-as 2\n neighbor 10.0.0.1 activate\n";
    assert_eq!(
        commands(off, on),
        "router bgp 1\n bgp default ipv4-unicast\nexit\n",
        "nothing is switched off on the way"
    );
}

#[test]
fn a_secret_that_was_cut_is_no_difference() {
    let with = |password: &str| read(&format!("{GROUP} neighbor k8s password {password}\n"), (10, 3));
    assert!(Delta::between(&with("<cut>"), &with("s3cret")).is_empty());
    let delta = Delta::between(&with("a"), &with("s3cret"));
    assert!(delta.print().contains("password s3cret") && !format!("{delta:?}").contains("s3cret"));
}
