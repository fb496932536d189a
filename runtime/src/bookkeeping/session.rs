//! A session as it was in the beginning, whatever SQL was run in it.

/// Statements that reset the session, and do so in a transaction too, where `DISCARD ALL` is refused.
///
/// They reach through a transaction pooler, which may send what comes after the transaction to another session.
pub(crate) const RESET: &str = "\
    CLOSE ALL;\nUNLISTEN *;\nRESET SESSION AUTHORIZATION;\nRESET ROLE;\nRESET ALL;\nDEALLOCATE ALL;\n\
    DISCARD TEMP;\nDISCARD SEQUENCES;\nSELECT pg_catalog.pg_advisory_unlock_all();\n";
