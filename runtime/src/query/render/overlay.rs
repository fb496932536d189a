//! The rows of an overlay: a tenant's own, and the shared ones that none of these stands for.

use sea_query::{
    Alias, Expr as SqlExpr, ExprTrait, Query as Sql, SelectStatement, TableRef, UnionType,
};

use super::{Renderer, column, live};
use crate::model::{ColumnDef, ModelDef, OverlayDef};
use crate::query::deleted::Deleted;
use crate::query::tolerance::{is_lacked, stand_in_column};
use crate::value::SqlType;

/// The names of the two tables. Nothing outside of the overlay is named in it.
const OWN: &str = "O";
const SHARED: &str = "S";

impl Renderer<'_> {
    /// The rows of a model, which the statement knows as `alias`.
    pub(super) fn rows_of(&self, model: &ModelDef, alias: &str) -> TableRef {
        match &model.overlay {
            Some(overlay) => {
                let rows = self.overlaid(model, overlay);
                TableRef::SubQuery(Box::new(rows), Alias::new(alias).into())
            }
            None if alias == model.table => self.table(model),
            None => self.table(model).alias(Alias::new(alias)),
        }
    }

    fn overlaid(&self, model: &ModelDef, overlay: &OverlayDef) -> SelectStatement {
        let mut own = self.side(model, overlay, overlay.own, OWN);
        own.and_where_option(live::meant(overlay.own, Deleted::LeftOut, OWN));
        let mut shared = self.side(model, overlay, overlay.shared, SHARED);
        shared.and_where_option(live::meant(overlay.shared, Deleted::LeftOut, SHARED));
        // Deleted rows by themselves, since the index of what is unique has none.
        let deleted = overlay.deleted_hides.then_some(Deleted::Only);
        for hiding in [Deleted::LeftOut].into_iter().chain(deleted) {
            let hides = self.hides(model, overlay, hiding);
            shared.and_where(SqlExpr::exists(hides).not());
        }
        own.union(UnionType::All, shared).take()
    }

    /// The rows of one of the models, with the columns of the overlay.
    fn side(
        &self,
        model: &ModelDef,
        overlay: &OverlayDef,
        side: &ModelDef,
        alias: &str,
    ) -> SelectStatement {
        let mut select = Sql::select();
        select.from(self.table(side).alias(Alias::new(alias)));
        for (place, def) in model.columns.iter().enumerate() {
            let value = if overlay.mark == Some(place) {
                SqlExpr::cust(if alias == OWN { "TRUE" } else { "FALSE" })
            } else {
                let value = self.of_side(side, alias, def);
                if is_text_in_one(overlay, def) {
                    SqlExpr::cust_with_exprs("($1)::text", [value])
                } else {
                    value
                }
            };
            select.expr_as(value, Alias::new(def.name));
        }
        select.take()
    }

    /// A column of one of the models.
    fn of_side(&self, side: &ModelDef, alias: &str, def: &'static ColumnDef) -> SqlExpr {
        // The compiler has looked for it.
        let own = side.field(def.field).unwrap_or(def);
        if is_lacked(own, self.context.version()) {
            return SqlExpr::cust(stand_in_column(own));
        }
        column(alias, own)
    }

    /// The rows of the tenant that stand for a shared one.
    fn hides(&self, model: &ModelDef, overlay: &OverlayDef, deleted: Deleted) -> SelectStatement {
        let mut select = Sql::select();
        select
            .expr(SqlExpr::cust("1"))
            .from(self.table(overlay.own).alias(Alias::new(OWN)));
        for key in model.key_columns() {
            let own = self.of_side(overlay.own, OWN, key);
            select.and_where(own.eq(self.of_side(overlay.shared, SHARED, key)));
        }
        select.and_where_option(live::meant(overlay.own, deleted, OWN));
        select.take()
    }
}

/// Whether a text has a bound in one of the models alone. PostgreSQL looks with a condition into the tables, and at their indexes, only where the
/// columns are of one type to the letter.
fn is_text_in_one(overlay: &OverlayDef, def: &ColumnDef) -> bool {
    let sides = [overlay.own, overlay.shared].map(|side| side.field(def.field));
    let is_bounded =
        |side: Option<&ColumnDef>| side.is_some_and(|def| matches!(def.sql, SqlType::Varchar(_)));
    is_bounded(sides[0]) != is_bounded(sides[1])
}
