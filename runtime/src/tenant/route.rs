//! The ways to make a tenant, and which of them a creation takes next.
//!
//! A plan is carried out by one of the [`Means`]. What comes of it decides how the creation goes on:
//!
//! | means | made | overtaken | nothing to claim | refused |
//! |---|---|---|---|---|
//! | [`Means::Claim`] | ends | | [`Means::Whole`] at once, if that is one transaction; otherwise plans with [`Claims::None`] | fails |
//! | [`Means::Whole`] | ends | plans anew | | plans with [`Source::Chain`] if it had a baseline, otherwise fails |
//! | [`Means::Finish`] | ends | plans anew | | fails |
//!
//! A refusal that passes, as a lock that is not to be had, fails at once: whoever limits the waits begins again.

use crate::name::SchemaName;

/// How often creation is planned anew because a migrator or another process came in between.
const ATTEMPTS: usize = 100;

/// Means by which a plan makes a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The tenant gets a standby.
    Claim,
    /// Schema and entry in the registry are made in one transaction.
    Whole,
    /// The schema is made by steps, and the entry follows.
    Finish,
}

/// Standbys that may be claimed.
#[derive(Debug, Clone)]
pub(super) enum Claims {
    /// All.
    Any,
    /// None under this name, which was tried: without one, the schema has the standby's number.
    NotAs(Option<SchemaName>),
    /// None.
    None,
}

impl Claims {
    /// Whether a standby may be claimed under a name.
    pub(super) fn allow(&self, name: Option<&SchemaName>) -> bool {
        match self {
            Self::Any => true,
            Self::NotAs(tried) => tried.as_ref() != name,
            Self::None => false,
        }
    }
}

/// Source of a new schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The baseline if there is one, and the chain after that.
    Baseline,
    /// The whole chain: the baseline has failed.
    Chain,
}

/// Ways that a creation still has.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(super) claims: Claims,
    pub(super) source: Source,
    /// Whether hooks or a closure have work in the transaction that makes the tenant.
    pub(super) has_work: bool,
}

impl Route {
    /// The ways of a creation that may claim these standbys, and has a baseline to try.
    pub(super) fn claiming(claims: Claims) -> Self {
        Self {
            claims,
            source: Source::Baseline,
            has_work: false,
        }
    }

    /// The ways of a creation with work of the application's in the transaction that makes the tenant.
    pub(crate) fn with_work() -> Self {
        Self {
            has_work: true,
            ..Self::claiming(Claims::Any)
        }
    }

    /// The ways that are left without standbys.
    pub(super) fn without_claims(&self) -> Self {
        Self {
            claims: Claims::None,
            ..self.clone()
        }
    }

    /// The ways that are left without the baseline.
    pub(super) fn without_baseline(&self) -> Self {
        Self {
            source: Source::Chain,
            ..self.clone()
        }
    }
}

/// Outcome of one plan.
#[derive(Debug)]
pub(crate) enum Entered<T> {
    /// The tenant is made.
    Made(T),
    /// A migration, or another tenant, came in between.
    Overtaken,
    /// It has to be planned with what is left.
    Otherwise(Route),
}

/// Plans and carries out until a tenant is made. Returns nothing if others have made every plan void.
pub(crate) fn until_made<T, E>(
    mut route: Route,
    mut attempt: impl FnMut(&Route) -> Result<Entered<T>, E>,
) -> Result<Option<T>, E> {
    for _ in 0..ATTEMPTS {
        match attempt(&route)? {
            Entered::Made(made) => return Ok(Some(made)),
            Entered::Overtaken => {}
            Entered::Otherwise(left) => route = left,
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_is_not_claimed_again_under_a_name_that_was_tried() {
        let name = SchemaName::new("acme").unwrap();
        let other = SchemaName::new("globex").unwrap();
        assert!(Claims::Any.allow(Some(&name)) && Claims::Any.allow(None));
        assert!(!Claims::NotAs(Some(name.clone())).allow(Some(&name)));
        assert!(Claims::NotAs(Some(name.clone())).allow(Some(&other)));
        assert!(Claims::NotAs(Some(name.clone())).allow(None));
        assert!(!Claims::NotAs(None).allow(None));
        assert!(!Claims::None.allow(Some(&name)) && !Claims::None.allow(None));
    }

    #[test]
    fn what_has_failed_is_not_gone_back_to() {
        let mut seen = Vec::new();
        let made: Result<_, ()> = until_made(Route::with_work(), |route| {
            let is_chain = route.source == Source::Chain;
            seen.push((route.claims.allow(None), is_chain, route.has_work));
            Ok(match seen.len() {
                1 => Entered::Otherwise(route.without_claims()),
                2 => Entered::Otherwise(route.without_baseline()),
                3 => Entered::Overtaken,
                _ => Entered::Made("acme"),
            })
        });
        assert_eq!(made, Ok(Some("acme")));
        let all = [
            (true, false, true),
            (false, false, true),
            (false, true, true),
            (false, true, true),
        ];
        assert_eq!(seen, all);
    }

    #[test]
    fn a_creation_that_is_overtaken_for_ever_ends() {
        let mut times = 0;
        let made: Result<Option<()>, ()> = until_made(Route::with_work(), |_| {
            times += 1;
            Ok(Entered::Overtaken)
        });
        assert_eq!((made, times), (Ok(None), ATTEMPTS));
    }
}
