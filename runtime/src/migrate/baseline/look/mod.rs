//! A look at what a statement of a migration did: whether it may do something else another time, or for another tenant.

mod chance;
mod changing;
mod counts;
mod evaluated;
mod forms;
mod naming;
mod time;

use postgres::Transaction;
use postgres::types::Type;
use tenantry_sql::{Statement, Token};

pub(super) use self::changing::ChangingFunctions;
use self::counts::Counts;
use self::evaluated::Evaluated;
pub(super) use self::evaluated::RelationChange;
pub(super) use self::time::{keeps_time, may_keep_time};
use super::watch::TransactionWatch;
use crate::bookkeeping::effects::evaluates_builtins;
use crate::error::Result;
use crate::name::SchemaName;

/// Whether changes of rows evaluate anything of the schema that can read rows of others unseen.
const CAN_READ: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n \
     JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass \
         AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     WHERE n.nspname = $1 AND d.objid = ANY ($2) AND ( \
         EXISTS (SELECT FROM pg_catalog.pg_trigger AS t JOIN ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS c (relation, events) \
             ON c.relation = t.tgrelid WHERE t.tgrelid = d.objid AND NOT t.tgisinternal AND t.tgtype & c.events <> 0) \
         OR EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = d.objid) \
         OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid \
             LEFT JOIN pg_catalog.pg_type AS z ON z.oid = y.typbasetype WHERE a.attrelid = d.objid AND a.attnum > 0 AND y.typtype = 'd' AND ( \
             z.typtype = 'd' OR EXISTS (SELECT FROM pg_catalog.pg_depend AS f WHERE f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, \
             'pg_catalog.pg_operator'::pg_catalog.regclass) AND (f.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND f.objid = y.oid \
             OR f.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND f.objid IN ( \
             SELECT k.oid FROM pg_catalog.pg_constraint AS k WHERE k.contypid = y.oid))))) \
         OR EXISTS (SELECT FROM ( \
             SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass AS class, e.oid FROM pg_catalog.pg_attrdef AS e WHERE e.adrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_policy AS p WHERE p.polrelid = d.objid \
             UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid FROM pg_catalog.pg_index AS i WHERE i.indrelid = d.objid \
             ) AS o JOIN pg_catalog.pg_depend AS f ON f.classid = o.class AND f.objid = o.oid \
             AND f.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass))))";

const READS: &str = "reads rows of other schemas";
const TAKES: &str = "takes a number from a sequence of another schema";

/// Why what SQL does may be something else.
#[derive(Default)]
pub(super) struct Doubts {
    /// Another time.
    pub(super) another_time: Option<String>,
    /// For a tenant whose schema has another name.
    pub(super) another_name: Option<String>,
    /// Columns, by the numbers of their tables and their own, that are known to have other values another time, which two replays tell for
    /// as long as these are there.
    pub(super) unlike: Vec<(u32, i16)>,
    /// All changes of rows.
    pub(super) changes: Vec<RelationChange>,
}

/// A look at what the statements of a migration do.
pub(super) struct Look<'l> {
    schema: &'l SchemaName,
    watch: &'l TransactionWatch<'l>,
    changing: &'l ChangingFunctions,
    /// Everything that is evaluated unseen, and the count of changes of the catalogue when that was read.
    evaluated: Option<(i64, Evaluated<'l>)>,
}

impl<'l> Look<'l> {
    pub(super) fn new(
        schema: &'l SchemaName,
        watch: &'l TransactionWatch<'l>,
        changing: &'l ChangingFunctions,
    ) -> Self {
        Self {
            schema,
            watch,
            changing,
            evaluated: None,
        }
    }

    pub(super) fn counts(&self, tx: &mut Transaction<'_>) -> Result<Counts> {
        Counts::read(tx, self.schema, self.watch)
    }

