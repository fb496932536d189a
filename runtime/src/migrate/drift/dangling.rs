//! References without a constraint to rows that are not there. Statements of models write none; SQL by hand may.

use postgres::{Client, Transaction};

use crate::bookkeeping::explain;
use crate::error::{Error, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::name::{SchemaName, TenantKey, quote_identifier};
use crate::query::PLACES_OF_COLUMNS;
use crate::tenant::{Needs, name_holder};
use crate::value::Reference;

/// How long a look waits for the locks of a table that somebody changes.
const WAIT: &str = "SET LOCAL lock_timeout = '2s'";

/// Rows of a tenant that reference nothing.
#[derive(Debug)]
pub(crate) struct Dangling {
    pub(crate) tenant: TenantKey,
    pub(crate) rows: i64,
}

/// A field that no constraint checks, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Unchecked {
    pub(crate) model: &'static ModelDef,
    pub(crate) def: &'static ColumnDef,
    pub(crate) target: Reference,
    /// Tenants with rows that reference nothing, by their keys.
    pub(crate) found: Vec<Dangling>,
    /// Tenants that could not be looked at, and why.
    pub(crate) unseen: Vec<Error>,
    /// How many tenants have been looked at.
    pub(crate) seen: usize,
}

/// Lists the fields that no constraint checks.
pub(crate) fn unchecked(models: &[&'static ModelDef]) -> Vec<Unchecked> {
    let fields = models.iter().flat_map(|&model| {
        let defs = model.columns.iter().filter(|def| !def.constraint);
        defs.filter_map(move |def| Some((model, def, def.references?)))
    });
    let fields = fields.map(|(model, def, target)| Unchecked {
        model,
        def,
        target,
        found: Vec::new(),
        unseen: Vec::new(),
        seen: 0,
    });
    fields.collect()
}

/// Looks through all tenants for rows that reference nothing. Each look reads the whole table.
///
/// # Errors
///
/// When the registry can't be read.
pub(crate) fn find_dangling(client: &mut Client, fields: &mut [Unchecked]) -> Result<()> {
    let tables: Vec<&str> = fields.iter().map(|field| field.model.table).collect();
    let columns: Vec<&str> = fields.iter().map(|field| field.def.name).collect();
    let shared = "SELECT shared_schema FROM tenantry.meta WHERE one = 1";
    let shared = client.query_one(shared, &[]).map_err(explain)?;
    let shared = SchemaName::new(shared.try_get::<_, &str>(0)?)?;
    let places = client
        .query(PLACES_OF_COLUMNS, &[&tables, &columns])
        .map_err(explain)?;
    for row in places {
        let place: i32 = row.try_get(4)?;
        let at = usize::try_from(place - 1).ok();
        let Some(field) = at.and_then(|at| fields.get_mut(at)) else {
            continue;
        };
        let tenant = TenantKey::new(row.try_get::<_, &str>(1)?)?;
        let schema = SchemaName::new(row.try_get::<_, &str>(3)?)?;
        let sql = field.sql(&schema, &shared);
        let looked = client
            .build_transaction()
            .read_only(true)
            .start()
            .and_then(|transaction| count(transaction, &sql));
        match looked {
            Ok(rows) => {
                field.seen += 1;
                if rows > 0 {
                    field.found.push(Dangling { tenant, rows });
                }
            }
            Err(error) if error.is_closed() => return Err(error.into()),
            Err(error) => {
                let error = name_holder(client, error.into(), Needs::Tables(&schema));
                field.unseen.push(error.in_tenant(&tenant));
            }
        }
    }
    Ok(())
}

fn count(mut transaction: Transaction<'_>, sql: &str) -> std::result::Result<i64, postgres::Error> {
    transaction.batch_execute(WAIT)?;
    let rows = transaction.query_one(sql, &[])?.try_get(0)?;
    transaction.commit()?;
    Ok(rows)
}

impl Unchecked {
    fn sql(&self, schema: &SchemaName, shared: &SchemaName) -> String {
        let column = quote_identifier(self.def.name);
        format!(
            "SELECT count(*) FROM {}.{} AS \"R\" WHERE \"R\".{column} IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM {}.{} AS \"K\" WHERE \"K\".{} = \"R\".{column})",
            schema.quoted(),
            quote_identifier(self.model.table),
            shared.quoted(),
            quote_identifier(self.target.table),
            quote_identifier(self.target.column),
        )
    }
}
