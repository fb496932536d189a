//! Random states that PostgreSQL accepts.
//!
//! Two states have their names out of one small pool, so that they have tables, columns, constraints and indexes in
//! common, the same ones or others of the same name.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{Index as Pick, select};
use tenantry::model::PlacementKind::{self, Shared, Tenant};
use tenantry::structure::{
    Action, Check, Column, Deferral, ForeignKey, Index, IndexPart, Nulls, PrimaryKey, State, Table,
    Target, Unique,
};

const TABLES: [&str; 4] = ["orders", "Or\"der", "plans", "user"];
const COLUMNS: [&str; 5] = ["code", "na\"me", "Total", "state", "select"];

/// Any state.
pub(crate) fn state() -> impl Strategy<Value = State> {
    (tables(), tables()).prop_map(|(shared, tenant)| {
        let mut state = State::default();
        build(&mut state, Shared, &shared);
        build(&mut state, Tenant, &tenant);
        state
    })
}

/// The parts of a table, before it is known what the other tables are.
#[derive(Debug, Clone)]
struct Draft {
    key: Option<Key>,
    columns: Vec<Option<DraftColumn>>,
    uniques: Vec<(Pick, Pick, bool, Deferral)>,
    checks: Vec<(Pick, Pick, bool)>,
    indexes: Vec<DraftIndex>,
    references: Vec<DraftReference>,
    comment: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Key {
    Identity(&'static str),
    Uuid,
    Given,
}

#[derive(Debug, Clone)]
struct DraftColumn {
    ty: &'static str,
    nullable: bool,
    default: Option<Pick>,
    /// The column that it is computed of, and how.
    generated: Option<(Pick, Pick)>,
    comment: Option<String>,
}

#[derive(Debug, Clone)]
struct DraftIndex {
    name: &'static str,
    parts: Vec<(Pick, bool, Option<Nulls>, bool)>,
    unique: bool,
    filter: Option<Pick>,
    include: Option<Pick>,
    method: Pick,
}

#[derive(Debug, Clone)]
struct DraftReference {
    to_shared: bool,
    table: Pick,
    key: Pick,
    on_delete: Action,
    on_update: Action,
    deferral: Deferral,
    not_valid: bool,
}

fn tables() -> impl Strategy<Value = Vec<Option<Draft>>> {
    vec(weighted(0.7, draft()), TABLES.len())
}

fn draft() -> impl Strategy<Value = Draft> {
    let key = select(&[
        Some(Key::Identity("bigint")),
        Some(Key::Identity("integer")),
        Some(Key::Uuid),
        Some(Key::Given),
        None,
    ]);
    (
        key,
        vec(weighted(0.7, column()), COLUMNS.len()),
        vec(
            (any::<Pick>(), any::<Pick>(), weighted_bool(0.2), deferral()),
            0..3,
        ),
        vec((any::<Pick>(), any::<Pick>(), weighted_bool(0.2)), 0..4),
        vec(index(), 0..3),
        vec(reference(), 0..3),
        comment(),
    )
        .prop_map(
            |(key, columns, uniques, checks, indexes, references, comment)| Draft {
                key,
                columns,
                uniques,
                checks,
                indexes,
                references,
                comment,
            },
        )
}

fn column() -> impl Strategy<Value = DraftColumn> {
    let types: Vec<&str> = TYPES.iter().map(|kind| kind.ty).collect();
    (
        select(types),
        any::<bool>(),
        weighted(0.4, any::<Pick>()),
        weighted(0.3, (any::<Pick>(), any::<Pick>())),
        comment(),
    )
        .prop_map(|(ty, nullable, default, generated, comment)| DraftColumn {
            ty,
            nullable,
            default,
            generated,
            comment,
        })
}

fn index() -> impl Strategy<Value = DraftIndex> {
    let nulls = weighted(0.3, select(&[Nulls::First, Nulls::Last][..]));
    (
        // Names of tables too: an index may take the name of a table that goes.
        select(&["by_code", "by_name", "orders", "user", "a_key"][..]),
        vec(
            (any::<Pick>(), any::<bool>(), nulls, weighted_bool(0.3)),
            1..3,
        ),
        weighted_bool(0.3),
        weighted(0.3, any::<Pick>()),
        weighted(0.3, any::<Pick>()),
        any::<Pick>(),
    )
        .prop_map(
            |(name, parts, unique, filter, include, method)| DraftIndex {
                name,
                parts,
                unique,
                filter,
                include,
                method,
            },
        )
}

fn reference() -> impl Strategy<Value = DraftReference> {
    let action = || {
        select(&[
            Action::NoAction,
            Action::Restrict,
            Action::Cascade,
            Action::SetNull,
        ])
    };
    (
        any::<bool>(),
        any::<Pick>(),
        any::<Pick>(),
        action(),
        action(),
        deferral(),
        weighted_bool(0.2),
    )
        .prop_map(
            |(to_shared, table, key, on_delete, on_update, deferral, not_valid)| DraftReference {
                to_shared,
                table,
                key,
                on_delete,
                on_update,
                deferral,
                not_valid,
            },
        )
}

fn deferral() -> impl Strategy<Value = Deferral> {
    prop_oneof![
        4 => Just(Deferral::Never),
        1 => Just(Deferral::Deferrable),
        1 => Just(Deferral::InitiallyDeferred),
    ]
}

fn weighted_bool(probability: f64) -> impl Strategy<Value = bool> {
    proptest::bool::weighted(probability)
}

fn comment() -> impl Strategy<Value = Option<String>> {
    weighted(
        0.2,
        select(
            &[
                "What it is.",
                "it's \\ \"{odd}\" $1",
                "\"{tenant}\".\"a\"",
                "zwei\nZeilen",
            ][..],
        ),
    )
    .prop_map(|text| text.map(str::to_owned))
}

/// A type, and what goes with it.
struct Kind {
    ty: &'static str,
    defaults: &'static [&'static str],
    /// Checks and filters about a column `@`.
    conditions: &'static [&'static str],
    expressions: &'static [&'static str],
    methods: &'static [&'static str],
}

