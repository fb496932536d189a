//! References to tenants that outlive a process: in jobs, caches and stores of files.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::Tenant;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::place::TenantPlace;

/// Reference to a tenant that can be kept and sent, as in the payload of a job.
///
/// Beside the key it has the number of the tenant and when it was created, and so leads to no other one: not to a tenant that was given the key
/// since, and not to one that has the number after the registry was brought back from a copy.
/// [`Database::tenant_of`](crate::Database::tenant_of) opens it. It is a reference and no permission: whoever may write it chooses the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TenantRef {
    key: TenantKey,
    id: i64,
    /// Microseconds since the beginning of 1970.
    since: i64,
}

impl TenantRef {
    pub(crate) fn new(place: &TenantPlace) -> Self {
        Self {
            key: place.key.clone(),
            id: place.id,
            since: place.since,
        }
    }

    /// The key that the tenant had when the reference was made.
    pub fn key(&self) -> &TenantKey {
        &self.key
    }

    /// The number that the registry knows the tenant by.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Tells whether rows there are the tenant's.
    pub(crate) fn is(&self, place: &TenantPlace) -> bool {
        (self.id, self.since) == (place.id, place.since)
    }

    /// The error for a tenant that does not have the key any more.
    pub(crate) fn gone(&self) -> Error {
        let message = "the key of this reference is another tenant's now: the one that was meant was renamed or dropped\n\
                       help: take the reference anew from the tenant, or give up what it is for";
        Error::new(ErrorKind::UnknownTenant, message).in_tenant(&self.key)
    }

    /// A text that no other tenant has, whatever its key is, as the first part of names: `t42-63a1f`.
    ///
    /// It stays the same when the tenant is renamed.
    pub fn prefix(&self) -> String {
        format!("t{}-{:x}", self.id, self.since)
    }

    /// Returns the key of something of the tenant's in a cache that all tenants share.
    ///
    /// ```
    /// # fn cached(acme: &tenantry::TenantScope) {
    /// let key = acme.reference().cache_key("projects");
    /// assert!(key.ends_with(":projects"));
    /// # }
    /// ```
    pub fn cache_key(&self, name: impl Display) -> String {
        format!("{}:{name}", self.prefix())
    }

    /// Returns the path of a file of the tenant's in a store that all tenants share.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Name`], when the path could lead out of the tenant's folder: it has an empty part, `.` or `..`, begins with `/`, or has a
    /// backslash or a control character.
    pub fn storage_path(&self, path: &str) -> Result<String> {
        let is_plain = |part: &str| {
            let refused = |c: char| c.is_control() || c == '\\';
            !matches!(part, "" | "." | "..") && !part.contains(refused)
        };
        if path.split('/').all(is_plain) {
            return Ok(format!("{}/{path}", self.prefix()));
        }
        // The path may come from a visitor, so it is not quoted.
        let message = "a path within a tenant's folder has an empty part, `.`, `..`, a backslash or a control character\n\
                       help: give a path such as `invoices/1.pdf`";
        Err(Error::new(ErrorKind::Name, message))
    }
}

impl Tenant {
    /// Returns a reference to the tenant.
    pub fn reference(&self) -> TenantRef {
        TenantRef::new(&self.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> TenantRef {
        serde_json::from_str(r#"{"key": "acme", "id": 42, "since": 255}"#).unwrap()
    }

    #[test]
    fn names_of_a_tenant_are_told_by_its_number_and_not_by_its_key() {
        assert_eq!(reference().cache_key("projects:1"), "t42-ff:projects:1");
        let path = reference().storage_path("invoices/1.pdf").unwrap();
        assert_eq!(path, "t42-ff/invoices/1.pdf");
    }

    #[test]
    fn a_path_stays_in_the_tenant_s_folder() {
        for path in [
            "",
            "/",
            "/etc",
            "..",
            "../t43-ff/a",
            "a/../../b",
            "a//b",
            "a/",
            "./a",
            "a\\..\\b",
            "a\0",
            "a\n",
        ] {
            let error = reference().storage_path(path).expect_err(path);
            assert_eq!(error.kind(), ErrorKind::Name);
        }
        for path in ["a", "...", "a b/ä.pdf", "..a"] {
            assert!(reference().storage_path(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_reference_is_read_as_it_is_written() {
        let text = serde_json::to_string(&reference()).unwrap();
        assert_eq!(text, r#"{"key":"acme","id":42,"since":255}"#);
        for text in [
            r#"{"key":"o'brien","id":1,"since":1}"#,
            r#"{"key":"acme","id":1}"#,
            r#""acme""#,
        ] {
            assert!(serde_json::from_str::<TenantRef>(text).is_err(), "{text}");
        }
    }
}
