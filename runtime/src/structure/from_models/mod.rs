//! The state that models ask for.

mod conditions;
mod foreign_key;
mod index;
mod lasting;
mod types;
mod view;

use tenantry_sql::mentions;

use conditions::{one_of, range};
use foreign_key::{add_foreign_key, foreign_key};
use index::{add_index, is_first_of_an_index, unique_where};
use lasting::{has_condition, has_foreign_key, has_index, lasting};
use types::add_types;
use view::view;

use super::names::Names;
use super::slots::slot;
use super::{Check, Column, Index, IndexPart, PrimaryKey, State, Table, Unique};
use crate::model::{ColumnDef, ModelDef, PlacementKind, Source};

impl State {
    /// The state that these models ask for.
    ///
    /// Every constraint and index gets a name: the one that its model gives, or the one that PostgreSQL would (such as
    /// `customers_email_key`), cut and made distinct where that is too long or taken. The names depend on the models
    /// alone, not on their order. A foreign key's column gets an index unless it is the first column of another one.
    pub fn from_models(models: &[&ModelDef]) -> Self {
        let mut state = Self::default();
        let tenants = models.iter().find(|model| model.is_tenant);
        let tenants = tenants.map(|model| model.table);
        for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
            let mut models: Vec<&ModelDef> = models
                .iter()
                .copied()
                .filter(|model| model.placement == placement)
                .collect();
            models.sort_by_key(|model| model.table);
            let mut names = reserve(&models);
            for model in models {
                if let Some(query) = &model.view {
                    let views = &mut state.namespace_mut(placement).views;
                    views.insert(model.table.to_owned(), view(model, query));
                    continue;
                }
                add_types(&mut state, model);
                let tables = &mut state.namespace_mut(placement).tables;
                tables.insert(model.table.to_owned(), table(model, tenants, &mut names));
            }
        }
        state
    }
}

/// Takes the tables' names, and keeps those that the models give to constraints and indexes.
fn reserve(models: &[&ModelDef]) -> Names {
    let mut names = Names::default();
    for model in models {
        names.take(model.table);
        let indexes = model.indexes.iter().filter_map(|index| index.name);
        let checks = model.checks.iter().filter_map(|check| check.name);
        let keys = model.foreign_keys.iter().filter_map(|key| key.name);
        indexes
            .chain(checks)
            .chain(keys)
            .for_each(|name| names.want(name));
    }
    names
}

/// The table of a model, where the rows of one shared table may be the tenants.
fn table(model: &ModelDef, tenants: Option<&str>, names: &mut Names) -> Table {
    let mut table = Table {
        comment: model.comment.map(str::to_owned),
        columns: lasting(model).map(|def| column(model, def)).collect(),
        primary_key: Some(PrimaryKey::new(
            names.derive(model.table, &[], "pkey", ""),
            model.key_columns().map(|key| key.name),
        )),
        is_tenant: model.is_tenant,
        is_each_tenant: model.is_tenant,
        ..Table::default()
    };
    for def in lasting(model) {
        constrain(&mut table, model, (def, tenants), names);
    }
    for def in model.indexes.iter().filter(|def| has_index(model, def)) {
        add_index(&mut table, model, def, names);
    }
    for def in model
        .checks
        .iter()
        .filter(|def| has_condition(model, def.condition))
    {
        let name = match def.name {
            Some(name) => names.take(name),
            None => names.derive(
                model.table,
                &mentioned(model, def.condition),
                "check",
                def.condition,
            ),
        };
        table.checks.insert(name, Check::new(def.condition));
    }
    for def in model
        .foreign_keys
        .iter()
        .filter(|def| has_foreign_key(model, def))
    {
        add_foreign_key(&mut table, model, (def, tenants), names);
    }
    // The foreign keys' own indexes come last, when it is known which columns another index covers.
    for def in lasting(model) {
        let wanted = def.index || def.references.is_some();
        if wanted && !is_first_of_an_index(&table, def.name) {
            let name = names.derive(model.table, &[def.name], "idx", def.name);
            table
                .indexes
                .insert(name, Index::new([IndexPart::column(def.name)]));
        }
    }
    table
}

