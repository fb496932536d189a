//! A tenant to create: its key, and how its schema is named.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::row::TenantsRow;
#[cfg(feature = "cli")]
use crate::model::ModelDef;
use crate::model::{NewRow, TenantRow};
use crate::name::{SchemaName, TenantKey, quote_literal};
use crate::value::Param;

/// How many tenants are created at a time, unless something else is said.
const AT_ONCE: usize = 2;

/// A tenant to create.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// use tenantry::tenant::NewTenant;
///
/// # fn sign_up(db: &Database, form: &str) -> tenantry::Result<()> {
/// // The form was made with a random text: sent twice, it makes one tenant.
/// let new = NewTenant::new(&TenantKey::new("acme")?).tag("trial").token(form);
/// let tenant = db.tenants().create_or_get(new)?;
/// println!("{} is in the schema {}", tenant.key(), tenant.schema());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NewTenant {
    pub(super) key: TenantKey,
    pub(super) schema: Option<SchemaName>,
    pub(super) tags: Vec<String>,
    token: Option<String>,
    at_once: Option<usize>,
    /// Whether the schema is there already, with all that is in it.
    pub(super) adopts: bool,
    row: Option<TenantsRow>,
}

impl NewTenant {
    /// Makes a tenant with a key, and a schema that is named after it.
    ///
    /// The schema is named like the key if that is a valid schema name, and otherwise `t`, the tenant's number, `_`
    /// and what is left of the key. So no two keys lead to one schema. The name with the number is taken too when the
    /// plain one is the schema of another tenant, whose key was changed, or was that of one that was dropped.
    pub fn new(key: &TenantKey) -> Self {
        Self {
            key: key.clone(),
            schema: None,
            tags: Vec::new(),
            token: None,
            at_once: None,
            adopts: false,
            row: None,
        }
    }

    /// A tenant that is a new row, and a schema that is named after its key.
    ///
    /// A new row of a model `#[shared_model(tenant)]` can be given in place of this where nothing more is to be said:
    /// `db.tenants().create(NewAccount::new(&acme))`.
    pub fn with_row<N>(row: N) -> Self
    where
        N: NewRow<Model: TenantRow> + Into<Self>,
    {
        row.into()
    }

    /// The same, where the key is known. For the macros.
    #[doc(hidden)]
    pub fn of_row<N: NewRow<Model: TenantRow>>(key: Option<&Param>, row: N) -> Self {
        let text = key.map_or("unknown".as_bytes(), Param::bytes);
        let key = TenantKey::new(String::from_utf8_lossy(text));
        Self {
            row: Some(TenantsRow::new(row)),
            ..Self::new(&key.expect("the column has a `TenantKey`"))
        }
    }

    /// The same with a row of values as texts, by column.
    #[cfg(feature = "cli")]
    pub(crate) fn of_texts(
        self,
        model: &'static ModelDef,
        values: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            row: Some(TenantsRow::of_texts(model, values)),
            ..self
        }
    }

    /// The row that is inserted with the tenant.
    pub(crate) fn row(&self) -> Option<&TenantsRow> {
        self.row.as_ref()
    }

    /// The same, in a schema that is there already.
    pub(super) fn adopting(&self) -> Self {
        Self {
            adopts: true,
            ..self.clone()
        }
    }

    /// A standby, whose key and schema are made up when its number is known.
    pub(super) fn standby() -> Self {
        let key = TenantKey::new("standby").expect("`standby` is a valid key");
        // A key that is no schema name leads to a name with a number in it.
        Self::new(&key)
    }

    /// The tenant's key.
    pub fn key(&self) -> &TenantKey {
        &self.key
    }

    /// Limits how many tenants are created at a time in the whole database. By default that is what
    /// [`Options::max_creations`](crate::scope::Options::max_creations) says, or 2 without a [`Database`](crate::Database).
    ///
    /// Creations beyond that wait for each other, so that they leave room for everybody else.
    pub fn at_once(mut self, number: usize) -> Self {
        self.at_once = Some(number.max(1));
        self
    }

    /// The same, unless it was said already.
    pub(crate) fn at_most(self, number: usize) -> Self {
        let number = self.at_once.unwrap_or(number);
        self.at_once(number)
    }

    /// How many tenants are created at a time.
    pub(super) fn slots(&self) -> usize {
        self.at_once.unwrap_or(AT_ONCE)
    }

    /// Chooses the schema's name.
    pub fn schema(mut self, name: SchemaName) -> Self {
        self.schema = Some(name);
        self
    }

    /// The schema's name, if it was chosen.
    pub(crate) fn named(&self) -> Option<&SchemaName> {
        self.schema.as_ref()
    }

    /// Gives the tenant a tag; may be called several times.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Names the sign-up by a token, so that it can be asked for again: creating a tenant of the same key with the same token
    /// gives the tenant that is there.
    ///
    /// A random text that the application makes for each sign-up and keeps until that is done, as it makes idempotency keys
    /// of payments. Without one, a creation whose answer was lost
    /// ([`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown)) can't be told from that of somebody else.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Whether it has a token.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Checksum of the token and the key, as the registry keeps it: a token for one key is no use for another.
    pub(super) fn sign_up(&self) -> Option<String> {
        let token = self.token.as_ref()?;
        let mut hash = Sha256::new();
        hash.update(self.key.as_str());
        hash.update([0]);
        hash.update(token);
        let bytes = hash.finalize();
        let digit = |half: u8| char::from_digit(u32::from(half), 16);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Some(digits.filter_map(digit).collect())
    }

    /// The same as an expression.
    pub(super) fn token_sql(&self) -> String {
        self.sign_up()
            .map_or_else(|| "NULL".to_owned(), |token| quote_literal(&token))
    }

    /// The tags, each of them once.
    pub(super) fn tags(&self) -> Vec<&str> {
        let tags: BTreeSet<&str> = self.tags.iter().map(String::as_str).collect();
        tags.into_iter().collect()
    }

    /// The same as an expression.
    pub(super) fn tags_sql(&self) -> String {
        let tags: Vec<String> = self.tags().into_iter().map(quote_literal).collect();
        format!("ARRAY[{}]::text[]", tags.join(", "))
    }

    /// The schema's name, unless the tenant's number goes into it.
    pub(super) fn schema_name(&self) -> Option<SchemaName> {
        let named_alike = || SchemaName::new(self.key.as_str()).ok();
        let name = self.schema.clone().or_else(named_alike)?;
        (self.schema.is_some() || !is_numbered(name.as_str())).then_some(name)
    }
}

