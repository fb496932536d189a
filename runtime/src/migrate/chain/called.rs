//! The functions of the application that the migrations of a chain call.

use super::{Chain, Part};
use crate::error::Result;
use crate::migrate::functions::Functions;
use crate::model::PlacementKind;

impl Chain {
    /// Returns the functions, of which all that are called are there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), with the file, the line and the function.
    pub(crate) fn called(&self) -> Result<Functions> {
        self.functions.check()?;
        for migration in self.migrations() {
            for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
                let part = migration.part(placement);
                for (sql, way) in [
                    (part.map(Part::up), "up"),
                    (part.and_then(Part::down), "down"),
                ] {
                    let file = format!("{}/{}.{way}.sql", migration.id(), placement.as_str());
                    let path = self.path(&file);
                    self.functions
                        .check_sql(sql.unwrap_or_default(), placement, &path)?;
                }
            }
        }
        Ok(self.functions.clone())
    }
}
