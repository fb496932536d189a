//! Whether the batches of a statement are of the rows that it is about, and come to an end.

use tenantry_sql::{Statement, Token};

use super::{BatchFault, BatchedRows, fault, is_mark};

/// A statement that is done in batches, with the depth of parentheses of each of its tokens.
struct Aim<'a, 't> {
    tokens: &'a [Token<'t>],
    depths: Vec<usize>,
    rows: &'a BatchedRows,
    /// The slot of the schema, as it is written.
    slot: &'a str,
}

/// Refuses a condition that is of another table, and a statement that changes the key or adds rows to its own table.
pub(super) fn check(
    statement: &Statement<'_>,
    rows: &BatchedRows,
    slot: &str,
) -> Result<(), BatchFault> {
    let tokens = &statement.tokens;
    let mut depth = 0_usize;
    let depths = tokens.iter().map(|token| {
        if token.is_sign(")") {
            depth = depth.saturating_sub(1);
        }
        let of = depth;
        if token.is_sign("(") {
            depth += 1;
        }
        of
    });
    let aim = Aim {
        depths: depths.collect(),
        tokens,
        rows,
        slot,
    };
    aim.condition()?;
    for at in 0..tokens.len() {
        aim.added(at)?;
        aim.set(at)?;
    }
    Ok(())
}

