//! The indexes that SQL makes, those of constraints too: what is unique by which columns is known of the chain's own text.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_sql::{Statement, Token};

use super::words::{actions, altered, begins, items, table_at};

/// The indexes of a kind of schema, by the names that they have after some statements.
#[derive(Debug, Clone, Default)]
pub(super) struct Indexes(BTreeMap<String, KnownIndex>);

/// An index, as far as rules ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownIndex {
    pub(super) table: String,
    pub(super) is_unique: bool,
    /// Its columns and expressions, in order.
    keys: Vec<String>,
    /// The condition of its rows.
    filter: String,
}

impl KnownIndex {
    /// Whether it finds and refuses what another does: an upsert names all columns, and a query goes by the first.
    fn stands_for(&self, other: &Self) -> bool {
        let sorted = |index: &Self| {
            let mut keys = index.keys.clone();
            keys.sort();
            keys
        };
        self.table == other.table
            && self.filter == other.filter
            && if other.is_unique {
                self.is_unique && sorted(self) == sorted(other)
            } else {
                self.keys.first() == other.keys.first()
            }
    }

    /// Its columns, as text.
    pub(super) fn columns(&self) -> String {
        self.keys.join(", ")
    }
}

impl Indexes {
    /// The index of that name.
    pub(super) fn get(&self, name: &str) -> Option<&KnownIndex> {
        self.0.get(name)
    }

    /// Whether one is there that does for another.
    pub(super) fn has_for(&self, other: &KnownIndex) -> bool {
        self.0.values().any(|index| index.stands_for(other))
    }

