//! Walks through the house: the calls by which one thing gets from door to door, and how often a file is entered.
//!
//! A walk is written down in a text, a function a line, with the calls of each below it. A file is entered when a function of another
//! file calls one of it; to come back from a call is no entry. A walk is complete: whatever else its functions call in other files is
//! [left out](LEFT_OUT) with the reason. Calls are known by the name of the function, so those of names that several files
//! define are seen only if they are on the walk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::imports;

/// Calls that are on no walk, and why.
pub(crate) const LEFT_OUT: [(&str, &[&str]); 7] = [
    (
        "look something up in what is at hand",
        &[
            "beyond",
            "fetched",
            "blocked",
            "bigints",
            "budget",
            "goal",
            "goes_in_segments",
            "has_checks",
            "has_event_triggers",
            "has_run_code",
            "integer",
            "is_applied",
            "is_cut",
            "is_likely",
            "is_partial",
            "is_shareable",
            "is_single",
            "meta_as_read",
            "of_group",
            "of_step",
            "reached",
            "ready",
            "schema_name",
            "shown",
            "typed",
        ],
    ),
    (
        "are named as functions of the standard library, and mostly these",
        &["any", "collect", "min", "or", "try_from"],
    ),
    (
        "check something before, or ask the server",
        &[
            "at_line",
            "check_cuts",
            "check_migration",
            "check_target",
            "damage",
            "damaged",
            "done_in",
            "ensure",
            "is_blank",
            "is_unknowable",
            "leaves_nothing",
            "may_go_on",
            "pace",
            "refuse_older",
            "skip_numbers",
            "within_phase",
            "within_running",
        ],
    ),
    (
        "write a piece of a statement",
        &[
            "add_among",
            "begin_anew",
            "in_database",
            "ledger_rows",
            "looked_into",
            "make_schema",
            "or_refuse",
            "order_sql",
            "place_sql",
            "quote_literal",
            "sizes",
            "tags_sql",
            "token_sql",
        ],
    ),
    (
        "say what an error is",
        &[
            "contradiction",
            "diagnose",
            "explain_damage",
            "explain_passing",
            "in_tenant",
            "is_lock_failure",
            "is_lost",
            "is_name_taken",
            "is_overtaken",
            "kind",
            "lacks_row",
            "lost",
            "tries_again",
            "try_guards",
        ],
    ),
    (
        "note or tell something",
        &[
            "claiming",
            "end_tenant",
            "note_triggers",
            "remember",
            "reset_when_settled",
            "spare",
            "write_provision",
        ],
    ),
    (
        "go another way, or again",
        &[
            "book",
            "clean_up",
            "halve",
            "into_end",
            "jump",
            "make_way",
            "migrate_shared",
            "send_counting_locks",
            "stop",
            "try_new",
            "until_made",
            "without_baseline",
            "without_claims",
        ],
    ),
];

/// The functions of a crate.
pub(crate) struct Functions {
    /// In each file, in their order: the name, the words in the body, and those of them that are called.
    bodies: BTreeMap<String, Vec<Body>>,
}

struct Body {
    name: String,
    words: BTreeSet<String>,
    calls: BTreeSet<String>,
}

/// Calls of the functions of walks.
#[derive(Default)]
pub(crate) struct Beside {
    /// All of them.
    pub(crate) known: BTreeSet<String>,
    /// Those that are on no walk, of functions of other files.
    pub(crate) elsewhere: BTreeSet<String>,
}

/// A function on a walk.
struct Stop<'w> {
    depth: usize,
    file: &'w str,
    name: &'w str,
}

impl Functions {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut bodies = BTreeMap::new();
        for path in imports::files(folder) {
            let file = path.strip_prefix(folder).unwrap().display().to_string();
            let is_of_tests = |part: &str| part.trim_end_matches(".rs").ends_with("test");
            if file
                .split('/')
                .any(|part| is_of_tests(part) || part.starts_with("tests"))
            {
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let mut found = Vec::new();
            functions(text.parse().unwrap(), &mut found);
            bodies.insert(file, found);
        }
        Self { bodies }
    }

