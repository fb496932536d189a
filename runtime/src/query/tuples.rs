//! The tuples for which a trait is implemented alike.

/// Calls a macro with the types of each tuple of one to twelve.
macro_rules! up_to_twelve {
    ($implement:ident) => {
        $implement! {
            A;
            A B;
            A B C;
            A B C D;
            A B C D E;
            A B C D E F;
            A B C D E F G;
            A B C D E F G H;
            A B C D E F G H I;
            A B C D E F G H I J;
            A B C D E F G H I J K;
            A B C D E F G H I J K L;
        }
    };
}

pub(super) use up_to_twelve;
