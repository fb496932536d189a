//! Columns that are altered.

use tenantry_sql::tokens;

use super::family::{At, Family};
use super::part::{Part as _, drop_constraint};
use super::state::{Misfit, column_mut};
use super::{Change, IDENTITY, Phase};
use crate::name::{quote_identifier, quote_literal};
use crate::structure::conversion::{alter_type, base_type, loss, widens};
use crate::structure::names::temporary_name;
use crate::structure::{Check, Column, Namespace};

/// A change of something that a column has.
pub(super) struct Alteration<'a> {
    pub(super) column: &'a str,
    pub(super) of: Of<'a>,
}

/// The thing that is changed.
pub(super) enum Of<'a> {
    Type {
        from: &'a String,
        to: &'a String,
    },
    /// Whether nulls are allowed, and what is written over them if not.
    Nullable(bool, Option<&'a str>),
    Default {
        from: &'a Option<String>,
        to: &'a Option<String>,
    },
    Identity(bool),
}

impl Alteration<'_> {
    /// Returns the statement that has the numbers go on behind those that rows have, by which their keys would be there twice.
    fn numbered(&self, at: &At) -> Option<String> {
        let Of::Identity(true) = self.of else {
            return None;
        };
        let column = quote_identifier(self.column);
        let (table, name) = (quote_literal(&at.table), quote_literal(self.column));
        Some(format!(
            "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({table}, {name}), pg_catalog.max({column})) \
             FROM {} HAVING pg_catalog.max({column}) > 0",
            at.table
        ))
    }

    /// Returns the statement that writes a value over nulls.
    fn filled(&self, at: &At) -> Vec<String> {
        let Of::Nullable(false, Some(fill)) = self.of else {
            return Vec::new();
        };
        let column = quote_identifier(self.column);
        let update = format!(
            "UPDATE {} SET {column} = {fill} WHERE {column} IS NULL",
            at.table
        );
        // The value of a query may depend on the rows that others are in a batch with.
        let is_of_rows = tokens(fill).any(|token| token.is_any(&["select", "table", "values"]));
        if at.key.is_empty() || is_of_rows {
            return vec![update];
        }
        let key: Vec<String> = at.key.iter().map(|it| quote_identifier(it)).collect();
        vec![format!(
            "-- tenantry: batch {} by ({})\n{update} AND \"{{batch}}\"",
            quote_identifier(&at.name),
            key.join(", ")
        )]
    }
}