const TEXT_CONDITIONS: &[&str] = &["@ <> ''", "@ IN ('a', 'it''s')", "length(@) < 9"];
const NUMBER_CONDITIONS: &[&str] = &["@ > 0", "@ BETWEEN 1 AND 9", "@ IN (1, 2)"];

const fn kind(
    ty: &'static str,
    defaults: &'static [&'static str],
    conditions: &'static [&'static str],
    expressions: &'static [&'static str],
    methods: &'static [&'static str],
) -> Kind {
    Kind {
        ty,
        defaults,
        conditions,
        expressions,
        methods,
    }
}

#[rustfmt::skip]
const TYPES: &[Kind] = &[
    kind("text", &["''", "'a' || 'b'"], TEXT_CONDITIONS, &["lower(@)", "@ || 'x'"], &["hash"]),
    kind("character varying(40)", &["'a'"], TEXT_CONDITIONS, &["lower(@)"], &["hash"]),
    kind("character varying(80)", &["'a'"], TEXT_CONDITIONS, &["lower(@)"], &[]),
    kind("integer", &["0", "1 + 1"], NUMBER_CONDITIONS, &["@ + 1"], &["brin"]),
    kind("bigint", &["0"], NUMBER_CONDITIONS, &["@ + 1", "abs(@)"], &["brin"]),
    kind("numeric", &["0", "1.50"], NUMBER_CONDITIONS, &["@ * 2"], &[]),
    kind("numeric(12,2)", &["0"], NUMBER_CONDITIONS, &["@ * 2"], &[]),
    kind("boolean", &["false", "true"], &["@", "NOT @"], &["NOT @"], &[]),
    kind("date", &["now()", "'2020-02-29'"], &["@ > '2000-01-01'"], &[], &[]),
    kind("timestamp(3) with time zone", &["now()"], &["@ > '2000-01-01'"], &[], &[]),
    kind("uuid", &["gen_random_uuid()"], &[], &[], &["hash"]),
    kind("jsonb", &["'{}'", "'{\"a\": 1}'"], &["@ <> '{}'"], &["@ -> 'a'"], &["gin"]),
    kind("integer[]", &["'{}'"], &["cardinality(@) < 5"], &["cardinality(@)"], &["gin"]),
];