    fn body(&self, file: &str, name: &str) -> Result<&Body, String> {
        let bodies = self.bodies.get(file);
        let bodies = bodies.ok_or_else(|| format!("`{file}` is gone"))?;
        let found = bodies.iter().find(|body| body.name == name);
        found.ok_or_else(|| format!("`{file}` has no function `{name}`"))
    }

    /// The file that alone defines a function of a name.
    fn home(&self, name: &str) -> Option<&str> {
        let mut homes = self.bodies.iter().filter(|(_, bodies)| {
            let mut names = bodies.iter().map(|body| &body.name);
            names.any(|other| other == name)
        });
        let (home, _) = homes.next()?;
        homes.next().is_none().then_some(home)
    }
}

/// How often each file of a walk is entered, with a complaint for whatever is not so any more. Adds what its functions call beside.
pub(crate) fn entries(
    functions: &Functions,
    walk: &str,
    beside: &mut Beside,
) -> Result<BTreeMap<String, usize>, String> {
    let mut entries = BTreeMap::new();
    let mut callers: Vec<Stop<'_>> = Vec::new();
    let stops: BTreeSet<&str> = walk
        .lines()
        .filter_map(|line| line.split(' ').next_back())
        .collect();
    for line in walk.lines() {
        let text = line.trim_start();
        let (file, name) = text.split_once(' ').ok_or(line)?;
        let depth = (line.len() - text.len()) / 2;
        callers.retain(|caller| caller.depth < depth);
        let body = functions.body(file, name)?;
        if let Some(caller) = callers.last() {
            let calls = &functions.body(caller.file, caller.name)?.words;
            if !calls.contains(name) {
                return Err(format!(
                    "`{}` of `{}` does not call `{name}` any more",
                    caller.name, caller.file
                ));
            }
        }
        for call in &body.calls {
            let home = functions.home(call);
            beside.known.insert(call.clone());
            if !stops.contains(call.as_str()) && home.is_some_and(|home| home != file) {
                beside.elsewhere.insert(call.clone());
            }
        }
        if callers.last().is_none_or(|caller| caller.file != file) {
            *entries.entry(file.to_owned()).or_default() += 1;
        }
        callers.push(Stop { depth, file, name });
    }
    Ok(entries)
}

/// Adds the functions in some tokens, in their order.
fn functions(tokens: TokenStream, found: &mut Vec<Body>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match (&tokens[at], tokens.get(at + 1)) {
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                let end = tokens[at..].iter().position(is_end).unwrap_or(0);
                at += end;
                let mut body = Body {
                    name: name.to_string(),
                    words: BTreeSet::new(),
                    calls: BTreeSet::new(),
                };
                if let Some(TokenTree::Group(group)) = tokens.get(at) {
                    body.read(group.stream());
                }
                found.push(body);
            }
            (TokenTree::Group(group), _) => functions(group.stream(), found),
            _ => {}
        }
        at += 1;
    }
}

/// Whether a function ends here: with its body, or without one.
fn is_end(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        _ => false,
    }
}

impl Body {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) => {
                    let is_call = matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
                        if group.delimiter() == Delimiter::Parenthesis);
                    let word = word.to_string();
                    if is_call {
                        self.calls.insert(word.clone());
                    }
                    self.words.insert(word);
                }
                TokenTree::Group(group) => self.read(group.stream()),
                _ => {}
            }
        }
    }
}

#[test]
fn a_walk_knows_what_its_functions_call_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "a.rs",
        "impl A { fn go(&self) { self.b.on(look()); twice(); /* no(); */ } }",
    );
    write(
        "b.rs",
        "pub fn on(_: u8) { \"no()\"; here() } fn here() {} fn twice() {}",
    );
    write("c.rs", "fn look() -> u8 { 1 } fn twice() {} fn no() {}");
    let functions = Functions::read(folder.path());
    let mut beside = Beside::default();
    let found = entries(&functions, "a.rs go\n  b.rs on\n", &mut beside).unwrap();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("a.rs".to_owned(), 1), ("b.rs".to_owned(), 1)]
    );
    assert_eq!(beside.elsewhere, BTreeSet::from(["look".to_owned()]));
    let gone = entries(&functions, "a.rs go\n  c.rs no\n", &mut beside);
    assert_eq!(
        gone.unwrap_err(),
        "`go` of `a.rs` does not call `no` any more"
    );
}