    /// The doubts about a statement, which altered a table or else changed rows and more, from the counts before it and now.
    pub(super) fn at(
        &mut self,
        tx: &mut Transaction<'_>,
        (before, now): (&Counts, Counts),
        (statement, altered): (&Statement<'_>, Option<&str>),
    ) -> Result<Doubts> {
        let catalogue = now.catalogue;
        let seen = now.since(before);
        let another_time = match altered {
            Some(table) => self.at_altered(tx, (&seen, catalogue), statement, table)?,
            None => self.at_changed(tx, (&seen, catalogue), statement)?,
        };
        let evaluated = self.evaluated(tx, catalogue)?;
        let has_read = another_time.as_deref() == Some(READS);
        Ok(Doubts {
            another_time,
            another_name: evaluated.naming(Some(statement), &seen.rows, has_read),
            unlike: evaluated.unlike(Some(statement), &seen.rows),
            changes: seen.rows,
        })
    }

    /// The doubts about what deferred triggers have changed.
    pub(super) fn at_end(
        &mut self,
        tx: &mut Transaction<'_>,
        (before, now): (&Counts, Counts),
    ) -> Result<Doubts> {
        let catalogue = now.catalogue;
        let seen = now.since(before);
        if seen.rows.is_empty() {
            return Ok(Doubts::default());
        }
        let evaluated = self.evaluated(tx, catalogue)?;
        let has_read = seen.sequences + seen.reads > 0;
        let read = has_read.then(|| READS.to_owned());
        Ok(Doubts {
            another_time: read.or_else(|| evaluated.unseen(&seen.rows)),
            another_name: evaluated.naming(None, &seen.rows, has_read),
            unlike: evaluated.unlike(None, &seen.rows),
            changes: seen.rows,
        })
    }

    /// Everything that is evaluated unseen, as it is after so many changes of the catalogue.
    fn evaluated(&mut self, tx: &mut Transaction<'_>, catalogue: i64) -> Result<&Evaluated<'l>> {
        let known = self.evaluated.take();
        let evaluated = match known.filter(|(at, _)| *at == catalogue) {
            Some((_, evaluated)) => evaluated,
            None => Evaluated::read(tx, (self.schema, &self.watch.schemas), self.changing)?,
        };
        Ok(&self.evaluated.insert((catalogue, evaluated)).1)
    }

    /// The reason why the rows of a table that a statement has altered may be others another time.
    fn at_altered(
        &mut self,
        tx: &mut Transaction<'_>,
        (seen, catalogue): (&Counts, i64),
        statement: &Statement<'_>,
        table: &str,
    ) -> Result<Option<String>> {
        let Some(table) = self.filled(tx, table)? else {
            return Ok(None);
        };
        if seen.sequences > 0 {
            return Ok(Some(TAKES.to_owned()));
        }
        if seen.reads > 0
            && !self.reads_keys_only(tx, statement, &[RelationChange::of_all(table)])?
        {
            return Ok(Some(READS.to_owned()));
        }
        let named = self.evaluated(tx, catalogue)?.named(statement, true);
        Ok(named.map(str::to_owned))
    }

    /// The reason why what a statement has changed may be different another time.
    fn at_changed(
        &mut self,
        tx: &mut Transaction<'_>,
        (seen, catalogue): (&Counts, i64),
        statement: &Statement<'_>,
    ) -> Result<Option<String>> {
        // What is kept for a later statement is as if it changed rows.
        let is_kept = statement.begins(&["prepare"]) || statement.begins(&["declare"]);
        let is_program = ["do", "select", "call", "with"]
            .iter()
            .any(|word| statement.begins(&[word]));
        if seen.sequences > 0 {
            return Ok(Some(TAKES.to_owned()));
        }
        // That it has found no row to change now says nothing of another time.
        let may_change =
            writes(statement) && (seen.reads > 0 || !self.finds_none(tx, statement)?);
        if seen.rows.is_empty() && !is_program && !is_kept && !may_change {
            return Ok(None);
        }
        // A program may have changed nothing because of what it has read.
        let has_changed = is_program || may_change || seen.has_rows() || seen.catalogue > 0;
        if seen.reads > 0 && has_changed && !self.reads_keys_only(tx, statement, &seen.rows)? {
            return Ok(Some(READS.to_owned()));
        }
        if statement.begins(&["copy"]) {
            return Ok(Some("reads what is outside of the database".to_owned()));
        }
        let has_rows = is_kept || may_change || seen.has_rows();
        let evaluated = self.evaluated(tx, catalogue)?;
        let named = evaluated.named(statement, has_rows);
        Ok(named
            .map(str::to_owned)
            .or_else(|| evaluated.unseen(&seen.rows)))
    }

    /// Whether a statement changes no rows whatever its conditions are, since no table has any that it changes, or takes them from.
    fn finds_none(&self, tx: &mut Transaction<'_>, statement: &Statement<'_>) -> Result<bool> {
        let mut tables = own_tables(&statement.tokens);
        if statement.begins(&["insert"]) {
            tables.next();
        } else if !statement.begins(&["with"]) {
            return Ok(match tables.next() {
                Some(target) => self.is_empty(tx, &target)?,
                None => true,
            });
        }
        let mut is_any = false;
        for table in tables {
            is_any = true;
            if !self.is_empty(tx, &table)? {
                return Ok(false);
            }
        }
        Ok(is_any)
    }

    /// Whether nothing but foreign keys can have read other schemas: whatever they find, the rows are as they stand there.
    fn reads_keys_only(
        &self,
        tx: &mut Transaction<'_>,
        statement: &Statement<'_>,
        changes: &[RelationChange],
    ) -> Result<bool> {
        if !evaluates_builtins(&statement.tokens) {
            return Ok(false);
        }
        let relations: Vec<u32> = changes.iter().map(|it| it.relation).collect();
        let events: Vec<i32> = changes.iter().map(RelationChange::events).collect();
        let row = tx.query_typed_one(
            CAN_READ,
            &[
                (&self.schema.as_str(), Type::NAME),
                (&relations, Type::OID_ARRAY),
                (&events, Type::INT4_ARRAY),
            ],
        )?;
        Ok(!row.try_get::<_, bool>(0)?)
    }

    /// Whether something is a table, and has no rows. A view or a function can have some another time.
    fn is_empty(&self, tx: &mut Transaction<'_>, name: &str) -> Result<bool> {
        let row = tx.query_typed_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2::pg_catalog.name AND c.relkind IN ('r', 'p'))",
            &[(&self.schema.as_str(), Type::NAME), (&name, Type::TEXT)],
        )?;
        Ok(row.try_get(0)? && self.filled(tx, name)?.is_none())
    }