fn kind_of(ty: &str) -> &'static Kind {
    TYPES.iter().find(|kind| kind.ty == ty).unwrap()
}

fn about(template: &str, column: &str) -> String {
    template.replace('@', &format!("\"{}\"", column.replace('"', "\"\"")))
}

fn build(state: &mut State, placement: PlacementKind, drafts: &[Option<Draft>]) {
    let drafts: Vec<(&str, &Draft)> = TABLES
        .into_iter()
        .zip(drafts)
        .filter_map(|(name, draft)| Some((name, draft.as_ref()?)))
        .collect();
    let mut names: BTreeSet<String> = drafts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let tables: Vec<(&str, Table)> = drafts
        .iter()
        .map(|&(name, draft)| (name, table(name, draft, &mut names)))
        .collect();
    for (name, table) in tables {
        state
            .namespace_mut(placement)
            .tables
            .insert(name.to_owned(), table);
    }
    for (name, draft) in drafts {
        for (number, reference) in draft.references.iter().enumerate() {
            refer(state, placement, name, number, reference);
        }
    }
}

fn table(name: &str, draft: &Draft, names: &mut BTreeSet<String>) -> Table {
    let mut table = Table::default();
    table.comment.clone_from(&draft.comment);
    if let Some(key) = draft.key {
        table.columns.push(key_column(key));
        let constraint = format!("{name}_pkey");
        names.insert(constraint.clone());
        table.primary_key = Some(PrimaryKey::new(constraint, ["id"]));
    }
    for (column, draft) in COLUMNS.into_iter().zip(&draft.columns) {
        let Some(draft) = draft else { continue };
        let defaults = kind_of(draft.ty).defaults;
        let mut column = Column::new(column, draft.ty);
        column.nullable = draft.nullable;
        column.default = draft
            .default
            .as_ref()
            .map(|pick| (*pick.get(defaults)).to_owned());
        column.comment.clone_from(&draft.comment);
        if let Some((of, how)) = draft.generated {
            compute(&mut column, &table, of, how);
        }
        table.columns.push(column);
    }
    if table.columns.is_empty() {
        return table;
    }
    for (number, (one, other, nulls, deferral)) in draft.uniques.iter().enumerate() {
        let mut unique = Unique::new(distinct(&table, *one, *other));
        unique.nulls_not_distinct = *nulls;
        unique.deferral = *deferral;
        let constraint = format!("{name}_{number}_key");
        names.insert(constraint.clone());
        table.uniques.insert(constraint, unique);
    }
    for (number, (column, condition, not_valid)) in draft.checks.iter().enumerate() {
        if let Some(condition) = condition_on(&table, *column, *condition) {
            let mut check = Check::new(condition);
            check.not_valid = *not_valid;
            table.checks.insert(format!("{name}_{number}_check"), check);
        }
    }
    for draft in &draft.indexes {
        if names.insert(draft.name.to_owned()) {
            let index = index_of(&table, draft);
            table.indexes.insert(draft.name.to_owned(), index);
        }
    }
    table
}

/// Has a column be computed of one that is not, if the table has any so far.
fn compute(column: &mut Column, table: &Table, of: Pick, how: Pick) {
    let plain: Vec<&Column> = table
        .columns
        .iter()
        .filter(|it| it.generated.is_none())
        .collect();
    if !plain.is_empty() {
        let of = of.get(&plain);
        let expression = how.get(&["@", "coalesce(@, @)"][..]);
        column.sql_type.clone_from(&of.sql_type);
        column.default = None;
        column.generated = Some(about(expression, &of.name));
    }
}

fn key_column(key: Key) -> Column {
    match key {
        Key::Identity(ty) => {
            let mut column = Column::new("id", ty);
            column.identity = true;
            column
        }
        Key::Uuid => {
            let mut column = Column::new("id", "uuid");
            column.default = Some("gen_random_uuid()".to_owned());
            column
        }
        Key::Given => Column::new("id", "text"),
    }
}

