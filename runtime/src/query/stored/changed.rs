//! Changes of a row since it was loaded.

use super::{Before, More, Stored};
use crate::error::{Error, ErrorKind, Invalid, Result};
use crate::exec::{Effect, Gives, Statement};
use crate::model::{ColumnDef, KeyValues, Model, ModelDef, Source};
use crate::place::Context;
use crate::query::error::{check_origin, invalid, key_changed};
use crate::query::fits::check_stored;
use crate::query::saved::{self, StoredDeletion};
use crate::query::tolerance::check_named;
use crate::query::unsettled::Possible;
use crate::value::Param;

/// The changes of a row that are to be stored.
#[derive(Clone)]
pub(in crate::query) struct ChangedRow {
    /// The key, as it is stored.
    pub(in crate::query) key: KeyValues,
    /// Whether the row is deleted, if it is known and the model's deleted rows stay in the table.
    pub(in crate::query) is_deleted: Option<bool>,
    /// The times at which it may have been deleted, as it is stored.
    deleted_at: Vec<Param>,
    /// The versions that may be stored, if the model has one.
    pub(in crate::query) versions: Vec<Param>,
    /// Of all columns, those that have changed.
    pub(in crate::query) values: Vec<Option<Param>>,
}

impl<M: Model> Stored<M> {
    /// The column of the version, and those that may be stored.
    pub(super) fn versions(
        &self,
        operation: &'static str,
    ) -> Result<Option<(&'static ColumnDef, Vec<Param>)>> {
        let mut columns = M::DEF.columns.iter().enumerate();
        let Some((column, def)) = columns.find(|(_, def)| def.source == Source::Version) else {
            return Ok(None);
        };
        let possible = self.stored_values(operation)?;
        // That which was saved last is at hand unless the row was lent since.
        let is_at_hand = possible.or_saved && !matches!(self.before(), Before::Kept(_));
        let at_hand = is_at_hand.then(|| self.values(operation)).transpose()?;
        let before = possible.before.iter().map(|before| before[column].clone());
        let at_hand = at_hand.iter().map(|values| values[column].clone());
        Ok(Some((def, before.chain(at_hand).collect())))
    }

    /// Whether the row is deleted as it is stored, and at which times it may have been; none if that is not known, or if deleted rows do
    /// not stay in the table.
    fn deleted(&self, possible: &Possible<'_>, now: &[Param]) -> (Option<bool>, Vec<Param>) {
        let Some(column) = M::DEF.columns.iter().position(|def| def.soft_delete) else {
            return (None, Vec::new());
        };
        let is_at_hand = possible.or_saved && !matches!(self.before(), Before::Kept(_));
        let at_hand = is_at_hand.then_some(now);
        let all = possible.before.iter().copied().chain(at_hand);
        let (live, times): (Vec<&Param>, Vec<&Param>) = all
            .map(|values| &values[column])
            .partition(|time| time.is_null());
        let is_known = live.is_empty() || times.is_empty();
        let is_deleted = is_known.then_some(live.is_empty());
        (is_deleted, times.into_iter().cloned().collect())
    }

    /// The changes, if there are any.
    pub(in crate::query) fn changed(&self, context: &Context) -> Result<Option<ChangedRow>> {
        let model = M::DEF;
        check_origin(model, &self.origin, context, "save")?;
        let is_undone = self.possible().is_some();
        let possible = self.stored_values("save")?;
        let Some(before) = possible.before.first() else {
            return Ok(None);
        };
        let now = self.values("save")?;
        let rekeyed = model.key.iter().find(|&&at| before[at] != now[at]);
        if let Some(&at) = rekeyed {
            return Err(key_changed(model, &model.columns[at]));
        }
        let changed = saved::changed(model, &possible.before, &now, is_undone)
            .map_err(|error| error.in_model(model, "save"))?;
        if changed.is_empty() {
            return Ok(None);
        }
        check_there(model, &changed, context)?;
        self.check(&changed, &now)
            .map_err(|error| error.in_model(model, "save"))?;
        let versions = self.versions("save")?;
        let key = KeyValues::among(model, before);
        let (is_deleted, deleted_at) = self.deleted(&possible, &now);
        let values = now.into_iter().enumerate();
        let values = values.map(|(i, value)| changed.contains(&i).then_some(value));
        Ok(Some(ChangedRow {
            key,
            is_deleted,
            deleted_at,
            versions: versions.map_or_else(Vec::new, |(_, versions)| versions),
            values: values.collect(),
        }))
    }

