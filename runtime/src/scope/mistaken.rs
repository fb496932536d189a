//! Types that are passed for a scope by mistake.
//!
//! None of these is a scope, since none reaches anything. That they have outcomes keeps the compiler from saying of the
//! mistake more than that. A reference to a scope can't be among them: its methods would be found there first.

use super::{Database, Session, sealed};
use crate::error::Result;
use crate::exec::Flow;
use crate::name::TenantKey;
use crate::place::Context;

macro_rules! mistaken {
    ($([$($parameter:tt)*] $mistaken:ty => $outcome:ty;)*) => {$(
        impl<$($parameter)*> sealed::Sealed for $mistaken {}

        #[doc(hidden)]
        impl<$($parameter)*> Session for $mistaken {
            type Outcome<'a, T: 'a>
                = $outcome
            where
                Self: 'a;

            fn context(&self) -> &Context {
                unreachable!("no statement takes this for a scope")
            }

            fn drive<'a, T: 'a>(&'a mut self, _: Flow<'a, T>) -> Self::Outcome<'a, T> {
                unreachable!("no statement takes this for a scope")
            }
        }
    )*};
}

mistaken! {
    // A forgotten `?`.
    [S: Session, E] std::result::Result<S, E> => S::Outcome<'a, T>;
    [S: Session] Option<S> => S::Outcome<'a, T>;
    // What scopes are made of.
    [] Database => Result<T>;
    [] TenantKey => Result<T>;
    ['k] &'k TenantKey => Result<T>;
    ['k] &'k Database => Result<T>;
    [] String => Result<T>;
    ['k] &'k str => Result<T>;
    [] postgres::Client => Result<T>;
    ['t] postgres::Transaction<'t> => Result<T>;
}
