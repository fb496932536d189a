//! The guards of transactions as the scopes that they were begun in.

/// Has a guard `Transaction` with the fields `scope` and `depth` stand in for its scope, whose trait is given.
macro_rules! stands_in {
    ($over:ident) => {
        impl<S: $over> ::std::ops::Deref for Transaction<'_, S> {
            type Target = S;

            fn deref(&self) -> &S {
                self.scope
            }
        }

        impl<S: $over> ::std::ops::DerefMut for Transaction<'_, S> {
            fn deref_mut(&mut self) -> &mut S {
                self.scope
            }
        }

        impl<S: $over + ::std::fmt::Debug> ::std::fmt::Debug for Transaction<'_, S> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct("Transaction")
                    .field("depth", &self.depth)
                    .field("scope", &self.scope)
                    .finish_non_exhaustive()
            }
        }

        impl<S: $over> $crate::exec::reach::Sealed for Transaction<'_, S> {}

        #[diagnostic::do_not_recommend]
        impl<S: $over> Session for Transaction<'_, S> {
            type Outcome<'a, T: 'a>
                = S::Outcome<'a, T>
            where
                Self: 'a;

            fn context(&self) -> &$crate::place::Context {
                self.scope.context()
            }

            fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T> {
                self.scope.drive(flow)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<P: $crate::model::Placement, S: $over + $crate::scope::Scope<P>>
            $crate::scope::Scope<P> for Transaction<'_, S>
        {
        }

        #[diagnostic::do_not_recommend]
        impl<P: $crate::model::Placement, S: $over + $crate::scope::Writes<P>>
            $crate::scope::Writes<P> for Transaction<'_, S>
        {
        }

        #[diagnostic::do_not_recommend]
        impl<W, S: $over + $crate::scope::Permits<W>> $crate::scope::Permits<W>
            for Transaction<'_, S>
        {
        }
    };
}
pub(crate) use stands_in;
