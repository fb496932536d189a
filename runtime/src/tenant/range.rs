//! The tenants that a version of the application serves, by the migrations that they have.

use postgres::Row;

use super::Tenant;
use crate::error::{Error, ErrorKind, Result};
use crate::place::begun;

/// SQL expression over `tenantry.tenant`: the position up to which a tenant and the shared schema have everything. One that takes the
/// place of others has all of their positions, so it is that of the migration before the first that is lacking.
const REACHED: &str = "(SELECT COALESCE(pg_catalog.max(b.position), 0) FROM tenantry.migration AS b WHERE (b.position < \
     (SELECT pg_catalog.min(g.position) FROM tenantry.migration AS g CROSS JOIN tenantry.meta AS m WHERE m.one = 1 \
     AND (g.tenant_up IS NOT NULL AND g.position > tenant.version OR g.shared_up IS NOT NULL AND g.position > m.shared_version))) \
     IS NOT FALSE)";

/// SQL expression over `tenantry.tenant`: the last position of which a tenant or the shared schema has anything.
const TOUCHED: &str = concat!(
    "GREATEST((SELECT m.shared_version FROM tenantry.meta AS m WHERE m.one = 1), ",
    begun!(),
    ")"
);

/// Range of migrations between which tenants are served by this version of the application; all by default.
///
/// ```
/// use tenantry::scope::Options;
/// use tenantry::tenant::ServedRange;
///
/// # fn main() -> tenantry::Result<()> {
/// let mut options = Options::default();
/// options.serves = ServedRange::new().since("0007_notes")?.until("0009_no_text")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServedRange {
    since: Option<RangeEnd>,
    until: Option<RangeEnd>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RangeEnd {
    migration: String,
    position: i32,
}

impl ServedRange {
    /// Begins with all tenants.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves out tenants that do not have all migrations up to this one, which is named by its id.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when that is no id of a migration.
    pub fn since(mut self, migration: impl Into<String>) -> Result<Self> {
        self.since = Some(RangeEnd::new(migration.into())?);
        Ok(self)
    }

    /// Leaves out tenants that have anything of this migration, or of one after it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when that is no id of a migration.
    pub fn until(mut self, migration: impl Into<String>) -> Result<Self> {
        self.until = Some(RangeEnd::new(migration.into())?);
        Ok(self)
    }

    /// Whether no tenant is left out.
    pub(crate) fn is_all(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// The columns by which it is known where a tenant is, behind other columns of `tenantry.tenant`.
    pub(super) fn columns(&self) -> String {
        if self.is_all() {
            String::new()
        } else {
            format!(", {REACHED}, {TOUCHED}")
        }
    }

    /// Refuses a tenant that is left out; its row has these columns from a place on.
    pub(super) fn check(&self, tenant: &Tenant, row: &Row, at: usize) -> Result<()> {
        if let Some(since) = &self.since
            && row.try_get::<_, i32>(at)? < since.position
        {
            let lacks = format!(
                "tenant `{}` lacks `{}`, since which this version of the application serves tenants\n\
                 help: migrate it; until then an earlier version of the application serves it",
                tenant.key, since.migration
            );
            return Err(tenant.blame(Error::new(ErrorKind::TenantVersion, lacks)));
        }
        if let Some(until) = &self.until
            && row.try_get::<_, i32>(at + 1)? >= until.position
        {
            let has = format!(
                "tenant `{}` has `{}` or a part of it, and this version of the application serves tenants until it\n\
                 help: run a version of the application that was made with it",
                tenant.key, until.migration
            );
            return Err(tenant.blame(Error::new(ErrorKind::TenantVersion, has)));
        }
        Ok(())
    }
}

impl RangeEnd {
    fn new(migration: String) -> Result<Self> {
        Ok(Self {
            position: position_of(&migration)?,
            migration,
        })
    }
}

/// Returns the number in an id of a migration.
pub(crate) fn position_of(id: &str) -> Result<i32> {
    let number = id.split_once('_').map(|(number, _)| number);
    let is_number = |it: &&str| it.len() >= 4 && it.bytes().all(|byte| byte.is_ascii_digit());
    let position = number.filter(is_number).and_then(|it| it.parse().ok());
    position.ok_or_else(|| {
        let message = format!(
            "`{id}` is no id of a migration\nhelp: write the name of its folder, as in `0009_no_notes`"
        );
        Error::new(ErrorKind::Chain, message)
    })
}
