//! Fields for the columns of a table.

use super::draft::{DraftEnum, DraftField, DraftOrigin, DraftReference, Drafts, Planned, comment};
use super::enums::KeptEnums;
use super::names::{TypeNames, field, is_column, unraw, variants};
use super::said::{ValueUse, is_sayable, labels, labels_of_type, text_default};
use super::types::{Fit, domain_base, fit, own_name, own_type, unbounded};
use crate::model::{OnDelete, PlacementKind};
use crate::structure::{
    Action, Column, ForeignKey, Namespace, ObjectKind, ObjectName, sequence_of,
};
use crate::value::SqlType;

/// Collects the fields of a model.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    namespace: &'a Namespace,
    plan: &'a Planned<'a>,
    all: &'a [Planned<'a>],
    enums: &'a KeptEnums,
    read: Vec<DraftField>,
    /// Columns without a field.
    left_out: Vec<String>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        namespace: &'a Namespace,
        plan: &'a Planned<'a>,
        all: &'a [Planned<'a>],
        enums: &'a KeptEnums,
    ) -> Self {
        Self {
            namespace,
            plan,
            all,
            enums,
            read: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Returns the fields, those of the key in its order, and the columns without one.
    pub(super) fn into_parts(mut self) -> (Vec<DraftField>, Vec<String>) {
        let columns = &self.plan.table.columns;
        let place = |it: &DraftField| columns.iter().position(|column| column.name == it.column);
        self.read.sort_by_key(place);
        let places: Vec<usize> = (0..self.read.len())
            .filter(|&at| self.read[at].is_key)
            .collect();
        for (place, key) in places.into_iter().zip(&self.plan.keys) {
            if let Some(at) = self.read.iter().position(|it| it.column == key.name) {
                self.read.swap(place, at);
            }
        }
        (self.read, self.left_out)
    }

    pub(super) fn read_all(&mut self, names: &mut TypeNames, drafts: &mut Drafts) {
        // A column that is computed of others comes after them: it can't be said if one of them is left out.
        let (computed, given): (Vec<&Column>, Vec<&Column>) = self
            .plan
            .table
            .columns
            .iter()
            .partition(|it| it.generated.is_some());
        for column in given.into_iter().chain(computed) {
            match self.field_of(column, names, drafts) {
                Ok(field) => self.read.push(field),
                Err(why) => {
                    let required = match column {
                        Column {
                            nullable: false,
                            default: None,
                            identity: false,
                            generated: None,
                            ..
                        } => "; rows of the model can't be inserted without it",
                        _ => "",
                    };
                    drafts.leave_out(
                        self.plan.placement,
                        self.plan.name,
                        format!("no field for column `{}`: {why}{required}", column.name),
                    );
                    self.left_out.push(column.name.clone());
                }
            }
        }
    }

    fn field_of(
        &self,
        column: &Column,
        names: &mut TypeNames,
        drafts: &mut Drafts,
    ) -> Result<DraftField, String> {
        if !is_column(&column.name) {
            return Err("its name is not written in small letters, digits and `_`".to_owned());
        }
        let words = self.words(column);
        if words.contains("VIRTUAL") {
            return Err("it is computed when it is read".to_owned());
        }
        let is_key = self.is_of_key(column);
        if column.identity && !is_key {
            return Err("it is an identity column beside the key".to_owned());
        }
        let is_serial = sequence_of(self.namespace, self.plan.name, column).is_some();
        if is_serial && !is_key {
            return Err("it is numbered by a sequence beside the key".to_owned());
        }
        let (fit, labels, is_enum) = self.type_of(column, names, drafts)?;
        let reference = self.reference(column).filter(|_| labels.is_none());
        let taken: Vec<String> = self
            .plan
            .table
            .columns
            .iter()
            .map(|it| it.name.clone())
            .chain(self.read.iter().map(|it| unraw(&it.name).to_owned()))
            .filter(|it| *it != column.name)
            .collect();
        let name = field(&column.name, reference.is_some(), &taken);
        let is_part = is_key && self.plan.keys.len() > 1;
        let origin = self.origin(column, (is_key, is_serial), &fit, reference.is_some())?;
        let (references, on_delete) = match reference {
            Some((reference, key)) => (Some(reference), on_delete(key, column, &origin)),
            None => (None, OnDelete::NoAction),
        };
        let rust = match &references {
            Some(reference) => format!("Fk<{}>", reference.model),
            None => fit.rust.clone(),
        };
        let is_of_ids = unraw(&name).ends_with("_id") || unraw(&name).ends_with("_ids");
        Ok(DraftField {
            not_a_reference: references.is_none()
                && is_of_ids
                && self.plan.placement == PlacementKind::Shared,
            bounds: fit.argument.filter(|_| references.is_none()),
            name,
            column: column.name.clone(),
            rust,
            sql: if references.is_some() {
                unbounded(fit.sql)
            } else {
                fit.sql
            },
            nullable: column.nullable,
            is_converted: is_enum || is_serial,
            origin,
            is_key,
            is_part,
            unique: false,
            index: false,
            references,
            on_delete,
            labels,
            comment: comment(column.comment.as_deref()),
        })
    }

    fn is_of_key(&self, column: &Column) -> bool {
        self.plan.keys.iter().any(|it| it.name == column.name)
    }

    fn words(&self, column: &Column) -> &str {
        let name = format!("{}.{}", self.plan.name, column.name);
        let name = ObjectName::new(ObjectKind::Column, name);
        self.namespace.objects.get(&name).map_or("", String::as_str)
    }

    /// The type of a field for the column, the labels if it is an enum, and whether that is one of PostgreSQL's.
    fn type_of(
        &self,
        column: &Column,
        names: &mut TypeNames,
        drafts: &mut Drafts,
    ) -> Result<(Fit, Option<Vec<String>>, bool), String> {
        let of_type = own_type(self.namespace, &column.sql_type);
        if let Some(definition) = of_type {
            if let Some(labels) = labels_of_type(definition) {
                let of = (
                    self.plan.placement,
                    self.plan.name.to_owned(),
                    column.name.clone(),
                );
                if let Some(why) = self.enums.get(&of) {
                    return Err((*why).to_owned());
                }
                let name = own_name(&column.sql_type).unwrap_or_default().to_owned();
                let rust = enum_of(&name, &labels, names, drafts)
                    .ok_or("the labels of its enum make no names of variants")?;
                let fit = Fit {
                    rust,
                    sql: SqlType::Text,
                    argument: None,
                };
                return Ok((fit, Some(labels), true));
            }
            // A domain is read and written as what it is made of.
            let base = domain_base(definition);
            let fit = base.and_then(|base| fit(&base));
            let fit = fit.ok_or_else(|| no_type(&column.sql_type))?;
            return Ok((
                Fit {
                    argument: None,
                    sql: unbounded(fit.sql),
                    ..fit
                },
                None,
                false,
            ));
        }
        let fit = fit(&column.sql_type).ok_or_else(|| no_type(&column.sql_type))?;
        let is_text = matches!(fit.sql, SqlType::Text | SqlType::Varchar(_));
        let is_key = self.is_of_key(column);
        if is_text && !is_key && self.reference(column).is_none() {
            let mut checks = self.plan.table.checks.values();
            let found = checks.find_map(|check| labels(&check.condition, &column.name));
            let enum_name = format!("{}_{}", self.plan.model, column.name);
            if let Some(labels) = found
                && let Some(rust) = enum_of(&enum_name, &labels, names, drafts)
            {
                return Ok((Fit { rust, ..fit }, Some(labels), false));
            }
        }
        Ok((fit, None, false))
    }

    /// The model that a column leads to, if it does by its key.
    fn reference(&self, column: &Column) -> Option<(DraftReference, &'a ForeignKey)> {
        let mut keys = self.plan.table.foreign_keys.values();
        keys.find_map(|key| {
            let ([own], [target]) = (&key.columns[..], &key.target.columns[..]) else {
                return None;
            };
            let plan = self
                .all
                .iter()
                .find(|it| it.placement == key.target.placement && it.name == key.target.table)?;
            let [to] = plan.keys[..] else {
                return None;
            };
            let is_same =
                *own == column.name && to.name == *target && to.sql_type == column.sql_type;
            is_same.then(|| {
                let reference = DraftReference {
                    model: plan.model.clone(),
                    placement: plan.placement,
                    table: plan.name.to_owned(),
                    column: to.name.clone(),
                };
                (reference, key)
            })
        })
    }

    fn origin(
        &self,
        column: &Column,
        (is_key, is_serial): (bool, bool),
        fit: &Fit,
        is_reference: bool,
    ) -> Result<DraftOrigin, String> {
        if let Some(sql) = &column.generated {
            if !is_sayable(sql, ValueUse::Stored, &self.left_out) {
                return Err(format!(
                    "it is computed as `{sql}`, which a model can't say"
                ));
            }
            return Ok(DraftOrigin::Generated(super::said::bare(sql).to_owned()));
        }
        let is_alone = is_key && self.plan.keys.len() == 1;
        if is_alone && (column.identity || is_serial) && fit.sql.is_integer() {
            return Ok(DraftOrigin::Key);
        }
        let Some(sql) = &column.default else {
            return Ok(DraftOrigin::Given);
        };
        if is_alone && sql == "gen_random_uuid()" && fit.sql == SqlType::Uuid {
            return Ok(DraftOrigin::Key);
        }
        Ok(default_of(sql, fit, is_reference).unwrap_or(DraftOrigin::Given))
    }
}

fn no_type(sql_type: &str) -> String {
    format!(
        "no field has the type `{}`",
        sql_type
            .replace("\"{tenant}\".", "")
            .replace("\"{shared}\".", "")
    )
}

/// A default that a model can say.
fn default_of(sql: &str, fit: &Fit, is_reference: bool) -> Option<DraftOrigin> {
    let said = |sql: &str, shown: String| {
        Some(DraftOrigin::Default {
            sql: sql.to_owned(),
            shown,
        })
    };
    let is_whole = |sql: &str| {
        let digits = sql.strip_prefix('-').unwrap_or(sql);
        !digits.is_empty() && digits.len() < 10 && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let is_literal = match fit.sql {
        SqlType::Boolean => ["true", "false"].contains(&sql),
        other => other.is_integer() && is_whole(sql),
    };
    if is_reference {
        // The literal would be compared with the type of the field.
    } else if is_literal {
        return said(sql, sql.to_owned());
    } else if matches!(fit.sql, SqlType::Text | SqlType::Varchar(_))
        && let Some((text, _)) = text_default(sql)
    {
        let quoted = format!("'{}'", text.replace('\'', "''"));
        return said(&quoted, format!("{text:?}"));
    }
    is_sayable(sql, ValueUse::Checked, &[])
        .then(|| said(sql, format!("sql({})", super::print::literal(sql))))
        .flatten()
}

fn on_delete(key: &ForeignKey, column: &Column, origin: &DraftOrigin) -> OnDelete {
    match key.on_delete {
        Action::Cascade => OnDelete::Cascade,
        Action::Restrict => OnDelete::Restrict,
        Action::SetNull if column.nullable => OnDelete::SetNull,
        Action::SetDefault if matches!(origin, DraftOrigin::Default { .. }) => OnDelete::SetDefault,
        _ => OnDelete::NoAction,
    }
}

/// The name of the enum with these labels, which is made if there is none yet.
fn enum_of(
    name: &str,
    labels: &[String],
    names: &mut TypeNames,
    drafts: &mut Drafts,
) -> Option<String> {
    let variants = variants(labels)?;
    let wanted = super::names::camel(name);
    let known = drafts
        .enums
        .iter()
        .find(|it| it.labels == labels && it.wanted == wanted);
    if let Some(known) = known {
        return Some(known.name.clone());
    }
    let name = names.of_enum(&wanted);
    drafts.enums.push(DraftEnum {
        name: name.clone(),
        wanted,
        variants,
        labels: labels.to_vec(),
    });
    Some(name)
}
