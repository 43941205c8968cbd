//! The rights of `docs/rights/`, one by one: read back from the API server that they were applied to.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde_json::{Value, json};

use super::lab::{Lab, Said, text, within};

/// One verb on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    pub verb: String,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    /// Of this object alone; empty: of all.
    pub object: String,
    /// In this namespace alone; empty: everywhere.
    pub namespace: String,
}

/// As `kubectl auth can-i` takes it.
impl Display for Right {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        let written = [
            (".", &self.group),
            ("/", &self.object),
            (" --subresource ", &self.subresource),
            (" -n ", &self.namespace),
        ];
        written.iter().filter(|(_, text)| !text.is_empty()).try_for_each(|(mark, text)| write!(f, "{mark}{text}"))
    }
}

impl Right {
    /// Every right of the Roles and ClusterRoles of a file.
    pub fn all_of(lab: &Lab, file: &str) -> Vec<Self> {
        let listed = shell(lab, &format!("kubectl get -f {file} -o json"));
        let listed: Value = serde_json::from_str(&listed).expect("kubectl prints JSON");
        let roles = listed["items"].as_array().cloned().unwrap_or_else(|| vec![listed]);
        let rights: Vec<Self> = roles.iter().flat_map(of_role).collect();
        assert!(!rights.is_empty(), "{file}");
        rights
    }

    /// Whether a request of the audit log took it. An exec is a `get` there, whatever else it takes.
    pub fn is_taken_by(&self, request: &Value) -> bool {
        let is = |field: &str, value: &str| request[field].as_str().unwrap_or_default() == value;
        is("apiGroup", &self.group)
            && is("resource", &self.resource)
            && is("subresource", &self.subresource)
            && (self.object.is_empty() || is("name", &self.object))
            && (self.namespace.is_empty() || is("namespace", &self.namespace))
    }

    /// What must be said where it is missing.
    pub fn gap(&self) -> String {
        match self.subresource.as_str() {
            "" => format!("cannot {} resource {:?} in API group {:?}", self.verb, self.resource, self.group),
            "exec" => "running commands in the agents' pods is forbidden".to_owned(),
            "log" => "reading the logs of Cilium's pods is forbidden".to_owned(),
            other => panic!("nothing is said of {other}"),
        }
    }

    /// The file that has it, which the hint must name.
    pub fn file(&self) -> &'static str {
        if self.subresource.is_empty() { "docs/rights/reader.yaml" } else { "docs/rights/agents.yaml" }
    }

    /// A role of this right alone, and a binding for these users.
    fn bound_to(&self, users: impl Iterator<Item = String>) -> [Value; 2] {
        let name = without(self).replace("without", "right");
        let kind = if self.namespace.is_empty() { "ClusterRole" } else { "Role" };
        let resource = match self.subresource.as_str() {
            "" => self.resource.clone(),
            subresource => format!("{}/{subresource}", self.resource),
        };
        let objects: Vec<&String> = Some(&self.object).filter(|object| !object.is_empty()).into_iter().collect();
        let subjects: Vec<Value> =
            users.map(|user| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user})).collect();
        let object = |kind: String| {
            let metadata = json!({"name": name, "namespace": self.namespace});
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata})
        };
        let (mut role, mut binding) = (object(kind.to_owned()), object(format!("{kind}Binding")));
        role["rules"] = json!([
            {"apiGroups": [self.group], "resources": [resource], "resourceNames": objects, "verbs": [self.verb]}
        ]);
        binding["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
        binding["subjects"] = json!(subjects);
        [role, binding]
    }
}

fn of_role(role: &Value) -> Vec<Right> {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let namespace = role["metadata"]["namespace"].as_str().unwrap_or_default();
    let mut rights = Vec::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        let mut objects = words(&rule["resourceNames"]);
        if objects.is_empty() {
            objects.push(String::new());
        }
        for group in words(&rule["apiGroups"]) {
            for word in words(&rule["resources"]) {
                let (resource, subresource) = word.split_once('/').unwrap_or((&word, ""));
                for object in &objects {
                    rights.extend(words(&rule["verbs"]).into_iter().map(|verb| Right {
                        verb,
                        group: group.clone(),
                        resource: resource.to_owned(),
                        subresource: subresource.to_owned(),
                        object: object.clone(),
                        namespace: namespace.to_owned(),
                    }));
                }
            }
        }
    }
    rights
}

/// The user who has all rights but this one.
pub fn without(right: &Right) -> String {
    let words = [&right.verb, &right.resource, &right.subresource].map(String::as_str);
    format!("without-{}", words.join("-").trim_end_matches('-'))
}

/// Makes a user for each right who has all the others.
pub fn take_away_each(lab: &Lab, rights: &[Right]) {
    let others = |left_out| rights.iter().filter(move |right| *right != left_out).map(without);
    let objects: Vec<Value> = rights.iter().flat_map(|right| right.bound_to(others(right))).collect();
    let file = lab.state().join("rights.json");
    std::fs::write(&file, json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()).expect("a file");
    shell(lab, &format!("kubectl apply --server-side -f {}", file.display()));
    // The API server learns of them in their order.
    if let [first, .., last] = rights {
        let user = without(first);
        assert!(within(Duration::from_secs(10), || may(lab, &user, last)), "{user} may not {last}");
    }
}

fn may(lab: &Lab, user: &str, right: &Right) -> bool {
    let asked = lab.command("sh").args(["-c", &format!("kubectl auth can-i {right} --as {user}")]).output();
    asked.expect("a shell").status.success()
}

/// The rights that a user's requests took, of those in a part of the audit log.
pub fn taken<'a>(audit: &str, user: &str, rights: &'a [Right]) -> BTreeSet<&'a Right> {
    let events = audit.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests: Vec<Value> = events
        .filter(|event| event["impersonatedUser"]["username"] == user)
        .map(|event| event["objectRef"].clone())
        .collect();
    rights.iter().filter(|right| requests.iter().any(|request| right.is_taken_by(request))).collect()
}

/// What a line of shell prints in the lab; it must succeed.
pub fn shell(lab: &Lab, line: &str) -> String {
    let output = lab.command("sh").args(["-c", line]).output().expect("a shell");
    assert!(output.status.success(), "{line}: {}", Said(&output));
    text(&output.stdout)
}
