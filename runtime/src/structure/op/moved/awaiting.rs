//! A shared table that tenants' rows come to: before it is dropped again, all of them have gone back.

use super::sql::{block, lock, refuse_rows};
use crate::structure::Namespace;
use crate::structure::op::family::{At, Family, Verb};
use crate::structure::op::state::{Misfit, table_mut};
use crate::structure::op::{Change, Phase};

pub(in crate::structure::op) struct Awaiting<'a> {
    pub(in crate::structure::op) verb: Verb,
    pub(in crate::structure::op) key: &'a [String],
}

impl Family for Awaiting<'_> {
    fn words(&self, table: &str) -> String {
        match self.verb {
            Verb::Add => format!("have {table} await the rows of all tenants"),
            Verb::Drop => format!("expect no rows in {table}"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::DropTables
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => Vec::new(),
            Verb::Drop => vec![block(
                &(lock(&at.table)
                    + &refuse_rows(
                        (&at.name, self.key),
                        ("s", &format!("FROM {} AS s", at.table)),
                        &format!(
                            "rows of `{}` went back to no tenant, and would be lost; their keys: ",
                            at.name
                        ),
                        "delete them, or put them into a tenant's table, and roll back again",
                    )),
            )],
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table).map(drop)
    }

    fn reversed(&self) -> Change {
        let key = self.key.to_vec();
        match self.verb {
            Verb::Add => Change::ExpectNoRows { key },
            Verb::Drop => Change::AwaitRows { key },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("move_{table}")
    }
}
