//! The catalogues that say what is in a schema, and how a row of each is told from the others.

/// How the rows of a catalogue are read.
pub(super) struct Rows {
    /// The catalogue's name; in the expressions, its rows are `x`.
    pub(super) catalogue: &'static str,
    /// The rows of a schema, as a join with its members `m`.
    pub(super) of: Of,
    /// The name of a row, which has no number in it.
    pub(super) identity: &'static str,
    /// Columns that differ between schemas that are alike: numbers, what the server notes for itself, what is in the
    /// identity already.
    pub(super) left_out: &'static [&'static str],
    /// A condition that the rows have to meet.
    pub(super) only: &'static str,
    /// Columns that are read in another way: expressions as text, attributes by name.
    pub(super) instead: &'static [(&'static str, &'static str)],
}

/// Which rows of a catalogue belong to a schema.
pub(super) enum Of {
    /// Those of its members that the catalogue is about.
    Itself,
    /// Those with a column that is the number of a member of another catalogue.
    Member(&'static str, &'static str),
    /// Those that name a member by its catalogue and its number, in these columns.
    Any(&'static str, &'static str),
}

const fn rows(
    catalogue: &'static str,
    of: Of,
    identity: &'static str,
    left_out: &'static [&'static str],
) -> Rows {
    Rows {
        catalogue,
        of,
        identity,
        left_out,
        only: "true",
        instead: &[],
    }
}

impl Rows {
    const fn only(mut self, condition: &'static str) -> Self {
        self.only = condition;
        self
    }

    const fn instead(mut self, columns: &'static [(&'static str, &'static str)]) -> Self {
        self.instead = columns;
        self
    }
}

/// `pg_identify_object` of a row of the catalogue itself.
const OBJECT: &str = "(pg_catalog.pg_identify_object(x.tableoid, x.oid, 0)).identity";

/// Its grants, with those that go without saying, in an order of their own.
macro_rules! grants {
    ($acl:literal, $kind:literal, $owner:literal) => {
        concat!(
            "(SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.grantor::pg_catalog.regrole, \
             a.grantee::pg_catalog.regrole, a.privilege_type, a.is_grantable), ', ' \
             ORDER BY a.grantor::pg_catalog.regrole::text, a.grantee::pg_catalog.regrole::text, a.privilege_type) \
             FROM pg_catalog.aclexplode(coalesce(x.",
            $acl, ", pg_catalog.acldefault(", $kind, ", x.", $owner, "))) a)"
        )
    };
}

/// A relation's column by its place among those that are there.
const COLUMN: &str = "pg_catalog.format('%s.%s', x.attrelid::pg_catalog.regclass, CASE WHEN EXISTS (\
     SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = x.attrelid) \
     THEN x.attnum::text ELSE pg_catalog.quote_ident(x.attname) END)";

const PLACE: &str = "(SELECT count(*) FROM pg_catalog.pg_attribute o \
     WHERE o.attrelid = x.attrelid AND o.attnum BETWEEN 1 AND x.attnum AND NOT o.attisdropped)";

/// The triggers of a constraint have numbers in their names.
const TRIGGER: &str = "CASE WHEN x.tgisinternal THEN pg_catalog.format('internal %s of %s on %s', \
     x.tgfoid::pg_catalog.regproc, (SELECT k.conname FROM pg_catalog.pg_constraint k WHERE k.oid = x.tgconstraint), \
     x.tgrelid::pg_catalog.regclass) \
     ELSE pg_catalog.format('%I on %s', x.tgname, x.tgrelid::pg_catalog.regclass) END";

/// A key that PostgreSQL has made of that of a partitioned table has a number in its name.
const CONSTRAINT: &str = "pg_catalog.format('%s on %s', CASE WHEN x.contype = 'f' AND x.conparentid <> 0 \
     THEN 'part of ' || (SELECT p.conname FROM pg_catalog.pg_constraint p WHERE p.oid = x.conparentid) \
     ELSE pg_catalog.quote_ident(x.conname) END, \
     CASE WHEN x.conrelid <> 0 THEN x.conrelid::pg_catalog.regclass::text \
     ELSE x.contypid::pg_catalog.regtype::text END)";

const DESCRIBED: &str =
    "(pg_catalog.pg_identify_object(x.classoid, x.objoid, x.objsubid)).identity";

/// An array's type is a part of the type of its elements, and may be called as it likes.
const IS_TYPE: &str = "NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = x.oid)";

/// Facts that only a dependency tells: to whom a sequence belongs, and what an extension needs.
const IS_SAID: &str = "(x.deptype IN ('e', 'x') OR x.deptype = 'a' AND x.refobjsubid > 0 \
     AND EXISTS (SELECT FROM pg_catalog.pg_sequence q WHERE q.seqrelid = x.objid))";