    /// The number of a table of the schema, if it has rows, or one that inherits from it has.
    fn filled(&self, tx: &mut Transaction<'_>, table: &str) -> Result<Option<u32>> {
        let row = tx.query_typed_opt(
            "WITH RECURSIVE t AS (SELECT pg_catalog.to_regclass(pg_catalog.format('%I.%I', $1, $2::pg_catalog.name))::oid AS oid, true AS is_first \
             UNION SELECT i.inhrelid, false FROM pg_catalog.pg_inherits AS i JOIN t ON t.oid = i.inhparent) \
             SELECT (SELECT oid FROM t WHERE is_first) WHERE EXISTS (SELECT FROM t WHERE pg_catalog.pg_relation_size(oid) > 0)",
            &[
                (&self.schema.as_str(), Type::TEXT),
                (&table, Type::TEXT),
            ],
        )?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }
}

/// The names in a statement that are qualified with the schema of the tenant.
fn own_tables<'t>(tokens: &'t [Token<'t>]) -> impl Iterator<Item = String> + 't {
    let is_slot = |token: &Token<'_>| token.name().as_deref() == Some("{tenant}");
    let own = tokens
        .windows(3)
        .filter(move |it| is_slot(&it[0]) && it[1].text == ".");
    own.filter_map(|it| it[2].name().map(Into::into))
}

/// Whether a statement inserts, updates or deletes rows, if it finds any.
fn writes(statement: &Statement<'_>) -> bool {
    const VERBS: [&str; 4] = ["insert", "update", "delete", "merge"];
    let mut words = statement.tokens.iter();
    if statement.begins(&["with"]) {
        words.any(|word| word.is_any(&VERBS))
    } else {
        words.next().is_some_and(|word| word.is_any(&VERBS))
    }
}