fn column(model: &ModelDef, def: &ColumnDef) -> Column {
    Column {
        nullable: def.nullable,
        default: def.default_sql().map(str::to_owned),
        identity: def.source == Source::Identity,
        generated: def.source.generated_sql().map(str::to_owned),
        comment: def.comment.map(str::to_owned),
        ..Column::new(def.name, def.sql.in_schema(slot(model.placement)))
    }
}

/// Adds the constraints that a column has of its own.
fn constrain(
    table: &mut Table,
    model: &ModelDef,
    (def, tenants): (&ColumnDef, Option<&str>),
    names: &mut Names,
) {
    // A primary key is unique already.
    if def.unique && !model.is_of_key(def) {
        // Of a deleted row another can have the value.
        if let Some(live) = model.live() {
            let name = names.derive(model.table, &[def.name], "idx", def.name);
            let index = Index::new([IndexPart::column(def.name)]);
            table.indexes.insert(name, unique_where(index, live));
        } else {
            let name = names.derive(model.table, &[def.name], "key", def.name);
            table.uniques.insert(name, Unique::new([def.name]));
        }
    }
    let conditions = [
        def.check.map(str::to_owned),
        // A type of PostgreSQL's own has no others.
        def.labels
            .filter(|_| def.sql.read_as().is_none())
            .map(|labels| one_of(def.name, labels)),
        range(def),
    ];
    for condition in conditions.into_iter().flatten() {
        let name = names.derive(model.table, &[def.name], "check", &condition);
        table.checks.insert(name, Check::new(condition));
    }
    if let Some(reference) = def.references.as_ref().filter(|_| def.constraint) {
        let name = names.derive(model.table, &[def.name], "fkey", def.name);
        let is_to_tenant =
            reference.placement == PlacementKind::Shared && tenants == Some(reference.table);
        let key = foreign_key(def, reference, is_to_tenant);
        table.foreign_keys.insert(name, key);
    }
}