fn distinct(table: &Table, one: Pick, other: Pick) -> Vec<String> {
    let mut columns = vec![one.get(&table.columns).name.clone()];
    let other = &other.get(&table.columns).name;
    if columns[0] != *other {
        columns.push(other.clone());
    }
    columns
}

fn condition_on(table: &Table, column: Pick, condition: Pick) -> Option<String> {
    let column = column.get(&table.columns);
    let conditions = kind_of(&column.sql_type).conditions;
    (!conditions.is_empty()).then(|| about(condition.get::<&str>(conditions), &column.name))
}

fn index_of(table: &Table, draft: &DraftIndex) -> Index {
    let first = draft.parts[0].0.get(&table.columns);
    let methods = kind_of(&first.sql_type).methods;
    if !methods.is_empty() && !draft.unique && draft.method.index(3) == 0 {
        let mut index = Index::new([IndexPart::column(&first.name)]);
        index.method = Some((*draft.method.get(methods)).to_owned());
        return index;
    }
    let parts = draft
        .parts
        .iter()
        .map(|(column, descending, nulls, is_expression)| {
            let column = column.get(&table.columns);
            let expressions = kind_of(&column.sql_type).expressions;
            let mut part = match expressions.first() {
                Some(expression) if *is_expression => {
                    IndexPart::expression(about(expression, &column.name))
                }
                _ => IndexPart::column(&column.name),
            };
            part.descending = *descending;
            // What is usual anyway is not said.
            part.nulls = nulls.filter(|nulls| (*nulls == Nulls::First) != *descending);
            part
        });
    let mut index = Index::new(parts);
    index.unique = draft.unique;
    index.include = draft
        .include
        .iter()
        .map(|pick| pick.get(&table.columns).name.clone())
        .collect();
    index.filter = draft
        .filter
        .and_then(|pick| condition_on(table, pick, pick));
    if draft.unique && draft.method.index(2) == 0 {
        index.unique = false;
        index.operators = vec!["=".to_owned(); index.parts.len()];
    }
    index
}

/// Adds a foreign key, and a column for it that has the type of what it references.
fn refer(
    state: &mut State,
    placement: PlacementKind,
    name: &str,
    number: usize,
    draft: &DraftReference,
) {
    let target_placement = if draft.to_shared { Shared } else { placement };
    let targets: Vec<(String, Column)> = state
        .namespace(target_placement)
        .tables
        .iter()
        .flat_map(|(name, table)| keys(table, &draft.key).map(move |column| (name.clone(), column)))
        .collect();
    if targets.is_empty() {
        return;
    }
    let (target, key) = draft.table.get(&targets);
    let table = state.namespace_mut(placement).tables.get_mut(name).unwrap();
    let mut column = Column::new(format!("ref{number}"), &key.sql_type);
    column.nullable = true;
    let target = Target::new(target_placement, target, [&key.name]);
    let mut foreign_key = ForeignKey::new([&column.name], target);
    foreign_key.on_delete = draft.on_delete;
    foreign_key.on_update = draft.on_update;
    foreign_key.deferral = draft.deferral;
    foreign_key.not_valid = draft.not_valid;
    table.columns.push(column);
    table
        .foreign_keys
        .insert(format!("{name}_{number}_fkey"), foreign_key);
}

/// A column of a table that a foreign key can reference. PostgreSQL wants one whose constraint is checked at once.
fn keys(table: &Table, pick: &Pick) -> impl Iterator<Item = Column> {
    let primary = table.primary_key.iter().map(|key| &key.columns);
    let uniques = table
        .uniques
        .values()
        .filter(|unique| unique.deferral == Deferral::Never)
        .map(|unique| &unique.columns);
    let single: Vec<&String> = primary
        .chain(uniques)
        .filter_map(|columns| match &columns[..] {
            [column] => Some(column),
            _ => None,
        })
        .collect();
    let picked = (!single.is_empty()).then(|| *pick.get(&single));
    picked
        .and_then(|name| table.column(name).cloned())
        .into_iter()
}
