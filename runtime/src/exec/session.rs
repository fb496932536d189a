//! A session as it was in the beginning, whatever SQL was run in it.

/// Statements that make a session as it was when it was connected, but for what [`FORGET`] is for.
///
/// They do what `DISCARD ALL` does, and do so in a transaction too, where that is refused: so they reach through a
/// transaction pooler, which may send what comes after the transaction to another session. Two things are theirs alone:
/// `RESET ROLE` goes back to a role that the connection itself asked for, and the numbers that `random()` gives after
/// `setseed` are such as nobody knows again.
pub(crate) const RESET: &str = "\
    RESET SESSION AUTHORIZATION;\nRESET ALL;\nRESET ROLE;\nCLOSE ALL;\nUNLISTEN *;\n\
    DISCARD PLANS;\nDISCARD TEMP;\nDISCARD SEQUENCES;\n\
    SELECT pg_catalog.setseed(pg_catalog.hashtext(pg_catalog.gen_random_uuid()::text)::float8 / 2147483648);\n";

/// Statements that forget all prepared statements and release all advisory locks of a session, where no driver and no lock
/// of our own needs them.
pub(crate) const FORGET: &str = "DEALLOCATE ALL;\nSELECT pg_catalog.pg_advisory_unlock_all();\n";
