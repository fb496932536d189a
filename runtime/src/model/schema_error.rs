//! Faults of a list of models.

use std::collections::BTreeMap;
use std::fmt;

use super::{ModelDef, PlacementKind};
use crate::value::SqlType;

/// The reasons why the models of a [`Schema`](super::Schema) are no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SchemaError {
    violations: Vec<SchemaViolation>,
}

impl SchemaError {
    pub(super) fn new(violations: Vec<SchemaViolation>) -> Self {
        Self { violations }
    }

    /// All that is wrong; at least one thing is.
    pub fn violations(&self) -> &[SchemaViolation] {
        &self.violations
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, violation) in self.violations.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a list of models.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaViolation {
    /// The list names no model.
    #[error(
        "the schema has no models\nhelp: list them with `schema!`, and declare them in a library: a program can't see the models of another program"
    )]
    Empty,
    /// No model of a crate is linked into the program.
    #[error(
        "`{krate}::*` registered no models; is `{krate}` the crate that declares them?\nhelp: name the crate that has the `#[tenant_model]` and `#[shared_model]` structs, by its own name and not a renamed one"
    )]
    NoModels {
        /// The crate.
        krate: String,
    },
    /// Two models have the same table.
    #[error(
        "models `{first}` and `{second}` are both stored in {} table `{table}`\nhelp: give one of them another table with `table = \"...\"`",
        placement.as_str()
    )]
    SameTable {
        /// One model.
        first: String,
        /// The other.
        second: String,
        /// Where the table lives.
        placement: PlacementKind,
        /// The table.
        table: String,
    },
    /// Two models write the same name for an index or a check, or that of a table.
    #[error(
        "models `{first}` and `{second}` both have something called `{name}`, and the names of tables, indexes and constraints differ within a schema\nhelp: write another `name = \"...\"` in one of them"
    )]
    SameName {
        /// One model.
        first: String,
        /// The other.
        second: String,
        /// The name.
        name: String,
    },
    /// Two enums have the same type and other labels, or a table has the type's name.
    #[error(
        "the enum type `{name}` of `{first}` is something else for `{second}`, and one schema has one of that name\nhelp: give one of them another name with `#[column(enum_type = \"...\")]`, or use one enum for both"
    )]
    SameType {
        /// One model.
        first: String,
        /// The other.
        second: String,
        /// The name.
        name: String,
    },
    /// A model references one that is not in the list.
    #[error(
        "`{model}.{field}` references `{target}`, which is not listed in this schema\nhelp: add `{target}` to the `schema!` list, or all models of its crate"
    )]
    Unlisted {
        /// The model.
        model: String,
        /// Its field.
        field: String,
        /// The referenced model.
        target: String,
    },
    /// The rows of two models are the tenants.
    #[error(
        "the rows of both `{first}` and `{second}` are the tenants, and each tenant has one row\nhelp: take `tenant` off one of the two, and give it a field of type `Fk<..>` to the other"
    )]
    TwoTenants {
        /// One model.
        first: String,
        /// The other.
        second: String,
    },
    /// A tenant's own rows reference the rows that are the tenants.
    #[error(
        "`{model}.{field}`, in each tenant's schema, references `{target}`, whose rows are the tenants: a rename or a drop of one tenant would lock this table of every tenant\nhelp: leave the field out, since the schema tells whose the row is, and read the tenant's row with `scope.row::<{target}>()`; to name another tenant, keep its key in a field of type `TenantKey`"
    )]
    OwnTenant {
        /// The tenant model.
        model: String,
        /// Its field.
        field: String,
        /// The model whose rows are the tenants.
        target: String,
    },
    /// A table references a view.
    #[error(
        "`{model}.{field}` references the view `{target}`, and the database looks for rows in tables alone\nhelp: reference the model whose table the view has its key from"
    )]
    ReferenceToView {
        /// The model.
        model: String,
        /// Its field.
        field: String,
        /// The view.
        target: String,
    },
    /// A shared model references a tenant model.
    #[error(
        "shared model `{model}` references tenant model `{target}` through field `{field}`\na `{model}` row exists once, a `{target}` row exists once per tenant: there is no one row to point at\nhelp: place `{model}` with `#[tenant_model]`, or place `{target}` with `#[shared_model]`"
    )]
    SharedToTenant {
        /// The shared model.
        model: String,
        /// Its field.
        field: String,
        /// The tenant model.
        target: String,
    },
}