/// The columns of a model that an expression names, in the model's order.
fn mentioned(model: &ModelDef, sql: &str) -> Vec<&'static str> {
    model
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| mentions(sql, name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CheckDef, IndexDef, IndexPart as Part, OnDelete, Reference, Statements};
    use crate::structure::Action;

    const fn model(
        placement: PlacementKind,
        table: &'static str,
        columns: &'static [ColumnDef],
    ) -> ModelDef {
        ModelDef {
            name: "M",
            module: "m",
            placement,
            table,
            was: None,
            comment: None,
            columns,
            key: &[0],
            given: &[],
            indexes: &[],
            checks: &[],
            foreign_keys: &[],
            as_strict_as: &[],
            is_tenant: false,
            view: None,
            overlay: None,
            statements: Statements::NONE,
        }
    }

    const PLAN: ModelDef = model(
        PlacementKind::Shared,
        "plans",
        &[
            ColumnDef::new::<i64>("id", "id").key(),
            ColumnDef::new::<String>("code", "code")
                .max_length(40)
                .unique(),
        ],
    );

    const fn plan_reference(mut column: ColumnDef) -> ColumnDef {
        column.references = Some(Reference {
            model: "Plan",
            module: "m",
            placement: PlacementKind::Shared,
            table: "plans",
            column: "id",
            is_view: false,
            is_overlay: false,
        });
        column
    }

    const CUSTOMER: ModelDef = ModelDef {
        comment: Some("Who pays."),
        indexes: &[
            IndexDef {
                name: None,
                parts: &[Part::Column("region"), Part::Column("name")],
                unique: true,
                filter: None,
                method: None,
                operators: &[],
            },
            IndexDef {
                name: None,
                parts: &[Part::Expression("lower(name)")],
                unique: true,
                filter: Some("region > 0"),
                method: Some("btree"),
                operators: &[],
            },
            IndexDef {
                name: Some("by_plan"),
                parts: &[Part::Column("second_plan"), Part::Column("name")],
                unique: false,
                filter: None,
                method: None,
                operators: &[],
            },
        ],
        checks: &[
            CheckDef {
                name: None,
                condition: "region > 0 AND name <> ''",
            },
            CheckDef {
                name: None,
                condition: "name <> '' AND region < 9",
            },
        ],
        ..model(
            PlacementKind::Tenant,
            "customers",
            &[
                ColumnDef::new::<i64>("id", "id").key().unique(),
                ColumnDef::new::<String>("name", "name"),
                ColumnDef::new::<Option<i32>>("region", "region").check("region <> 3"),
                plan_reference(ColumnDef::new::<i64>("plan", "plan")).on_delete(OnDelete::Cascade),
                plan_reference(ColumnDef::new::<i64>("second_plan", "second_plan")),
                ColumnDef {
                    labels: Some(&["new", "o'k"]),
                    item_labels: None,
                    ..ColumnDef::new::<String>("state", "state")
                },
            ],
        )
    };

    fn keys<V>(map: &std::collections::BTreeMap<String, V>) -> Vec<&str> {
        map.keys().map(String::as_str).collect()
    }

    #[test]
    fn constraints_and_indexes_get_the_names_that_postgresql_would_give() {
        let state = State::from_models(&[&CUSTOMER, &PLAN]);
        assert_eq!(keys(&state.shared.tables), ["plans"]);
        let plans = &state.shared.tables["plans"];
        assert_eq!(plans.primary_key.as_ref().unwrap().name, "plans_pkey");
        assert_eq!(keys(&plans.uniques), ["plans_code_key"]);
        assert!(plans.columns[0].identity);
        assert_eq!(plans.columns[1].sql_type, "character varying(40)");

        let customers = &state.tenant.tables["customers"];
        assert_eq!(customers.comment.as_deref(), Some("Who pays."));
        assert_eq!(keys(&customers.uniques), ["customers_region_name_key"]);
        assert_eq!(
            keys(&customers.foreign_keys),
            ["customers_plan_fkey", "customers_second_plan_fkey"]
        );
        assert_eq!(
            customers.checks["customers_state_check"].condition,
            "\"state\" IN ('new', 'o''k')"
        );
        assert_eq!(
            customers.checks["customers_region_check"].condition,
            "region <> 3"
        );
        assert_eq!(
            customers.checks["customers_name_region_check"].condition,
            "region > 0 AND name <> ''"
        );
        assert_eq!(customers.checks.len(), 4);
    }

    #[test]
    fn a_foreign_key_gets_an_index_unless_another_starts_with_its_column() {
        let state = State::from_models(&[&CUSTOMER, &PLAN]);
        let customers = &state.tenant.tables["customers"];
        assert_eq!(
            keys(&customers.indexes),
            ["by_plan", "customers_expr_idx", "customers_plan_idx"]
        );
        let unique = &customers.indexes["customers_expr_idx"];
        assert!(unique.unique);
        assert_eq!(unique.filter.as_deref(), Some("region > 0"));
        assert_eq!(unique.method, None);
        assert_eq!(
            customers.foreign_keys["customers_plan_fkey"].on_delete,
            Action::Cascade
        );
    }

    #[test]
    fn the_order_of_the_models_does_not_matter() {
        assert_eq!(
            State::from_models(&[&CUSTOMER, &PLAN]).to_json(),
            State::from_models(&[&PLAN, &CUSTOMER]).to_json()
        );
    }

    #[test]
    fn no_two_constraints_or_indexes_of_a_schema_have_the_same_name() {
        const INDEXED: ModelDef = model(
            PlacementKind::Tenant,
            "a_b",
            &[
                ColumnDef::new::<i64>("id", "id").key(),
                ColumnDef::new::<i64>("c", "c").index(),
            ],
        );
        const ALIKE: ModelDef = model(
            PlacementKind::Tenant,
            "a",
            &[
                ColumnDef::new::<i64>("id", "id").key(),
                ColumnDef::new::<i64>("b_c", "b_c").index(),
            ],
        );
        const TABLE: ModelDef = model(
            PlacementKind::Tenant,
            "a_pkey",
            &[ColumnDef::new::<i64>("id", "id").key()],
        );
        let state = State::from_models(&[&INDEXED, &ALIKE, &TABLE]);
        let mut names: Vec<&str> = state
            .tenant
            .tables
            .iter()
            .flat_map(|(name, table)| table.relation_names(name))
            .collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!((names.len(), count), (8, 8), "{names:?}");
    }
}
