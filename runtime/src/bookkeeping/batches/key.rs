//! The key by which the rows of batches come one after the other, as the server has it.
//!
//! All comparisons are by the operators of the key's own index, whatever the `search_path` is: rows would else be ordered in one
//! way and compared in another, and some of them passed over.

/// The operators of a key's index, as `OPERATOR(pg_catalog.<)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyOperators {
    pub(crate) less: String,
    pub(crate) not_more: String,
    pub(crate) more: String,
}

impl KeyOperators {
    /// Reads what the expression of [`operators_of`] gives.
    pub(crate) fn read(operators: Vec<String>) -> Option<Self> {
        let [less, not_more, more] = <[String; 3]>::try_from(operators).ok()?;
        Some(Self {
            less,
            not_more,
            more,
        })
    }
}

/// Returns the expression for the operators of a key of the table `c`, a row of `pg_class`; null if it is none.
///
/// It is a key if a unique index without nulls has just its columns in their order. Their JSON has to be what their type reads,
/// whatever the settings are, which is not so for an array, a `float8` or an interval.
pub(crate) fn operators_of(key: &str) -> String {
    format!(
        "(SELECT k.operators FROM pg_catalog.pg_index AS i CROSS JOIN LATERAL (\
         SELECT pg_catalog.min(w.operators) AS operators, pg_catalog.count(DISTINCT w.operators) AS kinds, \
         pg_catalog.bool_and(COALESCE(a.attnotnull AND a.attname = k.name::pg_catalog.name \
         AND i.indcollation[k.place - 1] = a.attcollation AND (\
         t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND t.typname IN ('bool', 'int2', 'int4', 'int8', 'oid', \
         'numeric', 'text', 'varchar', 'bpchar', 'name', 'uuid', 'bytea', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', \
         'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit', 'anyenum') \
         OR t.typnamespace <> 'pg_catalog'::pg_catalog.regnamespace AND t.typtype = 'b' AND t.typcategory = 'S'), false)) AS fits \
         FROM pg_catalog.unnest({key}) WITH ORDINALITY AS k (name, place) \
         LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place - 1] \
         LEFT JOIN pg_catalog.pg_opclass AS f ON f.oid = i.indclass[k.place - 1] \
         LEFT JOIN pg_catalog.pg_type AS t ON t.oid = f.opcintype \
         LEFT JOIN LATERAL (SELECT pg_catalog.array_agg('OPERATOR(' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ')' \
         ORDER BY m.amopstrategy) AS operators FROM pg_catalog.pg_amop AS m \
         JOIN pg_catalog.pg_operator AS o ON o.oid = m.amopopr JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace \
         WHERE m.amopfamily = f.opcfamily AND m.amoplefttype = f.opcintype AND m.amoprighttype = f.opcintype \
         AND m.amoppurpose = 's' AND m.amopstrategy IN (1, 2, 5)) AS w ON true) AS k \
         WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL \
         AND i.indnkeyatts = pg_catalog.cardinality({key}) AND k.fits AND k.kinds = 1 AND (c.relkind = 'p' \
         OR NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS h WHERE h.inhparent = c.oid)) \
         ORDER BY i.indexrelid LIMIT 1)"
    )
}
