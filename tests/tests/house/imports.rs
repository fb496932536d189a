//! Which file of a crate imports which: `use` and paths in code, followed through re-exports to where an item is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The segments of a path, from the crate's root.
type Segments = Vec<String>;

/// The imports between the files of a crate. Those between a module and one directly inside of it are left out.
pub(crate) struct Imports {
    edges: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

impl Imports {
    pub(crate) fn read(folder: &Path) -> Self {
        let modules = Modules::read(folder);
        let mut edges: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for (name, module) in &modules.0 {
            let targets = module.paths.iter().filter_map(|path| modules.home(path));
            let targets: BTreeSet<PathBuf> = targets
                .filter(|target| {
                    target != &name && !is_parent(target, name) && !is_parent(name, target)
                })
                .map(|target| modules.0[target].file.clone())
                .collect();
            edges.insert(module.file.clone(), targets);
        }
        Self { edges }
    }

    /// Pairs of a file and one that it imports.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.edges
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |to| (from.as_path(), to.as_path())))
    }

    /// Groups of files in which each leads to each other.
    pub(crate) fn circles(&self) -> Vec<Vec<PathBuf>> {
        let reached: BTreeMap<_, _> = self
            .edges
            .keys()
            .map(|file| (file, self.reached(file)))
            .collect();
        let mut circles = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, from_here) in &reached {
            if from_here.contains(*file) && !seen.contains(file) {
                let circle = from_here
                    .iter()
                    .filter(|other| reached[*other].contains(*file));
                let circle: Vec<&PathBuf> = circle.copied().collect();
                seen.extend(circle.iter().copied());
                circles.push(circle.into_iter().cloned().collect());
            }
        }
        circles
    }

    fn reached(&self, file: &PathBuf) -> BTreeSet<&PathBuf> {
        let mut reached = BTreeSet::new();
        let mut left: Vec<&PathBuf> = self.edges[file].iter().collect();
        while let Some(next) = left.pop() {
            if reached.insert(next) {
                left.extend(&self.edges[next]);
            }
        }
        reached
    }
}

/// The Rust files in a folder and the folders inside of it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// The names that `use` brings, and what they stand for.
    names: BTreeMap<String, Segments>,
    /// The paths in the code.
    paths: BTreeSet<Segments>,
}

struct Modules(BTreeMap<Segments, Module>);

impl Modules {
    fn read(folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for path in files(folder) {
            // A module of tests, beside what it tests.
            let file = path.strip_prefix(folder).unwrap().to_owned();
            let parts = file.with_extension("");
            if parts
                .iter()
                .any(|part| part.to_string_lossy().ends_with("test"))
            {
                continue;
            }
            let mut name: Segments = file
                .with_extension("")
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if ["mod", "lib"].contains(&name[name.len() - 1].as_str()) {
                name.pop();
            }
            modules.insert(name, (file, fs::read_to_string(&path).unwrap()));
        }
        let known: BTreeSet<Segments> = modules.keys().cloned().collect();
        let read = |(name, (file, text)): (Segments, (PathBuf, String))| {
            let tokens: TokenStream = text.parse().unwrap();
            let mut reader = Reader {
                name: &name,
                known: &known,
                module: Module {
                    file,
                    ..Module::default()
                },
            };
            // Names are known before they are used: `use` may stand below.
            reader.code(tokens.clone(), true);
            reader.code(tokens, false);
            let module = reader.module;
            (name, module)
        };
        Self(modules.into_iter().map(read).collect())
    }

    /// The module in whose file an item is, and nothing for a module.
    fn home(&self, path: &[String]) -> Option<&Segments> {
        let mut path = path.to_vec();
        // Re-exports of re-exports end.
        for _ in 0..8 {
            let depth = (0..=path.len())
                .rev()
                .find(|&depth| self.0.contains_key(&path[..depth]))?;
            let (name, module) = self.0.get_key_value(&path[..depth])?;
            let item = path.get(depth)?;
            match module.names.get(item) {
                Some(target) if *target != path => {
                    let rest = path[depth + 1..].to_vec();
                    path = [target.clone(), rest].concat();
                }
                _ => return Some(name),
            }
        }
        None
    }
}

struct Reader<'a> {
    name: &'a Segments,
    known: &'a BTreeSet<Segments>,
    module: Module,
}

