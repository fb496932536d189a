//! The keys of the rows that go.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::exec::{Flow, Statement};
use crate::model::ModelDef;
use crate::value::{GivenBytes, Param};

/// Keys of locked rows.
#[derive(Clone)]
pub(super) struct LockedKeys {
    /// An array of all of them.
    pub(super) all: Param,
    /// Each as it was sent.
    each: Arc<BTreeSet<Box<[u8]>>>,
}

impl LockedKeys {
    pub(super) fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// Whether all of others are among them.
    pub(super) fn has_all(&self, others: &Self) -> bool {
        others.each.is_subset(&self.each)
    }
}

/// Locks the rows that are to go, by a statement that gives their keys and the isolation of the transaction.
pub(super) fn locked(model: &'static ModelDef, lock: &Statement) -> Flow<'static, LockedKeys> {
    let (def, operation) = (model.referenced_column(), lock.operation);
    Flow::run(Ok(lock.clone()), move |answer| {
        let rows = answer.rows();
        let mut each = BTreeSet::new();
        for row in &rows {
            let GivenBytes(bytes) = row.try_get(0)?;
            each.extend(bytes.map(Box::from));
            let isolation: &str = row.try_get(1)?;
            if !isolation.starts_with("read ") {
                let message = format!(
                    "tenants reference rows of `{}` without a constraint, and a transaction that is {isolation} does not see what \
                     they have written meanwhile\n\
                     help: delete the rows outside of it, or in one that is `read committed`",
                    model.name
                );
                return Err(
                    Error::new(ErrorKind::Configuration, message).in_model(model, operation)
                );
            }
        }
        let keys = each.iter().map(|bytes| Param::raw(def.sql.wire(), bytes));
        let keys: Vec<Param> = keys.collect();
        Ok(LockedKeys {
            all: Param::array(def.sql.wire_array(), &def.sql.wire(), &keys),
            each: Arc::new(each),
        })
    })
}
