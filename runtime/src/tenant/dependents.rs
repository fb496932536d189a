//! Objects outside of a schema that would go with it.
//!
//! `DROP … CASCADE` takes along whatever depends on what is dropped: not only views and foreign keys, but a column with
//! its data whose type is dropped. So it is used only when everything that depends on the schema is in it.

use postgres::Transaction;
use postgres::types::Type;

use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// Refuses a schema that something outside of it depends on.
///
/// The locks on the server's own tables that this takes are given back at once: the locks of a drop are counted.
///
/// # Errors
///
/// [`ErrorKind::Dependents`].
pub(super) fn check_dependents(tx: &mut Transaction<'_>, schema: &SchemaName) -> Result<()> {
    let mut aside = tx.transaction()?;
    let rows = aside.query_typed(DEPENDENTS, &[(&schema.as_str(), Type::TEXT)])?;
    let dependents: Vec<&str> = rows
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect::<Result<_>>()?;
    aside.rollback()?;
    if dependents.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Dependents,
        format!(
            "the schema `{schema}` can't be dropped, because something outside of it depends on it: {}\n\
             help: drop that first",
            dependents.join(", ")
        ),
    ))
}

/// Objects that depend on anything in the schema and are not in it themselves, and the extensions that have anything in it.
///
/// Parts of an object, like the table for its long values, are recorded as internal and go with it. What has no schema,
/// neither itself nor through its table, counts as outside, except for casts and transforms, which belong to a type.
const DEPENDENTS: &str = "
WITH here AS MATERIALIZED (
    SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1::name
), inside AS MATERIALIZED (
    SELECT 'pg_catalog.pg_namespace'::regclass::oid AS classid, oid AS objid FROM here
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass, c.oid FROM pg_catalog.pg_class AS c, here WHERE relnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_type'::regclass, c.oid FROM pg_catalog.pg_type AS c, here WHERE typnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_proc'::regclass, c.oid FROM pg_catalog.pg_proc AS c, here WHERE pronamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint AS c, here WHERE connamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_operator'::regclass, c.oid FROM pg_catalog.pg_operator AS c, here WHERE oprnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_opclass'::regclass, c.oid FROM pg_catalog.pg_opclass AS c, here WHERE opcnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_opfamily'::regclass, c.oid FROM pg_catalog.pg_opfamily AS c, here WHERE opfnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_collation'::regclass, c.oid FROM pg_catalog.pg_collation AS c, here WHERE collnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_ts_config'::regclass, c.oid FROM pg_catalog.pg_ts_config AS c, here WHERE cfgnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_ts_dict'::regclass, c.oid FROM pg_catalog.pg_ts_dict AS c, here WHERE dictnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_ts_parser'::regclass, c.oid FROM pg_catalog.pg_ts_parser AS c, here WHERE prsnamespace = here.oid
    UNION ALL SELECT 'pg_catalog.pg_ts_template'::regclass, c.oid FROM pg_catalog.pg_ts_template AS c, here WHERE tmplnamespace = here.oid
), dependent AS MATERIALIZED (
    SELECT DISTINCT d.classid, d.objid, d.objsubid, d.deptype FROM inside AS i
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = i.classid AND d.refobjid = i.objid
    WHERE d.deptype IN ('n', 'a') AND NOT EXISTS (SELECT FROM inside AS o WHERE o.classid = d.classid AND o.objid = d.objid)
), placed AS (
    SELECT d.*, CASE d.classid
        WHEN 'pg_catalog.pg_attrdef'::regclass THEN (
            SELECT c.relnamespace FROM pg_catalog.pg_attrdef AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.adrelid WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_rewrite'::regclass THEN (
            SELECT c.relnamespace FROM pg_catalog.pg_rewrite AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.ev_class WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_trigger'::regclass THEN (
            SELECT c.relnamespace FROM pg_catalog.pg_trigger AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.tgrelid WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_policy'::regclass THEN (
            SELECT c.relnamespace FROM pg_catalog.pg_policy AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_constraint'::regclass THEN (
            SELECT p.connamespace FROM pg_catalog.pg_constraint AS p WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_amop'::regclass THEN (
            SELECT f.opfnamespace FROM pg_catalog.pg_amop AS p JOIN pg_catalog.pg_opfamily AS f ON f.oid = p.amopfamily WHERE p.oid = d.objid)
        WHEN 'pg_catalog.pg_amproc'::regclass THEN (
            SELECT f.opfnamespace FROM pg_catalog.pg_amproc AS p JOIN pg_catalog.pg_opfamily AS f ON f.oid = p.amprocfamily WHERE p.oid = d.objid)
        ELSE (
            SELECT n.oid FROM pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS o
            JOIN pg_catalog.pg_namespace AS n ON pg_catalog.quote_ident(n.nspname) = o.schema)
        END AS namespace
    FROM dependent AS d
)
SELECT pg_catalog.concat(o.type, ' ', o.identity) FROM placed AS p
CROSS JOIN LATERAL pg_catalog.pg_identify_object(p.classid, p.objid, p.objsubid) AS o
WHERE CASE
    WHEN p.namespace IS NOT NULL THEN p.namespace NOT IN (SELECT oid FROM here)
    ELSE p.deptype = 'n' AND p.classid NOT IN ('pg_catalog.pg_cast'::regclass, 'pg_catalog.pg_transform'::regclass)
    END
UNION
SELECT pg_catalog.concat('extension ', pg_catalog.quote_ident(e.extname)) FROM inside AS i
JOIN pg_catalog.pg_depend AS d ON d.classid = i.classid AND d.objid = i.objid AND d.deptype = 'e'
JOIN pg_catalog.pg_extension AS e ON d.refclassid = 'pg_catalog.pg_extension'::regclass AND e.oid = d.refobjid
ORDER BY 1";
