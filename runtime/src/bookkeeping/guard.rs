//! Guards: statements that fail, with SQLSTATEs of their own, unless everything is as it was when they were planned.
//!
//! The function `tenantry.refuse` raises them. It is called where a condition does not hold, so it costs nothing where all
//! is as it was read. A null that does not belong there, or an error of somebody's trigger, has another code and is told.

use crate::name::BOOKKEEPING_SCHEMA;

/// Why a statement over the metadata tables was refused by a condition of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Somebody else is working on the tenant, or it is gone.
    Busy,
    /// The metadata tables are not as they were read, so that it has to be planned anew.
    Overtaken,
    /// The name of the schema is that of a role, or was that of a tenant that was dropped.
    NameTaken,
}

impl Guard {
    /// All guards.
    const ALL: [Self; 3] = [Self::Busy, Self::Overtaken, Self::NameTaken];

    /// The SQLSTATE. The class is none of PostgreSQL's or of the standard's.
    const fn code(self) -> &'static str {
        match self {
            Self::Busy => "TN001",
            Self::Overtaken => "TN002",
            Self::NameTaken => "TN003",
        }
    }

    /// Returns the SQL expression that raises it, an `integer`.
    pub(crate) fn refuse(self) -> String {
        format!("{BOOKKEEPING_SCHEMA}.refuse('{}')", self.code())
    }

    /// Returns the SQL expression that has a value if the condition holds, and raises it otherwise.
    pub(crate) fn unless(self, condition: &str, value: impl std::fmt::Display) -> String {
        let refuse = self.refuse();
        format!("CASE WHEN {condition} THEN {value} ELSE {refuse} END")
    }

    /// Returns the SQL expression that has this value, and raises it instead if that is null.
    pub(crate) fn or_refuse(self, value: &str) -> String {
        format!("COALESCE({value}, {})", self.refuse())
    }

    /// Tells which guard has refused a statement, if one has.
    pub(crate) fn of(error: &postgres::Error) -> Option<Self> {
        let refused = error.as_db_error()?;
        if refused.schema() != Some(BOOKKEEPING_SCHEMA) {
            return None;
        }
        let code = refused.code().code();
        Self::ALL.into_iter().find(|guard| guard.code() == code)
    }
}
