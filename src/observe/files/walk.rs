//! Which files there are: folders with all that is below them, files by name, standard input.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::place::{gap, gap_with_hint};
use super::text;
use crate::error::{Error, Result};
use crate::snapshot::Gap;

/// What manifests are called.
const ENDINGS: &[&str] = &["yaml", "yml", "json"];

/// What other tools fill in, behind an ending of ours: `x.yaml.j2`.
const TEMPLATE_ENDINGS: &[&str] = &["gotmpl", "j2", "jinja", "jinja2", "tmpl", "tpl"];

/// A file.
pub struct Found {
    /// What messages call it.
    pub name: Rc<str>,
    pub path: PathBuf,
    pub form: Form,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    Manifests,
    /// What another tool fills in.
    Template,
    /// A template of the Helm chart in this folder.
    ChartTemplate(Rc<str>),
}

/// Finds the files in the order of their names.
///
/// # Errors
/// What the command line names is not there, or has no manifest in it.
pub fn find(arguments: &[PathBuf], gaps: &mut Vec<Gap>) -> Result<Vec<Found>> {
    let mut walk = Walk { found: Vec::new(), met: 0, seen: HashSet::new(), root: PathBuf::new(), gaps };
    for argument in arguments {
        walk.argument(argument)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    found: Vec<Found>,
    /// How many files were met, those again that are read already.
    met: usize,
    /// Files are read once, however many ways lead to them.
    seen: HashSet<PathBuf>,
    /// The folder that is walked; links are not followed out of it.
    root: PathBuf,
    gaps: &'a mut Vec<Gap>,
}

impl Walk<'_> {
    fn argument(&mut self, argument: &Path) -> Result<()> {
        let place = argument.display();
        let unreadable = |error: &std::io::Error| Error::failure(format!("cannot read the manifests {place}: {error}"));
        if argument.as_os_str() == text::STDIN {
            self.found.push(Found { name: text::name(argument), path: argument.to_owned(), form: Form::Manifests });
            return Ok(());
        }
        let metadata = fs::metadata(argument).map_err(|error| unreadable(&error))?;
        if !metadata.is_dir() {
            self.add(argument, form_of(argument, None).unwrap_or(Form::Manifests));
            return Ok(());
        }
        self.root = argument.canonicalize().map_err(|error| unreadable(&error))?;
        fs::read_dir(argument).map_err(|error| unreadable(&error))?;
        let before = self.met;
        self.folder(argument, None);
        if self.met == before {
            return Err(Error::failure(format!("there is no manifest in {place}"))
                .hint("--manifests reads *.yaml, *.yml and *.json below a folder; `-` is standard input"));
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path, chart: Option<&Rc<str>>) {
        let entries = match fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<DirEntry>>>) {
            Ok(entries) => entries,
            Err(error) => return self.gaps.push(gap(text::name(folder), format!("it cannot be read: {error}"))),
        };
        let mut entries: Vec<_> = entries.into_iter().filter(|entry| !is_hidden(entry)).collect();
        entries.sort_by_key(DirEntry::file_name);
        let is_chart = entries.iter().any(|entry| entry.file_name() == "Chart.yaml");
        let own_chart = (is_chart && chart.is_none()).then(|| text::name(folder));
        for entry in entries {
            let path = entry.path();
            let is_template = is_chart && (entry.file_name() == "templates" || entry.file_name() == "charts");
            let chart = chart.or(own_chart.as_ref().filter(|_| is_template));
            let form = form_of(&path, chart);
            match (entry.file_type(), form) {
                (Ok(kind), _) if kind.is_dir() => self.folder(&path, chart),
                (Ok(kind), form) if kind.is_symlink() => self.link(&path, form),
                (Ok(kind), Some(form)) if kind.is_file() => self.add(&path, form),
                _ => {}
            }
        }
    }

    /// Inside of the folder a link is another name of what is read anyway, unless that is hidden.
    fn link(&mut self, path: &Path, form: Option<Form>) {
        match (path.canonicalize(), form) {
            (Ok(target), Some(form)) if target.starts_with(&self.root) && target.is_file() => self.add(path, form),
            (Ok(target), form) if !target.starts_with(&self.root) && (form.is_some() || target.is_dir()) => {
                let why = "it is a link that leads out of the folder, which is not followed";
                let hint = format!("--manifests {} reads it too", target.display());
                self.gaps.push(gap_with_hint(text::name(path), why, hint));
            }
            (Err(error), Some(_)) => {
                self.gaps.push(gap(text::name(path), format!("it is a link that leads nowhere: {error}")));
            }
            _ => {}
        }
    }

    fn add(&mut self, path: &Path, form: Form) {
        self.met += 1;
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(real) {
            self.found.push(Found { name: text::name(path), path: path.to_owned(), form });
        }
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// What a file of this name holds; `None` for what is not read.
fn form_of(path: &Path, chart: Option<&Rc<str>>) -> Option<Form> {
    let ends_with = |path: &Path, endings: &[&str]| {
        path.extension().is_some_and(|extension| endings.iter().any(|ending| extension.eq_ignore_ascii_case(ending)))
    };
    match chart {
        Some(chart) if ends_with(path, ENDINGS) => Some(Form::ChartTemplate(chart.clone())),
        None if ends_with(path, ENDINGS) => Some(Form::Manifests),
        None if ends_with(path, TEMPLATE_ENDINGS) && ends_with(&path.with_extension(""), ENDINGS) => {
            Some(Form::Template)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "a: 1\n").expect("a file");
        }
    }

    fn names(root: &Path, found: &[Found]) -> Vec<String> {
        let root = format!("{}/", root.display());
        found.iter().map(|found| found.name.replace(&root, "")).collect()
    }

    #[test]
    fn a_folder_is_read_with_all_below_it_but_what_is_hidden() {
        let root = tempfile::tempdir().expect("a folder");
        let all = [
            "c.yaml.j2",
            "c.txt.j2",
            "b/x.yml",
            "a.yaml",
            "b/a/y.JSON",
            "b/readme.md",
            ".git/c.yaml",
            "b/.hidden.yaml",
        ];
        write(root.path(), &all);
        let found = find(&[root.path().to_owned()], &mut Vec::new()).expect("manifests");
        assert_eq!(names(root.path(), &found), ["a.yaml", "b/a/y.JSON", "b/x.yml", "c.yaml.j2"]);
        let forms: Vec<Form> = found.into_iter().map(|found| found.form).collect();
        assert_eq!(forms, [Form::Manifests, Form::Manifests, Form::Manifests, Form::Template]);
    }

    #[test]
    fn links_are_not_followed_out_of_the_folder() {
        let root = tempfile::tempdir().expect("a folder");
        write(root.path(), &["in/a.yaml", "out/b.yaml", "in/..data/c.yaml"]);
        let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.path().join(at)).expect("a link");
        link("../out", "in/away");
        link("../out/b.yaml", "in/b.yaml");
        link("..data/c.yaml", "in/c.yaml");
        link("a.yaml", "in/z.yaml");
        link(".", "in/loop");
        link("nowhere", "in/dead.yaml");
        let mut gaps = Vec::new();
        let folder = root.path().join("in");
        let found = find(&[folder.clone(), folder.join("a.yaml"), folder.clone()], &mut gaps).expect("manifests");
        assert_eq!(names(&folder, &found), ["a.yaml", "c.yaml"]);
        let gaps: Vec<&str> = gaps[..3].iter().map(|gap| gap.what.rsplit('/').next().unwrap_or_default()).collect();
        assert_eq!(gaps, ["away", "b.yaml", "dead.yaml"]);
    }

    #[test]
    fn templates_know_their_chart() {
        let root = tempfile::tempdir().expect("a folder");
        let all = [
            "c/Chart.yaml",
            "c/templates/x/a.yaml",
            "c/values.yaml",
            "c/charts/d/Chart.yaml",
            "c/charts/d/templates/b.yaml",
        ];
        write(root.path(), &all);
        let found = find(&[root.path().to_owned()], &mut Vec::new()).expect("manifests");
        let chart = Form::ChartTemplate(format!("{}/c", root.path().display()).into());
        let templates: Vec<_> = found.iter().filter(|found| found.form == chart).collect();
        assert_eq!(templates.len(), 3);
        assert!(templates.iter().all(|found| found.name.contains("/templates/") || found.name.contains("/charts/")));
    }

    #[test]
    fn what_is_named_has_to_be_there() {
        let root = tempfile::tempdir().expect("a folder");
        let empty = find(&[root.path().to_owned()], &mut Vec::new()).err().expect("it is empty");
        assert!(empty.message.starts_with("error: there is no manifest in "), "{empty}");
        let absent = find(&[root.path().join("x")], &mut Vec::new()).err().expect("it is absent");
        assert!(absent.message.starts_with("error: cannot read the manifests "), "{absent}");
    }
}
