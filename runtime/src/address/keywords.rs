//! The options of an address: their names, the variables that stand for them, and who does what they say.

use Meaning::{Driver, Nobody, Only, Reader, Refused, Tls};

/// An option as it is written somewhere.
pub(super) struct NamedOption {
    pub(super) name: String,
    pub(super) value: Vec<u8>,
}

impl NamedOption {
    pub(super) fn new(name: &str, value: Vec<u8>) -> Self {
        Self {
            name: name.to_owned(),
            value,
        }
    }
}

/// An option that `psql` or the driver has.
pub(super) struct Keyword {
    pub(super) name: &'static str,
    /// Variable of the environment that counts where nothing else says anything; empty: none.
    pub(super) variable: &'static str,
    pub(super) meaning: Meaning,
}

/// Who does what an option says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The driver, under the same name; any value, or one of these.
    Driver(&'static [&'static str]),
    /// Whoever reads the address.
    Reader,
    /// Whoever does TLS.
    Tls,
    /// Nobody, and nobody needs to: it is about what is never done.
    Nobody,
    /// Nobody, so that these values alone are taken, with which there is nothing to do.
    Only(&'static [&'static str]),
    /// Nobody, so that it is refused, and this is said.
    Refused(&'static str),
}

/// Finds an option by its name.
pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Finds an option whose name is nearly the same.
pub(super) fn near(name: &str) -> Option<&'static str> {
    let mut names = KEYWORDS.iter().map(|keyword| keyword.name);
    names.find(|known| strsim::damerau_levenshtein(known, name) <= 2)
}

const fn keyword(name: &'static str, variable: &'static str, meaning: Meaning) -> Keyword {
    Keyword {
        name,
        variable,
        meaning,
    }
}

const ANY: Meaning = Driver(&[]);
const DECRYPT: &str = "decrypt the key, as with `openssl pkey -in KEY -out NEW`, and keep it where only its user may read it";

/// Each option, in the order of psql's documentation.
pub(super) const KEYWORDS: [Keyword; 48] = [
    keyword("host", "PGHOST", ANY),
    keyword("hostaddr", "PGHOSTADDR", ANY),
    keyword("port", "PGPORT", ANY),
    keyword("dbname", "PGDATABASE", ANY),
    keyword("user", "PGUSER", ANY),
    keyword("password", "PGPASSWORD", Reader),
    keyword("passfile", "PGPASSFILE", Reader),
    keyword(
        "require_auth",
        "PGREQUIREAUTH",
        Refused(
            "the driver answers whatever the server asks for; `channel_binding=require` allows SCRAM over TLS alone",
        ),
    ),
    keyword(
        "channel_binding",
        "PGCHANNELBINDING",
        Driver(&["disable", "prefer", "require"]),
    ),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", ANY),
    keyword(
        "client_encoding",
        "",
        Only(&["UTF8", "utf8", "UTF-8", "utf-8", "auto"]),
    ),
    keyword("options", "PGOPTIONS", ANY),
    keyword("application_name", "PGAPPNAME", ANY),
    keyword("fallback_application_name", "", Reader),
    keyword("keepalives", "", ANY),
    keyword("keepalives_idle", "", ANY),
    keyword("keepalives_interval", "", ANY),
    keyword("keepalives_count", "", Reader),
    keyword("keepalives_retries", "", ANY),
    keyword("tcp_user_timeout", "", Reader),
    keyword("replication", "", Only(&["false", "off", "no", "0"])),
    keyword("gssencmode", "PGGSSENCMODE", Only(&["disable", "prefer"])),
    keyword("sslmode", "PGSSLMODE", Tls),
    keyword(
        "sslnegotiation",
        "PGSSLNEGOTIATION",
        Driver(&["postgres", "direct"]),
    ),
    keyword("sslcompression", "PGSSLCOMPRESSION", Nobody),
    keyword("sslcert", "PGSSLCERT", Tls),
    keyword("sslkey", "PGSSLKEY", Tls),
    keyword(
        "sslkeylogfile",
        "",
        Refused("the keys of a connection are told to nobody"),
    ),
    keyword("sslpassword", "", Refused(DECRYPT)),
    keyword("sslcertmode", "PGSSLCERTMODE", Tls),
    keyword("sslrootcert", "PGSSLROOTCERT", Tls),
    keyword("sslcrl", "PGSSLCRL", Tls),
    keyword(
        "sslcrldir",
        "PGSSLCRLDIR",
        Refused("put the lists into one file, and name it with `sslcrl`"),
    ),
    keyword("sslsni", "PGSSLSNI", Tls),
    keyword(
        "requirepeer",
        "PGREQUIREPEER",
        Refused(
            "the driver does not ask who owns a socket; put it into a folder that only that account may write to",
        ),
    ),
    keyword("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Tls),
    keyword("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Tls),
    keyword("krbsrvname", "PGKRBSRVNAME", Nobody),
    keyword("gsslib", "PGGSSLIB", Nobody),
    keyword("gssdelegation", "PGGSSDELEGATION", Nobody),
    keyword("service", "PGSERVICE", Reader),
    keyword("servicefile", "PGSERVICEFILE", Reader),
    keyword(
        "target_session_attrs",
        "PGTARGETSESSIONATTRS",
        Driver(&["any", "read-write", "read-only"]),
    ),
    keyword(
        "load_balance_hosts",
        "PGLOADBALANCEHOSTS",
        Driver(&["disable", "random"]),
    ),
    keyword(
        "min_protocol_version",
        "PGMINPROTOCOLVERSION",
        Only(&["3.0"]),
    ),
    keyword("max_protocol_version", "PGMAXPROTOCOLVERSION", Nobody),
    keyword("scram_client_key", "", Refused("give the password")),
    keyword("scram_server_key", "", Refused("give the password")),
];
