//! A `COPY` of rows out of the database over the blocking driver, and the values in its text, for it has no parameters.

use std::io::BufRead;

use postgres::GenericClient;
use tenantry_sql::{Kind, tokens};

use super::limits::ConnectionLimits;
use super::{Came, CopiedData, Statement, TakesRow};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{quote_identifier, quote_literal};
use crate::value::{Param, typed};

/// How many bytes are told at a time, but for the last row among them.
pub(super) const PIECE: usize = 64 * 1024;

/// How many rows are fetched before they are told.
const CHUNK: u64 = 128;

/// Tells the data of a `COPY` as they come, on this thread, and gives the number of the server's messages.
///
/// The driver gives the statement a name until it is sent, so it runs in a transaction.
pub(super) fn copied_out(
    client: &mut (impl GenericClient + Send),
    statement: &Statement,
    limits: &ConnectionLimits,
    take: TakesRow<'_>,
) -> Result<u64> {
    let refused = |error| Error::of_sql(error, &statement.sql);
    let params = &statement.params;
    let values = if params.is_empty() {
        Vec::new()
    } else {
        let row = limits.timed(|| client.query_typed(&as_texts(params), &typed(params)));
        given_texts(&row.map_err(refused)?)?
    };
    let sql = with_values(statement, &values);
    let prepared = limits.timed(|| client.prepare(&sql)).map_err(refused)?;
    let reader = limits.timed(|| client.copy_out(&prepared));
    let mut reader = reader.map_err(refused)?;
    let mut came = 0;
    loop {
        let mut piece = CopiedData::default();
        let fetched = limits.timed(|| {
            while piece.bytes.len() < PIECE && piece.messages < CHUNK {
                let message = reader.fill_buf()?;
                let length = message.len();
                if length == 0 {
                    return Ok(false);
                }
                piece.add(message);
                reader.consume(length);
            }
            Ok::<bool, std::io::Error>(true)
        });
        came += piece.messages;
        // Those before an error have come, too.
        if piece.messages > 0 {
            take(Came::Data(piece));
        }
        match fetched {
            Ok(true) => {}
            Ok(false) => return Ok(came),
            Err(error) => {
                return Err(match error.downcast::<postgres::Error>() {
                    Ok(error) => refused(error),
                    Err(error) => lost().because(error),
                });
            }
        }
    }
}

/// The query that has the server write parameters as texts, in its own words for each type.
pub(super) fn as_texts(params: &[Param]) -> String {
    let texts = (1..=params.len()).map(|number| format!("${number}::pg_catalog.text"));
    let texts: Vec<String> = texts.collect();
    format!("SELECT ARRAY[{}]", texts.join(", "))
}

/// The texts that such a query gives.
pub(super) fn given_texts(rows: &[postgres::Row]) -> Result<Vec<Option<String>>> {
    let row = rows.first().ok_or_else(lost)?;
    Ok(row.try_get(0)?)
}

/// The text of a statement with its values in the places of its parameters, each a string that is cast to the parameter's type.
pub(super) fn with_values(statement: &Statement, values: &[Option<String>]) -> String {
    let mut sql = String::with_capacity(statement.sql.len());
    for token in tokens(&statement.sql) {
        let number = (token.kind == Kind::Parameter).then(|| token.text[1..].parse::<usize>());
        let place = number.and_then(Result::ok).and_then(|it| it.checked_sub(1));
        let given = place.and_then(|it| Some((statement.params.get(it)?, values.get(it)?)));
        match given {
            Some((param, value)) => add_value(&mut sql, param, value.as_deref()),
            None => sql.push_str(token.text),
        }
    }
    sql
}

fn add_value(sql: &mut String, param: &Param, value: Option<&str>) {
    sql.push('(');
    match value {
        Some(text) => sql.push_str(&quote_literal(text)),
        None => sql.push_str("NULL"),
    }
    // What has no type in the message has none in the text either: its type is that of the place where it stands.
    if *param.ty() != postgres::types::Type::UNKNOWN {
        sql.push_str("::pg_catalog.");
        sql.push_str(&quote_identifier(param.ty().name()));
    }
    sql.push(')');
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the connection broke before all data of a `COPY` had come\nhelp: run it again; look whether the server is up and reachable",
    )
}

#[cfg(test)]
mod tests {
    use postgres::types::Type;

    use super::*;
    use crate::exec::{Effect, Gives};

    fn filled(sql: &str, params: Vec<Param>, values: &[Option<&str>]) -> String {
        let statement = Statement {
            sql: sql.to_owned(),
            params,
            gives: Gives::Data,
            effect: Effect::Reads,
            model: None,
            operation: "copy_out",
        };
        let values: Vec<_> = values.iter().map(|it| it.map(str::to_owned)).collect();
        with_values(&statement, &values)
    }

    #[test]
    fn values_stand_where_parameters_do_and_nowhere_else() {
        let sql = "SELECT $2, '$1', \"$1\", $q$ $1 $q$, $1 -- $1";
        let params = vec![Param::text("x"), Param::bigint(7)];
        assert_eq!(
            filled(sql, params, &[Some("$2"), Some("7")]),
            "SELECT ('7'::pg_catalog.\"int8\"), '$1', \"$1\", $q$ $1 $q$, ('$2'::pg_catalog.\"text\") -- $1"
        );
    }

    #[test]
    fn no_value_ends_its_string() {
        let one = |value| filled("$1", vec![Param::text("x")], &[value]);
        let text = |written: &str| format!("({written}::pg_catalog.\"text\")");
        assert_eq!(one(Some("')--")), text("''')--'"));
        assert_eq!(one(Some("\\'; x")), text(" E'\\\\''; x'"));
        assert_eq!(one(None), text("NULL"));
        assert_eq!(
            filled("$1", vec![Param::null(Type::UNKNOWN)], &[Some("a'b")]),
            "('a''b')"
        );
    }
}
