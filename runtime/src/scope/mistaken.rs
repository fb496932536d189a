//! Types that are passed for a scope by mistake.
//!
//! None of these is a scope, since none reaches anything. That they have outcomes keeps the compiler from saying of the
//! mistake more than that. Of any other type, such as an application's own, it says that too: the outcome of an operation is
//! that of the scope's type, so a type without outcomes is a second mistake.

use super::{Database, Session};
use crate::error::Result;
use crate::exec::Flow;
use crate::exec::reach::Sealed;
use crate::name::TenantKey;
use crate::place::Context;

macro_rules! mistaken {
    ($([$($parameter:tt)*] $mistaken:ty => $outcome:ty;)*) => {$(
        impl<$($parameter)*> Sealed for $mistaken {}

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
