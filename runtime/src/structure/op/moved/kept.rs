//! The end of a table that was kept.

use super::keep::{freeze, noting};
use super::sql::{TRIGGER, block, kept_name, refuse};
use crate::model::PlacementKind;
use crate::name::quote_literal;
use crate::structure::op::family::{At, Family, Verb};
use crate::structure::op::state::{Misfit, add, drop_from};
use crate::structure::op::table::TableChange;
use crate::structure::op::{Change, Phase};
use crate::structure::slots::qualified;
use crate::structure::{Namespace, Table};

pub(in crate::structure::op) struct KeptTable<'a> {
    pub(in crate::structure::op) verb: Verb,
    pub(in crate::structure::op) definition: &'a Table,
    /// The position of the migration that moved the rows.
    pub(in crate::structure::op) since: i32,
    /// The column that tells whose a row is, of a table whose rows were dealt out.
    pub(in crate::structure::op) whose: Option<&'a str>,
}

impl KeptTable<'_> {
    fn table(&self) -> TableChange<'_> {
        TableChange {
            verb: self.verb,
            definition: self.definition,
        }
    }
}

impl Family for KeptTable<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("create {table} again, as it was kept, without rows"),
            Verb::Drop => format!("drop {table}, whose rows were moved"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::DropTables
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let function = qualified(at.placement, &kept_name(&at.name));
        let mut statements = Vec::new();
        match self.verb {
            Verb::Add => {
                statements.extend(self.table().sql(at));
                statements.extend(freeze(at, &function));
                if self.whose.is_some() {
                    statements.push(noting(&function));
                }
            }
            Verb::Drop => {
                statements.push(self.refuse_early(at));
                statements.extend(self.table().sql(at));
                statements.push(format!("DROP FUNCTION {function}()"));
                if at.placement == PlacementKind::Shared {
                    statements.push(format!("DROP TABLE IF EXISTS {function}"));
                }
            }
        }
        statements
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        match self.verb {
            Verb::Add => {
                let mut kept = self.definition.clone();
                kept.kept = true;
                add(tables, "table", table, &kept)
            }
            Verb::Drop => match tables.get(table) {
                Some(kept) if !kept.kept => {
                    Err(format!("the table `{table}` is not kept from a move"))
                }
                _ => drop_from(tables, "table", table),
            },
        }
    }

    fn reversed(&self) -> Change {
        let (definition, since) = (self.definition.clone(), self.since);
        let whose = self.whose.map(str::to_owned);
        match self.verb {
            Verb::Add => Change::DropKept {
                definition,
                since,
                whose,
            },
            Verb::Drop => Change::RestoreKept {
                definition,
                since,
                whose,
            },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("drop_moved_{table}")
    }

    fn takes_away(&self) -> bool {
        true
    }

    fn note(&self) -> Option<&'static str> {
        let note = "a rollback of the move brings the rows back as they are in the other schema";
        self.verb.of(None, Some(note))
    }
}

impl KeptTable<'_> {
    /// Refuses to drop what may not have been moved: it could have been written to, or some tenant has still to get its rows.
    fn refuse_early(&self, at: &At) -> String {
        let name = at.name.as_str();
        let mut text = vec![format!(
            "    IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgname = '{TRIGGER}' AND tgenabled IN ('O', 'A') \
             AND tgrelid = pg_catalog.to_regclass({})) THEN\n        {}\n    END IF;\n",
            quote_literal(&at.table),
            refuse(
                name,
                &format!(
                    "`{name}` may have been written to since its rows were moved: its trigger `{TRIGGER}` is gone or disabled"
                ),
                false,
                "roll back the move and make it again, or enable the trigger if nothing was written"
            )
        )];
        if at.placement == PlacementKind::Shared {
            text.push(format!(
                "    SELECT pg_catalog.string_agg(k.key, ', ' ORDER BY k.key) INTO moving.found FROM (\
                 SELECT key FROM tenantry.tenant WHERE version < {} LIMIT 20) AS k;\n    \
                 IF moving.found IS NOT NULL THEN\n        {}\n    END IF;\n",
                self.since,
                refuse(
                    name,
                    &format!("tenants have still to get their rows of `{name}`: "),
                    true,
                    "migrate them, or drop them for good, and migrate again"
                )
            ));
        }
        block(&text.concat())
    }
}
