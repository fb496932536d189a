//! Where a scope's statements run: which server, which schemas, which tenant.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::log::TransactionLog;
use super::{Origin, Origins, PlaceStanding, PlacementKind, TenantVersion};
use crate::error::{Error, ErrorKind, Result};
use crate::hash::mixed;
use crate::name::{SchemaName, TenantKey};

/// The place where a scope's statements run. Rows that are loaded keep it, and so know where they came from.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    server: Arc<str>,
    /// Stands for the server.
    number: u64,
    shared: SchemaName,
    tenant: Option<TenantPlace>,
    origins: Origins,
    log: Arc<TransactionLog>,
}

#[derive(Debug, Clone)]
pub(crate) struct TenantPlace {
    /// The registry's id: never used again, unlike keys and schema names.
    pub(crate) id: i64,
    /// When the tenant was created. Should the registry be restored to an earlier time, and a number be used again, it is
    /// another tenant all the same.
    pub(crate) since: i64,
    pub(crate) key: TenantKey,
    pub(crate) schema: SchemaName,
    /// The facts that may be others by now. All copies share them.
    pub(crate) standing: Arc<PlaceStanding>,
}

impl TenantPlace {
    /// The place of a tenant whose rows don't outlive the work at hand.
    pub(crate) fn new(id: i64, key: TenantKey, schema: SchemaName) -> Self {
        Self {
            id,
            since: 0,
            key,
            schema,
            standing: Arc::default(),
        }
    }

    /// The place of a schema that is no tenant's.
    pub(crate) fn nobodys(schema: &SchemaName) -> Result<Self> {
        Ok(Self::new(
            0,
            TenantKey::new(schema.as_str())?,
            schema.clone(),
        ))
    }

    /// Whether the registry has to be asked again.
    pub(crate) fn is_doubted(&self) -> bool {
        self.standing.is_doubted()
    }

    /// The same place for a scope of which others don't learn, as one that reads where migrations come later.
    pub(crate) fn apart(self) -> Self {
        if self.standing.version().is_none() {
            return self;
        }
        Self {
            standing: Arc::new(self.standing.apart()),
            ..self
        }
    }

    fn identity(&self) -> (i64, i64) {
        (self.id, self.since)
    }
}

impl Context {
    pub(crate) fn new(server: Arc<str>, shared: SchemaName, tenant: Option<TenantPlace>) -> Self {
        let number = hash(&*server);
        let origins = Origins {
            shared: hash((&*server, shared.as_str())).max(1),
            tenant: origin_in(number, tenant.as_ref()),
        };
        Self(Arc::new(Inner {
            server,
            number,
            shared,
            tenant,
            origins,
            log: Arc::default(),
        }))
    }

    /// A context of work in no place, of which errors say nothing.
    pub(crate) fn nowhere() -> Self {
        let shared = SchemaName::new("shared").expect("a name");
        Self::new(Arc::from(""), shared, None)
    }

    /// The schema of a placement.
    ///
    /// # Panics
    ///
    /// When there is no tenant. The bounds on scopes keep statements on tenant models from getting here without one.
    pub(crate) fn schema(&self, placement: PlacementKind) -> &SchemaName {
        match placement {
            PlacementKind::Shared => &self.0.shared,
            PlacementKind::Tenant => {
                let tenant = self.0.tenant.as_ref();
                &tenant
                    .expect("only a tenant scope reaches a tenant model")
                    .schema
            }
        }
    }

    pub(crate) fn shared(&self) -> &SchemaName {
        &self.0.shared
    }

    pub(crate) fn tenant(&self) -> Option<&TenantPlace> {
        self.0.tenant.as_ref()
    }

    /// The tenant's version, if it matters and is known.
    pub(crate) fn version(&self) -> Option<TenantVersion> {
        self.0.tenant.as_ref()?.standing.version()
    }

    /// The same place for a scope over a connection that has such a log, with a tenant or without.
    pub(crate) fn opened(&self, tenant: Option<TenantPlace>, log: &Arc<TransactionLog>) -> Self {
        let Inner {
            server,
            number,
            shared,
            origins,
            ..
        } = &*self.0;
        let origins = Origins {
            shared: origins.shared,
            tenant: origin_in(*number, tenant.as_ref()),
        };
        Self(Arc::new(Inner {
            server: Arc::clone(server),
            number: *number,
            shared: shared.clone(),
            tenant,
            origins,
            log: Arc::clone(log),
        }))
    }

    /// The same place without its tenant, over the same connection.
    pub(crate) fn without_tenant(&self) -> Self {
        self.opened(None, self.log())
    }

    /// Where the rows are that rows of this place refer to.
    pub(crate) fn origins(&self) -> Origins {
        self.0.origins
    }

    /// Log of the transactions of the scope's connection.
    pub(crate) fn log(&self) -> &Arc<TransactionLog> {
        &self.0.log
    }

    /// Whether rows of a placement are the same rows in both places.
    pub(crate) fn same_rows(&self, other: &Self, placement: PlacementKind) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let id = |context: &Self| context.0.tenant.as_ref().map(TenantPlace::identity);
        self.0.server == other.0.server
            && self.0.shared == other.0.shared
            && (placement == PlacementKind::Shared || id(self) == id(other))
    }

    /// Where rows of a placement are in two places, in words; the servers are left out if they are the same.
    pub(crate) fn describe_both(&self, other: &Self, placement: PlacementKind) -> (String, String) {
        let (here, there) = (self.describe(placement), other.describe(placement));
        if self.0.server == other.0.server {
            if here == there {
                // As where a tenant was dropped, and another has its key.
                return (format!("{here}, which was another one then"), there);
            }
            return (here, there);
        }
        (
            format!("{here} of {}", self.0.server),
            format!("{there} of {}", other.0.server),
        )
    }

    fn describe(&self, placement: PlacementKind) -> String {
        match (placement, &self.0.tenant) {
            (PlacementKind::Tenant, Some(tenant)) => format!("tenant `{}`", tenant.key),
            _ => format!("shared schema `{}`", self.0.shared),
        }
    }

    /// Says of an error where it happened.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match &self.0.tenant {
            Some(tenant) => {
                if matches!(
                    error.kind(),
                    ErrorKind::MissingTable | ErrorKind::MissingSchema
                ) {
                    tenant.standing.doubt();
                }
                error.in_tenant(&tenant.key).in_schema(&tenant.schema)
            }
            None => error,
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(PlacementKind::Tenant))
    }
}

/// Stands for a tenant of a server. Never 0, which means that the place is not known. Each scope asks for it, so that it is quick.
fn origin_in(server: u64, tenant: Option<&TenantPlace>) -> Origin {
    tenant.map_or(0, |tenant| {
        let (id, since) = tenant.identity();
        let of = |so_far: u64, number: i64| mixed(so_far.wrapping_add(number.cast_unsigned()));
        of(of(server, id), since).max(1)
    })
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
