//! Tables whose model is placed otherwise: rows that go to the other schema, and the table that is kept until that is
//! confirmed.
//!
//! The SQL of a move stands in the migration, so that it is reviewed, recorded, resumed and taken back like any other. It is
//! a part of a tenant's transaction: either a tenant's rows are moved, compared and its table is kept, or nothing is done to it.

mod awaiting;
mod collect;
mod deal;
mod keep;
mod kept;
mod sql;

pub(super) use self::awaiting::Awaiting;
pub(super) use self::keep::Keeping;
pub(super) use self::kept::KeptTable;
pub(crate) use self::sql::MOVING;
pub(super) use self::sql::{REFUSED, block, refuse_rows};
use super::family::{At, Family, Verb};
use super::state::{Misfit, table_mut};
use super::{Change, Phase};
use crate::structure::{Move, MoveKind, Namespace};

pub(super) struct Moving<'a> {
    pub(super) verb: Verb,
    pub(super) rows: &'a Move,
}

impl Family for Moving<'_> {
    fn words(&self, table: &str) -> String {
        let way = match self.rows.how {
            MoveKind::Collect => "to the shared table of the same name",
            MoveKind::Deal => "from the shared table of the same name, by whose they are",
            MoveKind::Copy => "from the shared table of the same name, all of them",
        };
        let verb = self.verb.of("move", "move back");
        match self.rows.how {
            MoveKind::Collect => format!("{verb} the rows of {table} {way}"),
            _ => format!("{verb} rows to {table} {way}"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::DropTables
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match (self.rows.how, self.verb) {
            (MoveKind::Collect, Verb::Add) => collect::up(self.rows, at),
            (MoveKind::Collect, Verb::Drop) => collect::down(self.rows, at),
            (_, Verb::Add) => deal::up(self.rows, at),
            (_, Verb::Drop) => deal::down(self.rows, at),
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        table_mut(tables, table).map(drop)
    }

    fn reversed(&self) -> Change {
        let rows = self.rows.clone();
        match self.verb {
            Verb::Add => Change::ReturnRows { rows },
            Verb::Drop => Change::MoveRows { rows },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("move_{table}")
    }

    fn takes_away(&self) -> bool {
        true
    }
}