impl Aim<'_, '_> {
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(word))
    }

    /// The table of the slot's schema that is named at a place, and the place after it.
    fn table(&self, mut at: usize) -> Option<(String, usize)> {
        if self.is(at, "only") {
            at += 1;
        }
        match self.tokens.get(at..)? {
            [slot, dot, name, ..] if slot.text == self.slot && dot.is_sign(".") => {
                Some((name.name()?.into_owned(), at + 3))
            }
            _ => None,
        }
    }

    /// The table that is written to by a statement whose first word is at a place.
    fn target(&self, verb: usize) -> Option<String> {
        let words = if self.is(verb, "update") { 1 } else { 2 };
        self.table(verb + words).map(|(table, _)| table)
    }

    fn is_own(&self, verb: usize) -> bool {
        self.target(verb).is_some_and(|it| it == self.rows.table)
    }

    /// The last of some words before a place, in the same parentheses or in those around them.
    fn verb_before(&self, place: usize, verbs: &[&str]) -> Option<usize> {
        let mut depth = self.depths[place];
        for at in (0..place).rev() {
            depth = depth.min(self.depths[at]);
            if self.depths[at] == depth && self.tokens[at].is_any(verbs) {
                return Some(at);
            }
        }
        None
    }

    fn condition(&self) -> Result<(), BatchFault> {
        let Some(mark) = self.tokens.iter().position(is_mark) else {
            return Ok(());
        };
        let table = &self.rows.table;
        let start = self.tokens[mark].start;
        let is_qualified = mark >= 2 && self.tokens[mark - 1].is_sign(".");
        if !is_qualified {
            let verbs = ["update", "delete", "select", "insert", "merge"];
            let verb = self.verb_before(mark, &verbs);
            let writes = |verb: &usize| self.tokens[*verb].is_any(&["update", "delete"]);
            return match verb.filter(writes) {
                Some(verb) if !self.is_own(verb) => fault(
                    start,
                    format!(
                        "the batches are of `{table}`, and the condition is on the rows of another table, which is written to\n\
                         help: write the condition with the alias of `{table}`, as in `i.\"{{batch}}\"`, or name the table that is \
                         written to in the comment"
                    ),
                ),
                _ => Ok(()),
            };
        }
        let Some(of) = self.tokens[mark - 2].name() else {
            return Ok(());
        };
        let named: Vec<String> = (0..mark.saturating_sub(3))
            .chain(mark..self.tokens.len())
            .filter_map(|at| self.table(at))
            .filter(|(named, after)| self.alias(*after).unwrap_or_else(|| named.clone()) == of)
            .map(|(named, _)| named)
            .collect();
        let is_schema = mark >= 4 && self.tokens[mark - 4].text == self.slot;
        let is_other = if is_schema {
            of != table.as_str()
        } else {
            !named.is_empty() && !named.contains(table)
        };
        if is_other {
            return fault(
                start,
                format!(
                    "the batches are of `{table}`, and `{of}` is another table\n\
                     help: write the condition with the alias of `{table}`, or name the other table in the comment"
                ),
            );
        }
        Ok(())
    }

    /// The alias of a table whose name ends before a place.
    fn alias(&self, mut at: usize) -> Option<String> {
        const ENDS: [&str; 28] = [
            "set",
            "where",
            "using",
            "from",
            "on",
            "join",
            "left",
            "right",
            "inner",
            "full",
            "cross",
            "natural",
            "group",
            "order",
            "limit",
            "returning",
            "values",
            "select",
            "when",
            "union",
            "for",
            "default",
            "overriding",
            "tablesample",
            "having",
            "fetch",
            "offset",
            "except",
        ];
        if self.tokens.get(at)?.is_sign("*") {
            at += 1;
        }
        if self.is(at, "as") {
            at += 1;
        }
        let token = self.tokens.get(at).filter(|it| !it.is_any(&ENDS))?;
        token.name().map(std::borrow::Cow::into_owned)
    }

    /// Refuses rows that are added to the table whose rows are looked for.
    fn added(&self, at: usize) -> Result<(), BatchFault> {
        let is_into = self.is(at + 1, "into");
        let adds = self.is(at, "insert")
            || self.is(at, "merge") && self.tokens[at..].iter().any(|it| it.is("insert"));
        if !is_into || !adds || !self.is_own(at) {
            return Ok(());
        }
        fault(
            self.tokens[at].start,
            format!(
                "it adds rows to `{}`, whose rows its batches are, so that there would always be more\n\
                 help: put them into another table first, or do the statement without batches",
                self.rows.table
            ),
        )
    }

    /// Refuses a key that is given another value.
    fn set(&self, at: usize) -> Result<(), BatchFault> {
        if !self.is(at, "set") {
            return Ok(());
        }
        // `ON CONFLICT DO UPDATE SET` and `WHEN MATCHED THEN UPDATE SET` are about the table of what is around them.
        let verbs: &[&str] = if at > 0 && self.is(at - 1, "update") {
            &["insert", "merge"]
        } else {
            &["update"]
        };
        let is_own = self
            .verb_before(at, verbs)
            .is_some_and(|verb| self.is_own(verb));
        if !is_own {
            return Ok(());
        }
        let moved = self.assigned(at).find(|token| {
            token
                .name()
                .is_some_and(|it| self.rows.key.iter().any(|key| *key == it))
        });
        let Some(moved) = moved else { return Ok(()) };
        fault(
            moved.start,
            format!(
                "it changes `{}`, by which its batches come after each other: rows would be met again\n\
                 help: have the batches by a key that it leaves as it is, or do the statement without batches",
                moved.name().unwrap_or_default()
            ),
        )
    }

    /// The columns that are assigned after a `SET`.
    fn assigned(&self, set: usize) -> impl Iterator<Item = &Token<'_>> {
        const ENDS: [&str; 4] = ["from", "where", "returning", "when"];
        let depth = self.depths[set];
        let end = (set + 1..self.tokens.len()).find(|&at| {
            self.depths[at] < depth || self.depths[at] == depth && self.tokens[at].is_any(&ENDS)
        });
        let all = set + 1..end.unwrap_or(self.tokens.len());
        // What stands before a sign `=`, one each after `SET` and after each comma.
        let mut is_target = true;
        all.filter(move |&at| {
            let token = &self.tokens[at];
            if self.depths[at] == depth {
                if token.text.starts_with('=') {
                    is_target = false;
                } else if token.is_sign(",") {
                    is_target = true;
                }
            }
            is_target
        })
        .map(|at| &self.tokens[at])
    }
}