/// A tenant to create: a [`TenantKey`], or a [`NewTenant`] that says more.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tenant to create",
    label = "neither a `TenantKey` nor a `NewTenant`",
    note = "a tenant is created by its key, `TenantKey::new(\"acme\")?`, or as a `NewTenant`, which says more",
    note = "if this is a `Result`, take the key out of it: write `?` behind the call that makes it"
)]
pub trait ToCreate: Into<NewTenant> {}

impl ToCreate for NewTenant {}
impl ToCreate for TenantKey {}
impl ToCreate for &TenantKey {}

impl From<&TenantKey> for NewTenant {
    fn from(key: &TenantKey) -> Self {
        Self::new(key)
    }
}

impl From<TenantKey> for NewTenant {
    fn from(key: TenantKey) -> Self {
        Self::new(&key)
    }
}

/// The key of a tenant that is there: a [`TenantKey`], or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key of a tenant",
    label = "not a `TenantKey`",
    note = "a tenant is found by its key: `TenantKey::new(\"acme\")?`",
    note = "if this is a `Result`, take the key out of it: write `?` behind the call that makes it"
)]
pub trait ToTenant {
    #[doc(hidden)]
    fn to_tenant(&self) -> &TenantKey;
}

impl ToTenant for TenantKey {
    fn to_tenant(&self) -> &TenantKey {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<K: ToTenant + ?Sized> ToTenant for &K {
    fn to_tenant(&self) -> &TenantKey {
        (**self).to_tenant()
    }
}

#[diagnostic::do_not_recommend]
impl<K: ToTenant + ?Sized> ToTenant for Arc<K> {
    fn to_tenant(&self) -> &TenantKey {
        (**self).to_tenant()
    }
}

/// Whether a name looks like those that tenantry makes up: `t`, a number, `_`.
pub(super) fn is_numbered(name: &str) -> bool {
    name.strip_prefix('t')
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(number, _)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// The key with every character replaced that a schema name can't have.
pub(super) fn slug(key: &TenantKey) -> String {
    let replaced: String = key
        .as_str()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    replaced.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(key: &str) -> Option<String> {
        let new = NewTenant::new(&TenantKey::new(key).unwrap());
        new.schema_name().map(|name| name.to_string())
    }

    #[test]
    fn a_key_that_is_a_schema_name_names_the_schema() {
        assert_eq!(named("acme").as_deref(), Some("acme"));
        assert_eq!(named("t_mobile").as_deref(), Some("t_mobile"));
        assert_eq!(named("team7_x").as_deref(), Some("team7_x"));
    }

    #[test]
    fn any_other_key_is_numbered() {
        for key in [
            "Acme",
            "acme.example",
            "7",
            "pg_x",
            "public",
            "t7_acme",
            "t7_",
        ] {
            assert_eq!(named(key), None, "{key}");
        }
    }

    #[test]
    fn slugs_have_only_what_a_schema_name_can_have() {
        let slug = |key: &str| slug(&TenantKey::new(key).unwrap());
        assert_eq!(slug("Acme.Example"), "acme_example");
        assert_eq!(slug("-x-"), "x");
        assert_eq!(slug("..."), "");
    }
}
