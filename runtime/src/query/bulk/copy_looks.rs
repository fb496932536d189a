//! Looks before a `COPY`: the driver loses its connection where one is refused before it has begun, and the server takes bytes of another
//! type for values.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Statement};
use crate::model::ModelDef;
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::Param;

/// The name of the operation.
pub(super) const COPY_IN: &str = "copy_in";

/// Looks whether the server takes rows by `COPY`.
pub(super) fn possible<'f>(model: &'static ModelDef, context: &Context) -> Flow<'f, ()> {
    let table = model.table_in(context).to_string();
    let look = look(
        model,
        "SELECT pg_catalog.current_setting('transaction_read_only')::boolean, \
         pg_catalog.row_security_active($1)"
            .to_owned(),
        vec![Param::text(&table)],
    );
    Flow::run(Ok(look), move |answer| {
        let rows = answer.rows();
        let row = rows.first().expect("it is a query of one row");
        let refusal = if row.try_get(0)? {
            let message = "rows can't be written, for the transaction or the server only reads\n\
                           help: use a transaction that may write, on a primary server";
            Error::new(ErrorKind::ReadOnly, message)
        } else if row.try_get(1)? {
            let message = "policies for rows of the table bind the role, and PostgreSQL has no `COPY` into such a table\n\
                           help: use `insert_many`";
            Error::new(ErrorKind::Configuration, message)
        } else {
            return Ok(());
        };
        Err(refusal.in_model(model, COPY_IN))
    })
}

/// Looks whether the table has the columns, of the types in which values are sent, and the role may fill them.
///
/// The table is locked then as by any insert, so that no column gets another type until the transaction ends.
pub(super) fn fits<'f>(
    model: &'static ModelDef,
    context: &Context,
    columns: &[usize],
) -> Flow<'f, ()> {
    let table = model.table_in(context).to_string();
    let types = types(model, &table, columns);
    let columns = columns.to_vec();
    let plan = plan(model, &table, &columns);
    Flow::then(plan, move |planned| match planned {
        Ok(_) => Flow::run(Ok(types), move |answer| same(model, &columns, answer)),
        Err(error) => Flow::Done(Err(error)),
    })
}

/// Plans an insert into the columns, which looks for the table, the columns and the rights, and fires no trigger.
fn plan(model: &'static ModelDef, table: &str, columns: &[usize]) -> Statement {
    let nulls = vec!["NULL"; columns.len()].join(", ");
    let names = names(model, columns);
    let sql = format!(
        "EXPLAIN INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {nulls} WHERE false"
    );
    look(model, sql, Vec::new())
}

/// Looks for a column that has another type than its values are sent in, without converting: a `bigint` may have become a
/// `double precision`, which has as many bytes. Domains have the format of what they are made of.
fn types(model: &'static ModelDef, table: &str, columns: &[usize]) -> Statement {
    let types = columns.iter().map(|&index| {
        let name = quote_identifier(model.columns[index].name);
        // Of the table as it is now, whatever the transaction sees of the catalogue.
        format!("pg_catalog.pg_typeof((NULL::{table}).{name})")
    });
    let types = types.collect::<Vec<String>>().join(", ");
    let sent = columns
        .iter()
        .map(|&index| i64::from(model.columns[index].sql.wire().oid()));
    let sent: Vec<i64> = sent.collect();
    let sql = format!(
        "WITH RECURSIVE b (place, sent, type) AS (\
         SELECT g.place, g.sent, g.type \
         FROM ROWS FROM (unnest(ARRAY[{types}]::oid[]), unnest($1::oid[])) WITH ORDINALITY AS g (type, sent, place) \
         UNION ALL \
         SELECT b.place, b.sent, t.typbasetype FROM b JOIN pg_catalog.pg_type t ON t.oid = b.type WHERE t.typtype = 'd') \
         SELECT b.place, pg_catalog.format_type(b.type, NULL), pg_catalog.format_type(b.sent, NULL) FROM b \
         WHERE b.type <> b.sent \
         AND NOT (b.sent = 705 AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = b.type AND t.typtype = 'e')) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = b.type AND t.typtype = 'd') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast c \
         WHERE c.castsource = b.sent AND c.casttarget = b.type AND c.castmethod = 'b') \
         ORDER BY b.place LIMIT 1"
    );
    look(model, sql, vec![Param::bigints(&sent)])
}

/// Refuses what [`types`] has found.
fn same(model: &'static ModelDef, columns: &[usize], answer: Answer) -> Result<()> {
    let rows = answer.rows();
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let place: i64 = row.try_get(0)?;
    let (is, sent): (String, String) = (row.try_get(1)?, row.try_get(2)?);
    let place = usize::try_from(place - 1).ok();
    let column = place.and_then(|place| columns.get(place));
    let field = column.map_or("", |&index| model.columns[index].field);
    let message = format!(
        "the column of field `{field}` is of the type {is} in the database, and `COPY` would have it take the bytes of a value of the type {sent}\n\
         help: use `insert_many`, which converts, or give the field the type of the column"
    );
    Err(Error::new(ErrorKind::Configuration, message).in_model(model, COPY_IN))
}

fn look(model: &'static ModelDef, sql: String, params: Vec<Param>) -> Statement {
    Statement {
        model: Some(model),
        ..Statement::look(COPY_IN, sql, params)
    }
}

/// The names of columns, as a statement lists them.
pub(super) fn names(model: &ModelDef, columns: &[usize]) -> String {
    let names = columns
        .iter()
        .map(|&index| quote_identifier(model.columns[index].name));
    names.collect::<Vec<String>>().join(", ")
}
