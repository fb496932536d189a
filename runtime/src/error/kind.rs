//! The cases of [`Error`](super::Error).

/// The case that an [`Error`](super::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Exactly one row was asked for, and there is none.
    NotFound,
    /// At most one row was asked for, and there are several.
    SeveralRows,
    /// A unique constraint or unique index is violated.
    Unique,
    /// A foreign key is violated.
    ForeignKey,
    /// A check is violated.
    Check,
    /// A column that can't be null would be.
    NotNull,
    /// An exclusion constraint is violated.
    Exclusion,
    /// A value is too long or out of range for its column.
    Value,
    /// The table does not exist in the schema.
    MissingTable,
    /// The schema does not exist.
    MissingSchema,
    /// A column does not exist in the table.
    MissingColumn,
    /// The transaction conflicts with another; run it again.
    Serialization,
    /// The transaction waited for another that waited for it; run it again.
    Deadlock,
    /// A lock was not had in time; run it again.
    LockTimeout,
    /// The statement took too long, or was cancelled.
    Cancelled,
    /// A statement would write in a transaction or over a connection that only reads.
    ReadOnly,
    /// A transaction with an isolation, access or attempts of its own was to begin inside of another.
    Nested,
    /// The role may not do this.
    Permission,
    /// The server has run out of something: locks, memory, disk, connections.
    Resources,
    /// The program has closed the database.
    Closed,
    /// The server can't be reached, or the connection broke.
    Connection,
    /// TLS is required, and the server has none or its certificate is not trusted, or there is no connector.
    Tls,
    /// The server refused the statement for another reason; see the SQLSTATE.
    Database,
    /// The row was changed or deleted since it was loaded.
    Stale,
    /// A row was used in another scope than it was loaded from.
    ForeignRow,
    /// The model's own checks refuse a value of a row.
    Invalid,
    /// A value of a row does not fit its field.
    Decode,
    /// A value can't be sent to PostgreSQL.
    Encode,
    /// There is no such page: its cursor is of another query or tenant, or was changed, or its number or size is 0.
    Page,
    /// A statement of the transaction failed, so it was rolled back although its closure returned `Ok`; or what a background thread did
    /// panicked.
    Aborted,
    /// The connection broke during `COMMIT`: whether the transaction took effect is not known.
    CommitUnknown,
    /// A schema name or tenant key is not valid.
    Name,
    /// The registry has no such tenant.
    UnknownTenant,
    /// The tenant's state does not allow the operation.
    TenantState,
    /// The registry has such a tenant already.
    TenantExists,
    /// The database has such a schema already.
    SchemaExists,
    /// The database has no bookkeeping schema, or the shared schema is not migrated.
    NotMigrated,
    /// The bookkeeping schema lacks tables, columns or rows that it has had, or contradicts itself or what is there.
    DamagedMetadata,
    /// The tenant has fewer or more migrations than this version of the application serves.
    TenantVersion,
    /// The database has a migration that takes away what this version of the application needs.
    Outdated,
    /// A newer version of tenantry has upgraded the bookkeeping schema.
    NewerFormat,
    /// A tenant would be without its row, of the model whose rows are the tenants, or such a row without its tenant; or a tenant has no row
    /// yet.
    TenantRow,
    /// A schema was not made by tenantry for the tenant, so it is not tenantry's to drop.
    NotOwned,
    /// Something outside of the schema depends on what is in it.
    Dependents,
    /// The migration chain on disk is not well-formed, or a file of it can't be read or written.
    Chain,
    /// The chain on disk and the one that the database was migrated by differ.
    Diverged,
    /// A schema is not what the migrations make that it is said to be made by.
    SchemaDiffers,
    /// A migration failed.
    Migration,
    /// The models don't fit together.
    Models,
    /// A setting is not valid.
    Configuration,
}
