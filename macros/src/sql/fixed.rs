//! The statements of a model whose shape never changes.

use sea_query::{Alias, Condition, Expr, ExprTrait, PostgresQueryBuilder, Query, SelectStatement};

use super::cut::{Pieces, cut, in_slot};

/// Facts of a model that the statements need.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// The columns of the key.
    pub(crate) key: Vec<String>,
    /// The columns that an insert gives.
    pub(crate) given: Vec<String>,
}

/// Stands for a value: what is built is the text with its numbered parameters.
const ANY: i64 = 0;

fn name(text: &str) -> Alias {
    Alias::new(text)
}

impl Table {
    fn by_key(&self) -> Condition {
        let columns = self.key.iter().map(|key| Expr::col(name(key)).eq(ANY));
        columns.fold(Condition::all(), Condition::add)
    }

    /// Selects all columns of the row with key `$1`.
    pub(crate) fn find(&self) -> Pieces {
        let mut select = Query::select();
        select
            .columns(self.columns.iter().map(|column| name(column)))
            .from(in_slot(&self.name))
            .cond_where(self.by_key());
        cut(&select.build(PostgresQueryBuilder).0)
    }

    /// Tells whether there is a row with key `$1`.
    pub(crate) fn exists(&self) -> Pieces {
        let mut rows = SelectStatement::new();
        rows.expr(Expr::cust("1"))
            .from(in_slot(&self.name))
            .cond_where(self.by_key());
        let mut select = Query::select();
        select.expr(Expr::exists(rows));
        cut(&select.build(PostgresQueryBuilder).0)
    }

    /// Inserts a row of the given columns and returns all columns.
    pub(crate) fn insert(&self) -> Pieces {
        let mut insert = Query::insert();
        insert.into_table(in_slot(&self.name));
        if self.given.is_empty() {
            insert.or_default_values();
        } else {
            insert
                .columns(self.given.iter().map(|column| name(column)))
                .values_panic(self.given.iter().map(|_| Expr::value(ANY)));
        }
        insert
            .returning(Query::returning().columns(self.columns.iter().map(|column| name(column))));
        cut(&insert.build(PostgresQueryBuilder).0)
    }

    /// Deletes the row with key `$1`.
    pub(crate) fn delete(&self) -> Pieces {
        let mut delete = Query::delete();
        delete
            .from_table(in_slot(&self.name))
            .cond_where(self.by_key());
        cut(&delete.build(PostgresQueryBuilder).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            name: "plans".to_owned(),
            columns: vec!["id".to_owned(), "code".to_owned()],
            key: vec!["id".to_owned()],
            given: vec!["code".to_owned()],
        }
    }

    fn whole(pieces: &Pieces) -> String {
        format!("{}\"acme\"{}", pieces.before, pieces.after)
    }

    #[test]
    fn the_pieces_make_statements_in_any_schema() {
        assert_eq!(
            whole(&table().find()),
            r#"SELECT "id", "code" FROM "acme"."plans" WHERE "id" = $1"#
        );
        assert_eq!(
            whole(&table().exists()),
            r#"SELECT EXISTS(SELECT 1 FROM "acme"."plans" WHERE "id" = $1)"#
        );
        assert_eq!(
            whole(&table().insert()),
            r#"INSERT INTO "acme"."plans" ("code") VALUES ($1) RETURNING "id", "code""#
        );
        assert_eq!(
            whole(&table().delete()),
            r#"DELETE FROM "acme"."plans" WHERE "id" = $1"#
        );
    }

    #[test]
    fn a_row_is_found_by_all_columns_of_its_key() {
        let table = Table {
            key: vec!["id".to_owned(), "code".to_owned()],
            ..table()
        };
        let by_key = r#" WHERE "id" = $1 AND "code" = $2"#;
        assert!(table.find().after.ends_with(by_key));
        assert!(table.delete().after.ends_with(by_key));
        assert!(table.exists().after.ends_with(&format!("{by_key})")));
    }

    #[test]
    fn a_row_of_defaults_only_is_inserted_too() {
        let table = Table {
            given: Vec::new(),
            ..table()
        };
        assert_eq!(
            whole(&table.insert()),
            r#"INSERT INTO "acme"."plans" VALUES (DEFAULT) RETURNING "id", "code""#
        );
    }
}