/// All catalogues, but for those of what belongs to no schema.
pub(super) const CATALOGUES: [Rows; 35] = [
    rows("pg_namespace", Of::Itself, "'the schema'", &["nspname"])
        .instead(&[("nspacl", grants!("nspacl", "'n'", "nspowner"))]),
    rows("pg_class", Of::Itself, OBJECT, &[
        "relname", "relnamespace", "reltype", "relfilenode", "relpages", "reltuples", "relallvisible", "relallfrozen",
        "relhasindex", "relhasrules", "relhastriggers", "relhassubclass", "relnatts", "relrewrite", "relfrozenxid",
        "relminmxid",
    ])
    .instead(&[
        ("relacl", grants!("relacl", "CASE x.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\"", "relowner")),
        ("relpartbound", "pg_catalog.pg_get_expr(x.relpartbound, x.oid)"),
        ("reltoastrelid", "(SELECT t.reloptions FROM pg_catalog.pg_class t WHERE t.oid = x.reltoastrelid)"),
    ]),
    rows("pg_attribute", Of::Member("attrelid", "pg_class"), COLUMN, &[
        "attrelid", "attname", "attmissingval", "atthasmissing", "attcacheoff", "attndims",
    ])
    .only("x.attnum > 0 AND NOT x.attisdropped")
    .instead(&[
        ("attnum", PLACE),
        ("attacl", "(SELECT pg_catalog.array_agg(a::text ORDER BY a::text) FROM pg_catalog.unnest(x.attacl) a)"),
    ]),
    rows(
        "pg_attrdef",
        Of::Member("adrelid", "pg_class"),
        "pg_catalog.format('%s.%I', x.adrelid::pg_catalog.regclass, \
         (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.adrelid AND a.attnum = x.adnum))",
        &["adrelid", "adnum"],
    )
    .instead(&[("adbin", "pg_catalog.pg_get_expr(x.adbin, x.adrelid)")]),
    rows("pg_constraint", Of::Itself, CONSTRAINT, &["conname", "connamespace", "conrelid", "contypid"])
        .instead(&[
            // Of others it only says how they were made.
        ("connoinherit", "x.connoinherit AND x.contype IN ('c', 'n')"),
        ("conbin", "pg_catalog.pg_get_constraintdef(x.oid)"),
            ("conparentid", "(SELECT p.conname FROM pg_catalog.pg_constraint p WHERE p.oid = x.conparentid AND p.conparentid = 0)"),
        ]),
    rows("pg_index", Of::Member("indexrelid", "pg_class"), "x.indexrelid::pg_catalog.regclass::text", &[
        "indexrelid", "indcheckxmin",
    ])
    .instead(&[
        ("indexprs", "pg_catalog.pg_get_indexdef(x.indexrelid)"),
        ("indpred", "pg_catalog.pg_get_expr(x.indpred, x.indrelid)"),
    ]),
    rows(
        "pg_inherits",
        Of::Member("inhrelid", "pg_class"),
        "pg_catalog.format('%s of %s', x.inhrelid::pg_catalog.regclass, x.inhparent::pg_catalog.regclass)",
        &["inhrelid", "inhparent"],
    ),
    rows("pg_partitioned_table", Of::Member("partrelid", "pg_class"), "x.partrelid::pg_catalog.regclass::text", &["partrelid"])
        .instead(&[("partexprs", "pg_catalog.pg_get_partkeydef(x.partrelid)")]),
    rows("pg_foreign_table", Of::Member("ftrelid", "pg_class"), "x.ftrelid::pg_catalog.regclass::text", &["ftrelid"]),
    rows("pg_sequence", Of::Member("seqrelid", "pg_class"), "x.seqrelid::pg_catalog.regclass::text", &["seqrelid"]),
    rows("pg_trigger", Of::Itself, TRIGGER, &["tgrelid", "tgname"]).instead(&[
        ("tgparentid", "x.tgparentid <> 0"),
        ("tgargs", "pg_catalog.encode(x.tgargs, 'escape')"),
        ("tgqual", "CASE WHEN NOT x.tgisinternal THEN pg_catalog.pg_get_triggerdef(x.oid) END"),
    ]),
    rows("pg_rewrite", Of::Itself, "pg_catalog.format('%I on %s', x.rulename, x.ev_class::pg_catalog.regclass)", &[
        "rulename", "ev_class", "ev_qual",
    ])
    .instead(&[("ev_action", "pg_catalog.pg_get_ruledef(x.oid)")]),
    rows("pg_policy", Of::Itself, "pg_catalog.format('%I on %s', x.polname, x.polrelid::pg_catalog.regclass)", &[
        "polname", "polrelid",
    ])
    .instead(&[
        ("polqual", "pg_catalog.pg_get_expr(x.polqual, x.polrelid)"),
        ("polwithcheck", "pg_catalog.pg_get_expr(x.polwithcheck, x.polrelid)"),
    ]),
    rows("pg_statistic_ext", Of::Itself, OBJECT, &["stxname", "stxnamespace"])
        .instead(&[("stxexprs", "pg_catalog.pg_get_statisticsobjdef(x.oid)")]),
    rows("pg_proc", Of::Itself, OBJECT, &["proname", "pronamespace"]).instead(&[
        ("proacl", grants!("proacl", "'f'", "proowner")),
        ("proargdefaults", "pg_catalog.pg_get_function_arguments(x.oid)"),
        ("prosqlbody", "pg_catalog.pg_get_function_sqlbody(x.oid)"),
    ]),
    rows("pg_aggregate", Of::Member("aggfnoid", "pg_proc"), "x.aggfnoid::pg_catalog.regprocedure::text", &["aggfnoid"]),
    rows("pg_type", Of::Itself, OBJECT, &["typname", "typnamespace", "typdefaultbin"])
        .only(IS_TYPE)
        .instead(&[
            ("typacl", grants!("typacl", "'T'", "typowner")),
            ("typarray", "x.typarray <> 0"),
            ("typdefault", "coalesce(pg_catalog.pg_get_expr(x.typdefaultbin, 0), x.typdefault)"),
        ]),
    rows(
        "pg_enum",
        Of::Member("enumtypid", "pg_type"),
        "pg_catalog.format('%s %L', x.enumtypid::pg_catalog.regtype, x.enumlabel)",
        &["enumtypid", "enumlabel"],
    )
    .instead(&[(
        "enumsortorder",
        "(SELECT count(*) FROM pg_catalog.pg_enum o WHERE o.enumtypid = x.enumtypid AND o.enumsortorder < x.enumsortorder)",
    )]),
    rows("pg_range", Of::Member("rngtypid", "pg_type"), "x.rngtypid::pg_catalog.regtype::text", &["rngtypid"]),
    rows("pg_operator", Of::Itself, OBJECT, &["oprname", "oprnamespace"]),
    rows("pg_opfamily", Of::Itself, OBJECT, &["opfname", "opfnamespace"]),
    rows("pg_opclass", Of::Itself, OBJECT, &["opcname", "opcnamespace"]),
    rows("pg_amop", Of::Member("amopfamily", "pg_opfamily"), OBJECT, &["amopfamily"]),
    rows("pg_amproc", Of::Member("amprocfamily", "pg_opfamily"), OBJECT, &["amprocfamily"]),
    rows("pg_collation", Of::Itself, OBJECT, &["collname", "collnamespace"]),
    rows("pg_conversion", Of::Itself, OBJECT, &["conname", "connamespace"]),
    rows("pg_ts_parser", Of::Itself, OBJECT, &["prsname", "prsnamespace"]),
    rows("pg_ts_template", Of::Itself, OBJECT, &["tmplname", "tmplnamespace"]),
    rows("pg_ts_dict", Of::Itself, OBJECT, &["dictname", "dictnamespace"]),
    rows("pg_ts_config", Of::Itself, OBJECT, &["cfgname", "cfgnamespace"]),
    rows(
        "pg_ts_config_map",
        Of::Member("mapcfg", "pg_ts_config"),
        "pg_catalog.format('%s %s %s', x.mapcfg::pg_catalog.regconfig, x.maptokentype, x.mapseqno)",
        &["mapcfg"],
    ),
    rows("pg_default_acl", Of::Member("defaclnamespace", "pg_namespace"), OBJECT, &["defaclnamespace"])
        .instead(&[(
            "defaclacl",
            "(SELECT pg_catalog.array_agg(a::text ORDER BY a::text) FROM pg_catalog.unnest(x.defaclacl) a)",
        )]),
    rows("pg_description", Of::Any("classoid", "objoid"), DESCRIBED, &["objoid", "classoid"])
        .instead(&[("objsubid", "x.objsubid <> 0")]),
    rows("pg_seclabel", Of::Any("classoid", "objoid"), DESCRIBED, &["objoid", "classoid"])
        .instead(&[("objsubid", "x.objsubid <> 0")]),
    rows(
        "pg_depend",
        Of::Any("classid", "objid"),
        "pg_catalog.format('%s on %s', (pg_catalog.pg_identify_object(x.classid, x.objid, x.objsubid)).identity, \
         (pg_catalog.pg_identify_object(x.refclassid, x.refobjid, x.refobjsubid)).identity)",
        &["objid", "objsubid", "refobjid", "refobjsubid"],
    )
    .only(IS_SAID),
];
