//! A table whose rows are elsewhere, and that nobody writes to any more.

use super::sql::{REFUSED, TRIGGER, block, kept_name, refuse_rows};
use crate::model::PlacementKind;
use crate::name::{quote_identifier, quote_literal};
use crate::structure::Namespace;
use crate::structure::op::family::{At, Family, Verb};
use crate::structure::op::state::{Misfit, table_mut};
use crate::structure::op::{Change, Phase};
use crate::structure::slots::qualified;

pub(in crate::structure::op) struct Keeping<'a> {
    pub(in crate::structure::op) verb: Verb,
    /// The column that tells whose a row is, of a table whose rows are dealt out.
    pub(in crate::structure::op) whose: Option<&'a str>,
    pub(in crate::structure::op) key: &'a [String],
}

impl Family for Keeping<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("keep {table}, which is written to no more"),
            Verb::Drop => format!("have {table} be written to again"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::DropTables
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let function = qualified(at.placement, &kept_name(&at.name));
        let mut statements = match self.verb {
            Verb::Add => freeze(at, &function),
            Verb::Drop => vec![
                format!("DROP TRIGGER {TRIGGER} ON {}", at.table),
                format!("DROP FUNCTION {function}()"),
            ],
        };
        if let Some(whose) = self.whose {
            match self.verb {
                Verb::Add => {
                    statements.push(refuse_nobodys(at, whose, self.key));
                    statements.extend(note_tenants(at, &function, whose));
                }
                Verb::Drop => statements.push(format!("DROP TABLE {function}")),
            }
        }
        statements
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table)?.kept = self.verb.of(true, false);
        Ok(())
    }

    fn reversed(&self) -> Change {
        let (whose, key) = (self.whose.map(str::to_owned), self.key.to_vec());
        match self.verb {
            Verb::Add => Change::ReleaseTable { whose, key },
            Verb::Drop => Change::KeepTable { whose, key },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("move_{table}")
    }

    fn takes_away(&self) -> bool {
        true
    }

    fn note(&self) -> Option<&'static str> {
        let note = "a version of the application that does not know of the move can read the table, and its writes are refused";
        self.verb.of(Some(note), None)
    }
}

/// Refuses writes. They are not carried over: of two tables that both are written to, neither is right.
pub(super) fn freeze(at: &At, function: &str) -> Vec<String> {
    let to = match at.placement {
        PlacementKind::Shared => "each tenant's schema",
        PlacementKind::Tenant => "the shared schema",
    };
    let words = format!("the rows of `{}` were moved to {to}", at.name);
    vec![
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $kept$ BEGIN\n    \
             RAISE EXCEPTION USING ERRCODE = '{REFUSED}', SCHEMA = 'tenantry', TABLE = TG_TABLE_NAME, MESSAGE = {};\n\
             END $kept$",
            quote_literal(&format!(
                "{words}, and this table is only kept\nhelp: run the version of the application whose model is placed there"
            ))
        ),
        format!(
            "CREATE TRIGGER {TRIGGER} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT \
             EXECUTE FUNCTION {function}()",
            at.table
        ),
    ]
}

/// Refuses rows that would come to no tenant.
fn refuse_nobodys(at: &At, whose: &str, key: &[String]) -> String {
    let whose = quote_identifier(whose);
    let name = at.name.as_str();
    block(&refuse_rows(
        (name, key),
        (
            "s",
            &format!(
                "FROM {} AS s WHERE NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.key = s.{whose} AND t.state <> 'standby')",
                qualified(at.placement, name)
            ),
        ),
        &format!("rows of `{name}` belong to no tenant by their {whose}; their keys: "),
        "delete them, or give them the key of a tenant, and migrate again",
    ))
}

/// Notes which tenant a key is that of: it may have another by the time that it gets its rows.
fn note_tenants(at: &At, noted: &str, whose: &str) -> [String; 2] {
    let whose = quote_identifier(whose);
    [
        noting(noted),
        format!(
            "INSERT INTO {noted} (owner, tenant) SELECT DISTINCT s.{whose}, t.id FROM {} AS s JOIN tenantry.tenant AS t ON t.key = s.{whose}",
            at.table
        ),
    ]
}

/// Makes the table that tells whose rows of a kept table are.
pub(super) fn noting(noted: &str) -> String {
    format!("CREATE TABLE {noted} (owner text PRIMARY KEY, tenant bigint NOT NULL)")
}