    /// The names of all that some statements make, whatever becomes of it.
    pub(super) fn made(statements: &[Statement<'_>]) -> BTreeSet<String> {
        let mut made = BTreeSet::new();
        let mut indexes = Self::default();
        for statement in statements {
            indexes.follow(std::slice::from_ref(statement));
            made.extend(indexes.0.keys().cloned());
        }
        made
    }

    /// Goes on to what is there after some statements.
    pub(super) fn follow(&mut self, statements: &[Statement<'_>]) {
        for statement in statements.iter().flat_map(actions) {
            self.follow_one(&statement);
        }
    }

    fn follow_one(&mut self, statement: &Statement<'_>) {
        let tokens = &statement.tokens[..];
        if let Some((name, index)) = created(tokens) {
            self.0.insert(name, index);
        } else if begins(tokens, &["create", "table"]) {
            self.add_table(&tokens[2..]);
        } else if begins(tokens, &["drop", "index"]) {
            for name in dropped_indexes(tokens) {
                self.0.remove(&name);
            }
        } else if begins(tokens, &["drop", "table"]) {
            let gone: Vec<String> = names(&tokens[2..]).collect();
            self.0.retain(|_, index| !gone.contains(&index.table));
        } else if begins(tokens, &["alter", "index"]) {
            let at = tokens.iter().position(|it| it.is("rename"));
            if let Some((old, [_, _, new, ..])) =
                names(&tokens[2..]).next().zip(at.map(|at| &tokens[at..]))
            {
                self.rename(&old, new);
            }
        } else if let Some((table, words)) = altered(statement) {
            self.alter(&table.1, words);
        }
    }

    fn alter(&mut self, table: &str, words: &[Token<'_>]) {
        if let Some(name) = dropped_constraint(words) {
            self.0.remove(&name);
            return;
        }
        match words {
            [rename, constraint, old, _, new, ..]
                if rename.is("rename") && constraint.is("constraint") =>
            {
                self.rename(&old.name().unwrap_or_default(), new);
            }
            [rename, to, new] if rename.is("rename") && to.is("to") => {
                let new = new.name().unwrap_or_default();
                let all = self.0.values_mut().filter(|index| index.table == table);
                all.for_each(|index| index.table = new.to_string());
            }
            [add, item @ ..] if add.is("add") => {
                let item = match item {
                    [column, item @ ..] if column.is("column") => item,
                    _ => item,
                };
                self.add_item(table, item);
            }
            _ => {}
        }
    }

    fn rename(&mut self, old: &str, new: &Token<'_>) {
        if let Some((index, new)) = self.0.remove(old).zip(new.name()) {
            self.0.insert(new.into_owned(), index);
        }
    }

    fn add_table(&mut self, tokens: &[Token<'_>]) {
        let Some(open) = tokens.iter().position(|it| it.is_sign("(")) else {
            return;
        };
        let Some(table) = names(tokens).next() else {
            return;
        };
        for item in items(within(&tokens[open..])) {
            self.add_item(&table, item);
        }
    }

    /// A column or a constraint of a table.
    fn add_item(&mut self, table: &str, item: &[Token<'_>]) {
        let Some(at) = item
            .iter()
            .position(|it| it.is("unique") || it.is("primary"))
        else {
            return;
        };
        let is_key = item[at].is("primary");
        let named = item[..at]
            .iter()
            .rposition(|it| it.is("constraint"))
            .and_then(|at| item.get(at + 1)?.name());
        let behind = &item[at + 1..];
        if let Some(using) = behind.iter().position(|it| it.is("using")) {
            // The constraint takes the index, and has it be called as itself.
            let index = behind.get(using + 2).and_then(Token::name);
            if let Some((index, named)) = index.zip(named) {
                let made = self.0.remove(&*index);
                self.0.extend(made.map(|made| (named.into_owned(), made)));
            }
            return;
        }
        // Behind the name of a column nothing is listed.
        let is_of_table = at == 0 || item[0].is("constraint");
        let open = behind.iter().position(|it| it.is_sign("("));
        let keys = match open.filter(|_| is_of_table) {
            Some(open) => items(within(&behind[open..])).map(key).collect(),
            None => vec![key(&item[..1])],
        };
        let name = named.map_or_else(
            || {
                if is_key {
                    format!("{table}_pkey")
                } else {
                    format!("{table}_{}_key", keys.join("_"))
                }
            },
            Into::into,
        );
        let index = KnownIndex {
            table: table.to_owned(),
            is_unique: true,
            keys,
            filter: String::new(),
        };
        self.0.insert(name, index);
    }
}

/// The constraint that a table's alteration drops.
pub(super) fn dropped_constraint(words: &[Token<'_>]) -> Option<String> {
    let name = match words {
        [drop, constraint, name, ..]
            if drop.is("drop") && constraint.is("constraint") && !name.is("if") =>
        {
            name
        }
        [drop, constraint, _, _, name, ..] if drop.is("drop") && constraint.is("constraint") => {
            name
        }
        _ => return None,
    };
    name.name().map(Into::into)
}

/// The indexes that a statement drops.
pub(super) fn dropped_indexes(tokens: &[Token<'_>]) -> Vec<String> {
    if begins(tokens, &["drop", "index"]) {
        names(&tokens[2..]).collect()
    } else {
        Vec::new()
    }
}

/// The names behind a schema's, as in a list of what is dropped.
fn names<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = String> + 't {
    let before_body = tokens.iter().position(|it| it.is_sign("("));
    let tokens = &tokens[..before_body.unwrap_or(tokens.len())];
    let triples = tokens.windows(3).filter(|it| it[1].is_sign("."));
    triples.filter_map(|it| it[2].name().map(Into::into))
}

/// The index that a statement makes, with its name.
fn created(tokens: &[Token<'_>]) -> Option<(String, KnownIndex)> {
    let is_unique = begins(tokens, &["create", "unique", "index"]);
    if !is_unique && !begins(tokens, &["create", "index"]) {
        return None;
    }
    let on = tokens.iter().position(|it| it.is("on"))?;
    let table = tokens[on + 1..].iter().position(|it| !it.is("only"))?;
    let table = table_at(&tokens[on + 1 + table..])?.1.into_owned();
    let open = on + tokens[on..].iter().position(|it| it.is_sign("("))?;
    let keys: Vec<String> = items(within(&tokens[open..])).map(key).collect();
    let filter = tokens.iter().position(|it| it.is("where"));
    let filter = filter.map_or_else(String::new, |at| key(&tokens[at + 1..]));
    let name = tokens[on - 1].name()?;
    let name = if tokens[on - 1].is_any(&["index", "concurrently"]) {
        format!("{table}_{}_idx", keys.join("_"))
    } else {
        name.into_owned()
    };
    let index = KnownIndex {
        table,
        is_unique,
        keys,
        filter,
    };
    Some((name, index))
}

/// Returns what stands in the parentheses that the tokens begin with.
fn within<'s, 'a>(tokens: &'s [Token<'a>]) -> &'s [Token<'a>] {
    let mut depth = 0;
    let end = tokens.iter().position(|it| {
        depth += i32::from(it.is_sign("(")) - i32::from(it.is_sign(")"));
        depth == 0
    });
    &tokens[1.min(tokens.len())..end.unwrap_or(tokens.len())]
}

/// A column or an expression as text that is equal for what is equal; in which order it is, does not count.
fn key(tokens: &[Token<'_>]) -> String {
    let order = tokens
        .iter()
        .position(|it| it.is_any(&["asc", "desc", "nulls"]));
    let mut tokens = &tokens[..order.unwrap_or(tokens.len())];
    while tokens.first().is_some_and(|it| it.is_sign("("))
        && within(tokens).len() + 2 == tokens.len()
    {
        tokens = within(tokens);
    }
    let words = tokens
        .iter()
        .map(|it| it.name().unwrap_or_else(|| it.text.into()));
    words.collect::<Vec<_>>().join(" ")
}
