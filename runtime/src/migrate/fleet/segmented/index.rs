//! Whether an index that is there is the one that a statement asks for.
//!
//! PostgreSQL is asked itself: the statement is run on an empty copy of the table, in a transaction that is rolled back,
//! and the two definitions are compared as PostgreSQL writes them.

use postgres::types::Type;
use postgres::{Client, Transaction};
use tenantry_sql::statements;

use crate::bookkeeping::AskedIndex;
use crate::migrate::session::scratch::scratch_name;
use crate::name::quote_identifier;

/// Whether something is done already, or why it can't be done.
pub(crate) type Checked = Result<bool, String>;

/// A relation that may be the index.
struct Existing {
    name: String,
    /// Nothing, if it is no index.
    definition: Option<String>,
    is_valid: bool,
}

impl AskedIndex {
    /// Whether the index is there. What is left of one whose building was not finished is dropped.
    ///
    /// An index without a name is looked for only if the statement was begun before: it may be meant to be one more.
    pub(crate) fn is_done(
        &self,
        client: &mut Client,
        is_resumed: bool,
    ) -> Result<Checked, postgres::Error> {
        if self.name.is_none() && !is_resumed {
            return Ok(Ok(false));
        }
        let found = self.existing(client)?;
        if found.is_empty() {
            return Ok(Ok(false));
        }
        let asked = self.definition(client)?;
        for existing in &found {
            if existing.definition.as_ref() == Some(&asked) {
                if existing.is_valid {
                    return Ok(Ok(true));
                }
                self.drop(client, existing)?;
            } else if self.name.is_some() {
                return Ok(Err(Self::difference(existing, &asked)));
            }
        }
        Ok(Ok(false))
    }

    /// Drops what is left of it after its building has failed: it costs, and serves nobody.
    pub(crate) fn drop_invalid(&self, client: &mut Client) -> Result<(), postgres::Error> {
        let found = self.existing(client)?;
        let invalid = |existing: &&Existing| !existing.is_valid && existing.definition.is_some();
        if !found.iter().any(|existing| invalid(&existing)) {
            return Ok(());
        }
        let asked = self.definition(client)?;
        for existing in found.iter().filter(invalid) {
            if existing.definition.as_ref() == Some(&asked) {
                self.drop(client, existing)?;
            }
        }
        Ok(())
    }

    fn drop(&self, client: &mut Client, existing: &Existing) -> Result<(), postgres::Error> {
        let (schema, index) = (&self.schema, &existing.name);
        tracing::info!(schema, index, "dropping an index that is not valid");
        client.batch_execute(&format!(
            "DROP INDEX CONCURRENTLY IF EXISTS {}.{}",
            quote_identifier(schema),
            quote_identifier(index)
        ))
    }

    fn difference(existing: &Existing, asked: &str) -> String {
        let name = &existing.name;
        let named = |definition: &str| definition.replacen("INDEX ", &format!("INDEX {name} "), 1);
        let Some(there) = &existing.definition else {
            return format!(
                "there is a `{name}` already, which is no index\nhelp: give the index another name"
            );
        };
        let note = if existing.is_valid {
            ""
        } else {
            " (not valid: its building was not finished)"
        };
        format!(
            "the index `{name}` is there, and is not the one that is asked for\n  \
             there: {}{note}\n  asked: {}\n\
             help: drop or rename the one that is there, and run it again; or give the new one another name",
            named(there),
            named(asked)
        )
    }

    /// The relation that has the index's name; of an index without a name, all indexes of the table.
    fn existing(&self, client: &mut Client) -> Result<Vec<Existing>, postgres::Error> {
        let rows = client.query_typed(
            "SELECT c.relname::text, \
             pg_catalog.replace(pg_catalog.pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '), \
             COALESCE(i.indisvalid, true) \
             FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid \
             LEFT JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid \
             WHERE n.nspname = $1::pg_catalog.name AND CASE WHEN $2 IS NULL THEN t.relname = $3::pg_catalog.name \
             ELSE c.relname = $2::pg_catalog.name END ORDER BY c.oid",
            &[
                (&self.schema, Type::TEXT),
                (&self.name, Type::TEXT),
                (&self.table, Type::TEXT),
            ],
        )?;
        rows.iter()
            .map(|row| {
                let name: String = row.try_get(0)?;
                let definition: Option<String> = row.try_get(1)?;
                Ok(Existing {
                    definition: definition.map(|text| without_name(&text)),
                    name,
                    is_valid: row.try_get(2)?,
                })
            })
            .collect()
    }

    /// Returns PostgreSQL's definition of the index, without its name.
    fn definition(&self, client: &mut Client) -> Result<String, postgres::Error> {
        let mut tx = client.transaction()?;
        let text = self.definition_in(&mut tx)?;
        tx.rollback()?;
        Ok(text)
    }

    fn definition_in(&self, tx: &mut Transaction<'_>) -> Result<String, postgres::Error> {
        let scratch = scratch_name().expect("the name is well-formed");
        let scratch = scratch.as_str();
        let table = quote_identifier(&self.table);
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        tx.batch_execute(&format!(
            "CREATE SCHEMA {scratch}; CREATE TABLE {scratch}.{table} (LIKE {}.{table});\n\
             CREATE {unique}INDEX tenantry_scratch ON {scratch}.{table}{}",
            quote_identifier(&self.schema),
            self.rest
        ))?;
        let row = tx.query_typed_one(
            "SELECT pg_catalog.pg_get_indexdef(c.oid), pg_catalog.quote_ident($2) FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = 'tenantry_scratch'",
            &[(&scratch, Type::NAME), (&self.schema, Type::TEXT)],
        )?;
        let (text, schema): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let (here, there) = (format!(" ON {scratch}."), format!(" ON {schema}."));
        Ok(without_name(&text.replacen(&here, &there, 1)))
    }
}

/// A definition as PostgreSQL writes it, without the index's name.
fn without_name(definition: &str) -> String {
    let all = statements(definition).unwrap_or_default();
    let index = all.first().and_then(|statement| {
        let at = statement
            .tokens
            .iter()
            .position(|token| token.is("index"))?;
        statement.tokens.get(at + 1)
    });
    let Some(name) = index else {
        return definition.to_owned();
    };
    let after = name.start + name.text.len() + 1;
    format!("{}{}", &definition[..name.start], &definition[after..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_without_its_name_is_that_of_any_other() {
        assert_eq!(
            without_name("CREATE UNIQUE INDEX \"By A\" ON acme.t USING btree (a)"),
            "CREATE UNIQUE INDEX ON acme.t USING btree (a)"
        );
    }
}