impl Family for Alteration<'_> {
    fn words(&self, table: &str) -> String {
        let column = format!("column `{}` of {table}", self.column);
        match self.of {
            Of::Type { from, to } => format!("change {column} from `{from}` to `{to}`"),
            Of::Nullable(true, _) => format!("allow nulls in {column}"),
            Of::Nullable(false, _) => format!("forbid nulls in {column}"),
            Of::Default { to: Some(to), .. } => format!("set the default of {column} to `{to}`"),
            Of::Default { to: None, .. } => format!("drop the default of {column}"),
            Of::Identity(true) => format!("make {column} an identity column"),
            Of::Identity(false) => format!("stop making {column} an identity column"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::AlterColumns
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let action = match self.of {
            Of::Type { from, to } => alter_type(self.column, from, to),
            Of::Nullable(true, _) => "DROP NOT NULL".to_owned(),
            Of::Nullable(false, _) => "SET NOT NULL".to_owned(),
            Of::Default { to: Some(to), .. } => format!("SET DEFAULT {to}"),
            Of::Default { to: None, .. } => "DROP DEFAULT".to_owned(),
            Of::Identity(true) => format!("ADD {IDENTITY}"),
            Of::Identity(false) => "DROP IDENTITY".to_owned(),
        };
        let column = quote_identifier(self.column);
        let altered = at.alter(&format!("ALTER COLUMN {column} {action}"));
        let numbered = self.numbered(at);
        let filled = self.filled(at).into_iter();
        filled.chain(altered).chain(numbered).collect()
    }

    /// A check that holds is proof enough for `SET NOT NULL`, which looks at no row then. Rows are filled before the check is there, since
    /// with it nobody could change a row that has null yet.
    fn sql_in_use(&self, at: &At) -> Vec<String> {
        let Of::Nullable(false, _) = self.of else {
            return self.sql(at);
        };
        let name = temporary_name(&[&at.name, self.column], "present");
        let condition = format!("{} IS NOT NULL", quote_identifier(self.column));
        let proof = Check::new(condition);
        let mut proved = proof.added_in_use(at, &name);
        // A null that somebody has written before the check was there would have it fail for ever.
        proved.splice(1..1, self.filled(at));
        [
            self.filled(at),
            proved,
            at.alter(&format!(
                "ALTER COLUMN {} SET NOT NULL",
                quote_identifier(self.column)
            )),
            vec![drop_constraint(at, &name)],
        ]
        .concat()
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let column = column_mut(tables, table, self.column)?;
        match self.of {
            Of::Type { to, .. } => column.sql_type.clone_from(to),
            Of::Nullable(nullable, _) => column.nullable = nullable,
            Of::Default { to, .. } => column.default.clone_from(to),
            Of::Identity(identity) => column.identity = identity,
        }
        Ok(())
    }

    fn reversed(&self) -> Change {
        let column = self.column.to_owned();
        match self.of {
            Of::Type { from, to } => Change::AlterType {
                column,
                from: to.clone(),
                to: from.clone(),
            },
            Of::Nullable(nullable, fill) => Change::AlterNullable {
                column,
                nullable: !nullable,
                fill: fill.map(str::to_owned),
            },
            Of::Default { from, to } => Change::AlterDefault {
                column,
                from: to.clone(),
                to: from.clone(),
            },
            Of::Identity(identity) => Change::AlterIdentity {
                column,
                identity: !identity,
            },
        }
    }

    fn takes_away(&self) -> bool {
        match self.of {
            Of::Type { from, to } => !widens(from, to),
            Of::Nullable(nullable, _) => !nullable,
            Of::Identity(identity) => !identity,
            Of::Default { .. } => false,
        }
    }

    fn loses_data(&self) -> bool {
        matches!(self.of, Of::Type { from, to } if loss(from, to).is_some())
    }

    fn note(&self) -> Option<&'static str> {
        match self.of {
            Of::Type { from, to } => loss(from, to).or_else(|| {
                (!widens(from, to)).then_some(
                    "fails for values that can't be converted, and may rewrite the table under a lock",
                )
            }),
            Of::Nullable(false, None) => {
                Some("fails while rows have null here; fill them before, or give `--fill`")
            }
            Of::Nullable(false, Some(_)) => {
                Some("rows that have null here get the value, also where null meant something")
            }
            Of::Nullable(true, _) | Of::Default { .. } | Of::Identity(_) => None,
        }
    }
}

/// The changes to a column that is not computed, or stays so, in an order that works forwards and backwards: an identity column has no default and no
/// nulls, and a default has its column's type.
pub(in crate::structure) fn alterations(from: &Column, to: &Column) -> Vec<Change> {
    let column = || to.name.clone();
    let identity = |identity| Change::AlterIdentity {
        column: column(),
        identity,
    };
    let set_default = |from: &Option<String>, to: &Option<String>| Change::AlterDefault {
        column: column(),
        from: from.clone(),
        to: to.clone(),
    };
    let mut changes = Vec::new();
    if from.identity && !to.identity {
        changes.push(identity(false));
    }
    let mut default = &from.default;
    if default.is_some()
        && (to.default.is_none() || base_type(&from.sql_type) != base_type(&to.sql_type))
    {
        changes.push(set_default(default, &None));
        default = &None;
    }
    if from.sql_type != to.sql_type {
        changes.push(Change::AlterType {
            column: column(),
            from: from.sql_type.clone(),
            to: to.sql_type.clone(),
        });
    }
    if from.nullable != to.nullable {
        changes.push(Change::AlterNullable {
            column: column(),
            nullable: to.nullable,
            // A new default is what nulls would have been.
            fill: (!to.nullable).then(|| to.default.clone()).flatten(),
        });
    }
    if to.identity && !from.identity {
        changes.push(identity(true));
    }
    if *default != to.default {
        changes.push(set_default(default, &to.default));
    }
    if from.comment != to.comment {
        changes.push(Change::SetComment {
            column: Some(column()),
            from: from.comment.clone(),
            to: to.comment.clone(),
        });
    }
    changes
}