    /// Refuses changed values that can't be stored as they are.
    fn check(&self, changed: &[usize], now: &[Param]) -> Result<()> {
        let columns = M::DEF.columns;
        let mut violations = self.row.violations();
        violations.retain(|it| changed.iter().any(|&i| columns[i].field == it.field));
        if !violations.is_empty() {
            return Err(invalid(Invalid(violations)));
        }
        for &i in changed {
            let def = &columns[i];
            check_stored(def, &now[i])?;
            let mut inexact = self.more.iter().flat_map(|more| &more.inexact);
            if let Some((_, why)) = inexact.find(|(inexact, _)| *inexact == i) {
                let message = format!(
                    "field `{}` can't be saved from this row: {why}, and the rest of what is stored would change\n\
                     help: give the whole column a value with `update_where`, or the field a type that holds it, such as \
                     `Json<Box<serde_json::value::RawValue>>`",
                    def.field
                );
                return Err(Error::new(ErrorKind::Encode, message));
            }
        }
        Ok(())
    }

    /// Has the row be as it is stored after a save.
    pub(in crate::query) fn take_over(&mut self, mut stored: Self, context: &Context) {
        let More {
            before, unsettled, ..
        } = self.more.take().map_or_else(More::default, |more| *more);
        let before = match before {
            Before::Kept(before) => Some(before),
            Before::AtHand if !unsettled.is_empty() => self.row.write().ok(),
            _ => None,
        };
        stored.is_unsettled(unsettled.and_save(before, context.log().moment()));
        *self = stored;
    }
}

impl ChangedRow {
    /// The update that brings the row back from when it was deleted, with the number of the parameter that has the times of that; none of a
    /// row that is not deleted.
    pub(super) fn restoring(
        self,
        model: &'static ModelDef,
        context: &Context,
        deleted: &'static ColumnDef,
    ) -> (Statement, Option<usize>) {
        if self.deleted_at.is_empty() {
            return (self.update(model, context, None), None);
        }
        let before = self.values.iter().flatten().count() + model.key.len();
        (self.update(model, context, Some(deleted)), Some(before + 1))
    }

    /// The update of the changed columns.
    pub(super) fn saving(self, model: &'static ModelDef, context: &Context) -> Result<Statement> {
        let values = self.values.iter().enumerate();
        let changed = values.filter_map(|(at, value)| value.as_ref().map(|_| at));
        check_there(model, &changed.collect::<Vec<_>>(), context)?;
        Ok(self.update(model, context, None))
    }

    fn update(
        self,
        model: &'static ModelDef,
        context: &Context,
        restored: Option<&'static ColumnDef>,
    ) -> Statement {
        let is_changed = |i: &usize| self.values[*i].is_some();
        let columns: Vec<usize> = (0..model.columns.len()).filter(is_changed).collect();
        let stored = match (restored, self.is_deleted) {
            (None, None) => StoredDeletion::Unknown,
            (_, Some(false)) => StoredDeletion::Live,
            (None, Some(true)) => StoredDeletion::Deleted,
            (Some(_), None) => StoredDeletion::LiveOrAt,
            (Some(_), Some(true)) => StoredDeletion::At,
        };
        let sql = saved::update(model, context, &columns, stored);
        let mut params: Vec<Param> = self.values.into_iter().flatten().collect();
        self.key.push_to(&mut params);
        params.extend(restored.map(|def| array_of(def, &self.deleted_at)));
        let version = model.columns.iter();
        let mut version = version.filter(|def| def.source == Source::Version);
        params.extend(version.next().map(|def| array_of(def, &self.versions)));
        Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Writes,
            model: Some(model),
            operation: "save",
        }
    }
}

/// Refuses to write columns that the tenant lacks.
fn check_there(model: &'static ModelDef, changed: &[usize], context: &Context) -> Result<()> {
    let mut changed = changed.iter().map(|&at| &model.columns[at]);
    let checked = changed.try_for_each(|def| check_named(def, context));
    checked.map_err(|error| error.in_model(model, "save"))
}

/// Versions or times as one parameter.
pub(super) fn array_of(def: &ColumnDef, versions: &[Param]) -> Param {
    Param::array(def.sql.wire_array(), &def.sql.wire(), versions)
}
