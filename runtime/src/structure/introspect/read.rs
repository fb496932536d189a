//! Rows of the catalogue become a namespace.

use postgres::Row;
use postgres::types::FromSql;

use super::Normalizer;
use crate::model::PlacementKind;
use crate::name::{SchemaName, TENANT_ROW_KEY};
use crate::structure::{
    Action, Check, Column, Deferral, ForeignKey, Index, IndexPart, Namespace, Nulls, ObjectKind,
    ObjectName, PrimaryKey, StructureError, Table, Target, Unique,
};

type Result<T> = std::result::Result<T, StructureError>;

/// Puts a namespace together.
pub(super) struct Reader<'a> {
    normalizer: &'a Normalizer<'a>,
    schema: &'a SchemaName,
    shared: &'a SchemaName,
    namespace: Namespace,
}

fn get<'a, T: FromSql<'a>>(row: &'a Row, column: &str) -> Result<T> {
    Ok(row.try_get(column)?)
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        normalizer: &'a Normalizer<'a>,
        schema: &'a SchemaName,
        shared: &'a SchemaName,
    ) -> Self {
        Self {
            normalizer,
            schema,
            shared,
            namespace: Namespace::default(),
        }
    }

    pub(super) fn into_namespace(self) -> Namespace {
        self.namespace
    }

    /// Reads a column that has SQL.
    fn sql(&self, row: &Row, column: &str) -> Result<Option<String>> {
        let sql: Option<&str> = get(row, column)?;
        Ok(sql.map(|sql| self.normalizer.expression(sql)))
    }

    /// The table that a row belongs to. Tables come first, but one may have been made since.
    fn table_of(&mut self, row: &Row) -> Result<&mut Table> {
        let name: String = get(row, "table")?;
        Ok(self.namespace.tables.entry(name).or_default())
    }

    /// Adds something that is not a table.
    pub(super) fn object(&mut self, kind: ObjectKind, name: &str, definition: &str) {
        // The types of its arguments are a part of the name of a function or an operator.
        let name = match kind {
            ObjectKind::Function | ObjectKind::Operator => self.normalizer.expression(name),
            _ => name.to_owned(),
        };
        let definition = match kind {
            ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy => self.normalizer.query(definition),
            _ => self.normalizer.expression(definition),
        };
        let name = ObjectName::new(kind, name);
        self.namespace.objects.insert(name, definition);
    }

    /// Adds what is unusual about a part of a table, if something is.
    fn unusual(&mut self, kind: ObjectKind, row: &Row) -> Result<bool> {
        let Some(definition) = get::<Option<&str>>(row, "unusual")? else {
            return Ok(false);
        };
        let table: &str = get(row, "table")?;
        let name: &str = get(row, "name")?;
        self.object(kind, &format!("{table}.{name}"), definition);
        Ok(true)
    }

    pub(super) fn table(&mut self, row: &Row) -> Result<()> {
        self.table_of(row)?.comment = get(row, "comment")?;
        if let Some(definition) = get(row, "unusual")? {
            self.object(ObjectKind::Table, get(row, "table")?, definition);
        }
        Ok(())
    }

    pub(super) fn column(&mut self, row: &Row) -> Result<()> {
        let sql_type = self.sql(row, "type")?.unwrap_or_default();
        let column = Column {
            nullable: get(row, "nullable")?,
            default: self.sql(row, "default")?,
            identity: get(row, "identity")?,
            generated: self.sql(row, "generated")?,
            comment: get(row, "comment")?,
            ..Column::new(get::<String>(row, "name")?, sql_type)
        };
        self.table_of(row)?.columns.push(column);
        self.unusual(ObjectKind::Column, row)?;
        Ok(())
    }

    pub(super) fn constraint(&mut self, row: &Row) -> Result<()> {
        if self.unusual(ObjectKind::Constraint, row)? {
            return Ok(());
        }
        let name: String = get(row, "name")?;
        let columns: Vec<String> = get(row, "columns")?;
        let deferral = deferral(row)?;
        let not_valid = get(row, "not_valid")?;
        match get(row, "kind")? {
            "p" => {
                self.table_of(row)?.primary_key = Some(PrimaryKey {
                    deferral,
                    ..PrimaryKey::new(name, columns)
                });
            }
            "u" => {
                let unique = Unique {
                    deferral,
                    nulls_not_distinct: get(row, "nulls_not_distinct")?,
                    ..Unique::new(columns)
                };
                self.table_of(row)?.uniques.insert(name, unique);
            }
            "c" => {
                let condition = self.sql(row, "condition")?.unwrap_or_default();
                let check = Check {
                    condition,
                    not_valid,
                };
                self.table_of(row)?.checks.insert(name, check);
            }
            "t" => self.table_of(row)?.is_each_tenant = true,
            "f" if name == TENANT_ROW_KEY => self.table_of(row)?.is_tenant = true,
            "f" => {
                let key = ForeignKey {
                    on_delete: action(get(row, "on_delete")?),
                    on_update: action(get(row, "on_update")?),
                    deferral,
                    not_valid,
                    ..ForeignKey::new(columns, self.target(row)?)
                };
                self.table_of(row)?.foreign_keys.insert(name, key);
            }
            _ => {}
        }
        Ok(())
    }

    fn target(&self, row: &Row) -> Result<Target> {
        let is_own = get::<&str>(row, "target_schema")? == self.schema.as_str();
        let placement = if is_own && self.schema != self.shared {
            PlacementKind::Tenant
        } else {
            PlacementKind::Shared
        };
        let columns: Vec<String> = get(row, "target_columns")?;
        Ok(Target::new(
            placement,
            get::<String>(row, "target_table")?,
            columns,
        ))
    }

    pub(super) fn index(&mut self, row: &Row) -> Result<()> {
        let kind = if get(row, "is_constraint")? {
            ObjectKind::Constraint
        } else {
            ObjectKind::Index
        };
        if self.unusual(kind, row)? {
            return Ok(());
        }
        let operators: Vec<&str> = get(row, "operators")?;
        let operators = operators.iter().map(|it| self.normalizer.expression(it));
        let index = Index {
            unique: get(row, "unique")?,
            nulls_not_distinct: get(row, "nulls_not_distinct")?,
            method: get(row, "method")?,
            include: get(row, "include")?,
            filter: self.sql(row, "filter")?,
            operators: operators.collect(),
            ..Index::new(self.parts(row)?)
        };
        let name = get(row, "name")?;
        self.table_of(row)?.indexes.insert(name, index);
        Ok(())
    }

    fn parts(&self, row: &Row) -> Result<Vec<IndexPart>> {
        let columns: Vec<Option<&str>> = get(row, "columns")?;
        let expressions: Vec<Option<&str>> = get(row, "expressions")?;
        let opclasses: Vec<Option<&str>> = get(row, "opclasses")?;
        let descending: Vec<bool> = get(row, "descending")?;
        let nulls_first: Vec<bool> = get(row, "nulls_first")?;
        let part = |at: usize| {
            let part = match columns[at] {
                Some(column) => IndexPart::column(column),
                None => IndexPart::expression(
                    self.normalizer
                        .expression(expressions[at].unwrap_or_default()),
                ),
            };
            IndexPart {
                opclass: opclasses[at].map(|name| self.normalizer.expression(name)),
                descending: descending[at],
                nulls: nulls(descending[at], nulls_first[at]),
                ..part
            }
        };
        Ok((0..columns.len()).map(part).collect())
    }
}

/// Where nulls come, if not where they usually do.
fn nulls(descending: bool, first: bool) -> Option<Nulls> {
    match (descending, first) {
        (false, true) => Some(Nulls::First),
        (true, false) => Some(Nulls::Last),
        _ => None,
    }
}

fn deferral(row: &Row) -> Result<Deferral> {
    Ok(match (get(row, "deferrable")?, get(row, "deferred")?) {
        (false, _) => Deferral::Never,
        (true, false) => Deferral::Deferrable,
        (true, true) => Deferral::InitiallyDeferred,
    })
}

/// The letters are those of `pg_constraint.confdeltype`.
fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
