//! The two forms of an address, read into options: `postgres://…`, and `key=value`.
//!
//! No part of a text is repeated in an error: any may be a part of the password.

use percent_encoding::percent_decode_str;

use super::keywords::NamedOption;

/// Reads an address into its options, in their order; of those that are named twice the last counts.
pub(super) fn read(text: &str) -> Result<Vec<NamedOption>, String> {
    let scheme = ["postgres://", "postgresql://"];
    match scheme.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => url(rest),
        None => words(text),
    }
}

fn url(rest: &str) -> Result<Vec<NamedOption>, String> {
    let mut named = Vec::new();
    // An `@` ends the name and the password, whatever they consist of.
    let (who, rest) = match rest.split_once('@') {
        Some((who, rest)) => (who, rest),
        None => ("", rest),
    };
    if rest.split('?').next().is_some_and(|at| at.contains('@')) {
        return Err("it has more than one `@` before the database's name".to_owned());
    }
    let (user, password) = who.split_once(':').unwrap_or((who, ""));
    let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    let (hosts, ports) = hosts_and_ports(hosts)?;
    for (name, value) in [
        ("user", user),
        ("password", password),
        ("host", &hosts),
        ("port", &ports),
        ("dbname", database),
    ] {
        if !value.is_empty() {
            named.push(NamedOption::new(name, decoded(value)));
        }
    }
    for option in options.split('&').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').ok_or_else(malformed)?;
        let name = String::from_utf8(decoded(name)).map_err(|_| malformed())?;
        // As JDBC's users write it.
        if name == "ssl" && value == "true" {
            named.push(NamedOption::new("sslmode", b"require".to_vec()));
            continue;
        }
        named.push(NamedOption::new(&name, decoded(value)));
    }
    Ok(named)
}

/// Takes apart `a:1,[::1]:2,c`. Where no host has a port there are no ports.
fn hosts_and_ports(text: &str) -> Result<(String, String), String> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for place in text.split(',') {
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(malformed)?;
                if !after.is_empty() && !after.starts_with(':') {
                    return Err(malformed());
                }
                (host, after.strip_prefix(':').unwrap_or_default())
            }
            None => place.split_once(':').unwrap_or((place, "")),
        };
        hosts.push(host);
        ports.push(port);
    }
    let has_ports = ports.iter().any(|port| !port.is_empty());
    let ports = if has_ports {
        ports.join(",")
    } else {
        String::new()
    };
    Ok((hosts.join(","), ports))
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}

fn malformed() -> String {
    "it is not well-formed".to_owned()
}

/// Reads `key = value key='a value'`, where a backslash takes what follows it as it is.
fn words(text: &str) -> Result<Vec<NamedOption>, String> {
    let mut named = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(named);
        }
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| !c.is_whitespace() && *c != '=') {
            name.push(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if name.is_empty() || chars.next() != Some('=') {
            return Err(malformed());
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        let mut is_closed = !quoted;
        while let Some(c) = chars.next_if(|c| quoted || !c.is_whitespace()) {
            match c {
                '\\' => value.push(chars.next().ok_or_else(malformed)?),
                '\'' if quoted => {
                    is_closed = true;
                    break;
                }
                c => value.push(c),
            }
        }
        if !is_closed {
            return Err(malformed());
        }
        named.push(NamedOption::new(&name, value.into_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let named = read(text).unwrap();
        let told = named
            .iter()
            .map(|it| format!("{}={}", it.name, String::from_utf8_lossy(&it.value)));
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_forms_say_the_same() {
        for (url, words) in [
            (
                "postgres://ann:p%40:s@h:7/app",
                "user=ann password=p@:s host=h port=7 dbname=app",
            ),
            ("postgresql://", ""),
            ("postgres:///app", "dbname=app"),
            ("postgres://a:1,[::1],c:3/", "host=a,::1,c port=1,,3"),
            ("postgres://a,b/app", "host=a,b dbname=app"),
            ("postgres://%2Frun%2Fx/app", "host=/run/x dbname=app"),
            (
                "postgres://h?ssl=true&options=-c%20a%3D1",
                "host=h sslmode=require options=-c a=1",
            ),
            ("postgres://ann@/app?host=h", "user=ann dbname=app host=h"),
            ("postgres://ann:@h", "user=ann host=h"),
        ] {
            assert_eq!(told(url), words, "{url}");
        }
        assert_eq!(
            told(r"host = h password='a \'b\\ c' user=x\ y options=''"),
            r"host=h password=a 'b\ c user=x y options="
        );
    }

    #[test]
    fn what_has_no_form_is_refused() {
        for text in [
            "host",
            "=a",
            "host='a",
            r"host=a\",
            "a b=c",
            "postgres://h?a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