impl Reader<'_> {
    /// Reads the names of `use`, or else the paths. Tests are left out.
    fn code(&mut self, tokens: TokenStream, names: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Punct(sign) if sign.as_char() == '#' && is_test(tokens.get(at + 1)) => {
                    at = end_of_item(&tokens, at + 2);
                    continue;
                }
                TokenTree::Group(group) => self.code(group.stream(), names),
                TokenTree::Ident(word) if word == "use" => {
                    let end = end_of_item(&tokens, at);
                    self.tree(&[], &tokens[at + 1..end], &mut |reader, name, path| {
                        if names {
                            reader.module.names.insert(name, path);
                        } else {
                            reader.module.paths.insert(path);
                        }
                    });
                    at = end;
                    continue;
                }
                TokenTree::Ident(_) if !names && is_path(&tokens, at) => {
                    let end = end_of_path(&tokens, at);
                    self.tree(&[], &tokens[at..end], &mut |reader, _, path| {
                        reader.module.paths.insert(path);
                    });
                    at = end;
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Tells each path of a tree, as `crate::{a, b::{c as d}}`, with the name that it gets.
    fn tree(
        &mut self,
        prefix: &[String],
        tokens: &[TokenTree],
        tell: &mut dyn FnMut(&mut Self, String, Segments),
    ) {
        let mut path = prefix.to_vec();
        let mut name = None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = tokens.get(at + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in inner.split(|token| is_sign(token, ',')) {
                        if !branch.is_empty() {
                            self.tree(&path, branch, tell);
                        }
                    }
                    return;
                }
                // All of a module: an item of the module itself.
                TokenTree::Punct(sign) if sign.as_char() == '*' => path.push("*".to_owned()),
                _ => {}
            }
        }
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        if let Some(absolute) = self.absolute(&path) {
            let name = name.or_else(|| path.last().cloned());
            tell(self, name.unwrap_or_default(), absolute);
        }
    }

    /// The path from the crate's root, if it is one of this crate.
    fn absolute(&self, path: &[String]) -> Option<Segments> {
        let (first, mut rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => self.name.clone(),
            "super" => self.name[..self.name.len().checked_sub(1)?].to_vec(),
            child
                if self
                    .known
                    .contains(&[self.name.as_slice(), &[child.to_owned()]].concat()) =>
            {
                [self.name.as_slice(), &[child.to_owned()]].concat()
            }
            name => self.module.names.get(name)?.clone(),
        };
        while let Some(("super", next)) = rest
            .split_first()
            .map(|(first, next)| (first.as_str(), next))
        {
            base.pop()?;
            rest = next;
        }
        base.extend_from_slice(rest);
        Some(base)
    }
}

fn is_parent(parent: &[String], child: &[String]) -> bool {
    child.split_last().is_some_and(|(_, rest)| rest == parent)
}

/// Whether an attribute is `[cfg(test)]` or the like.
fn is_test(attribute: Option<&TokenTree>) -> bool {
    attribute.is_some_and(|attribute| {
        let text = attribute.to_string();
        text.contains("cfg") && !text.contains("not") && text.contains("test)")
    })
}

/// The place behind an item: its braces or its semicolon.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let is_use = tokens[from..]
        .iter()
        .take(4)
        .any(|token| token.to_string() == "use");
    let end = tokens[from..].iter().position(|token| match token {
        TokenTree::Group(group) => !is_use && group.delimiter() == Delimiter::Brace,
        token => is_sign(token, ';'),
    });
    end.map_or(tokens.len(), |end| from + end + 1)
}

/// Whether a path begins here: a word and `::`, and none before.
fn is_path(tokens: &[TokenTree], at: usize) -> bool {
    let double = |at: usize| {
        [at, at + 1]
            .iter()
            .all(|at| tokens.get(*at).is_some_and(|token| is_sign(token, ':')))
    };
    double(at + 1) && !(at >= 2 && double(at - 2))
}

fn end_of_path(tokens: &[TokenTree], from: usize) -> usize {
    let mut at = from + 1;
    while tokens.get(at).is_some_and(|token| is_sign(token, ':'))
        && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)))
    {
        at += 3;
    }
    at.max(from + 1)
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

#[test]
fn circles_are_found_through_re_exports_and_aliases() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a; mod b; mod room; mod lone; pub use a::A;");
    write(
        "a.rs",
        "use crate::room; pub struct A; fn f() { room::make() }",
    );
    write(
        "b.rs",
        "#[cfg(test)] mod tests { use crate::lone::L; } pub struct B;",
    );
    write(
        "lone.rs",
        "use super::b::{B as Other}; pub struct L; fn f(_: Other) {}",
    );
    write(
        "room/mod.rs",
        "mod maker; pub(crate) use self::maker::make; pub use crate::b::B; mod deep; pub struct R; \
         fn f(_: maker::M, _: deep::deeper::D) {}",
    );
    write(
        "room/maker.rs",
        "use super::{B, R}; pub struct M; pub fn make() { let _: crate::A; }",
    );
    write("room/deep/mod.rs", "pub mod deeper;");
    write("room/deep/deeper.rs", "pub struct D(super::super::R);");
    let imports = Imports::read(folder.path());
    let edges: Vec<String> = imports
        .edges()
        .map(|(from, to)| format!("{} {}", from.display(), to.display()))
        .collect();
    assert_eq!(
        edges,
        [
            "a.rs room/maker.rs",
            "lone.rs b.rs",
            "room/deep/deeper.rs room/mod.rs",
            "room/maker.rs a.rs",
            "room/maker.rs b.rs",
            "room/mod.rs b.rs",
            "room/mod.rs room/deep/deeper.rs"
        ]
    );
    assert_eq!(
        imports.circles(),
        [
            ["a.rs", "room/maker.rs"],
            ["room/deep/deeper.rs", "room/mod.rs"]
        ]
        .map(|circle| circle.map(PathBuf::from))
    );
}
