//! Copies of stored rows.

use super::{More, Stored};
use crate::model::{Key, Model};

impl<M: Model + Clone> Clone for Stored<M> {
    fn clone(&self) -> Self {
        let Self { row, origin, more } = self;
        Self {
            row: row.clone(),
            origin: origin.clone(),
            more: more.clone(),
        }
    }
}

impl<M: Model> Clone for More<M> {
    fn clone(&self) -> Self {
        let Self {
            before,
            key,
            unsettled,
            inexact,
        } = self;
        Self {
            before: before.clone(),
            key: key.as_ref().map(Key::duplicate),
            unsettled: unsettled.clone(),
            inexact: inexact.clone(),
        }
    }
}