/// All that is wrong with sorted models, where `empty` are the crates that had none.
pub(super) fn violations(models: &[&ModelDef], empty: &[&str]) -> Vec<SchemaViolation> {
    let mut found: Vec<_> = empty
        .iter()
        .map(|krate| SchemaViolation::NoModels {
            krate: (*krate).to_owned(),
        })
        .collect();
    if models.is_empty() && empty.is_empty() {
        found.push(SchemaViolation::Empty);
    }
    found.extend(
        models
            .windows(2)
            .filter_map(|pair| same_table(pair[0], pair[1])),
    );
    found.extend(same_names(models));
    found.extend(same_types(models));
    found.extend(tenants(models));
    found.extend(models.iter().flat_map(|model| references(model, models)));
    found
}

/// The names that are written in two models, or in one and as the table of another.
fn same_names(models: &[&ModelDef]) -> Vec<SchemaViolation> {
    let mut seen: BTreeMap<(PlacementKind, &str), &ModelDef> = models
        .iter()
        .map(|model| ((model.placement, model.table), *model))
        .collect();
    let mut found = Vec::new();
    for model in models {
        for name in (0..).map_while(|position| model.written_name(position)) {
            if let Some(first) = seen.insert((model.placement, name), model) {
                found.push(SchemaViolation::SameName {
                    first: full_name(first),
                    second: full_name(model),
                    name: name.to_owned(),
                });
            }
        }
    }
    found
}

/// The enum types that are not the same for all models, or have the name of a table, which makes a type too.
fn same_types(models: &[&ModelDef]) -> Vec<SchemaViolation> {
    type Labels = Option<&'static [&'static str]>;
    let mut seen: BTreeMap<(PlacementKind, &str), (&ModelDef, Labels)> = models
        .iter()
        .map(|model| ((model.placement, model.table), (*model, None)))
        .collect();
    let mut found = Vec::new();
    for model in models {
        for def in model.columns {
            let (ty, labels) = match def.sql {
                SqlType::Array(item) => (*item, def.item_labels),
                ty => (ty, def.labels),
            };
            let SqlType::Enum(name) = ty else {
                continue;
            };
            let key = (model.placement, name);
            let (first, known) = *seen.entry(key).or_insert((model, labels));
            if known != labels {
                found.push(SchemaViolation::SameType {
                    first: full_name(first),
                    second: full_name(model),
                    name: name.to_owned(),
                });
            }
        }
    }
    found
}

/// There is one row for each tenant, which can be dropped.
fn tenants(models: &[&ModelDef]) -> Vec<SchemaViolation> {
    let mut tenants = models.iter().filter(|model| model.is_tenant);
    let Some(target) = tenants.next() else {
        return Vec::new();
    };
    let mut found: Vec<_> = tenants
        .map(|second| SchemaViolation::TwoTenants {
            first: full_name(target),
            second: full_name(second),
        })
        .collect();
    let own = models
        .iter()
        .filter(|model| model.placement == PlacementKind::Tenant);
    for model in own {
        let own = model.columns.iter().filter(|column| {
            column
                .references
                .is_some_and(|to| to.model == target.name && to.module == target.module)
        });
        found.extend(own.map(|column| SchemaViolation::OwnTenant {
            model: model.name.to_owned(),
            field: column.field.to_owned(),
            target: target.name.to_owned(),
        }));
    }
    found
}

fn same_table(first: &ModelDef, second: &ModelDef) -> Option<SchemaViolation> {
    let same = first.placement == second.placement && first.table == second.table;
    same.then(|| SchemaViolation::SameTable {
        first: full_name(first),
        second: full_name(second),
        placement: first.placement,
        table: first.table.to_owned(),
    })
}

fn references(model: &ModelDef, models: &[&ModelDef]) -> Vec<SchemaViolation> {
    let mut found = Vec::new();
    let of_columns = model.columns.iter().filter_map(|column| {
        let target = column.references.as_ref()?;
        Some((column.field.to_owned(), target))
    });
    let of_keys = model.foreign_keys.iter();
    let of_keys = of_keys.map(|key| (key.columns.join(", "), &key.references));
    for (field, target) in of_columns.chain(of_keys) {
        let listed =
            |other: &&ModelDef| other.name == target.model && other.module == target.module;
        let model_name = model.name.to_owned();
        if model.placement < target.placement {
            found.push(SchemaViolation::SharedToTenant {
                model: model_name,
                field,
                target: target.model.to_owned(),
            });
        } else if target.is_view && model.view.is_none() {
            found.push(SchemaViolation::ReferenceToView {
                model: model_name,
                field,
                target: target.model.to_owned(),
            });
        } else if !models.iter().any(listed) {
            found.push(SchemaViolation::Unlisted {
                model: model_name,
                field,
                target: format!("{}::{}", target.module, target.model),
            });
        }
    }
    found
}

/// The path of a model, since two with the same table may well have the same name.
fn full_name(model: &ModelDef) -> String {
    format!("{}::{}", model.module, model.name)
}
