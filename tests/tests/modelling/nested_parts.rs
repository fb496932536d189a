//! Embedded structs that may not be there, and those within others, in a module of their own.

use tenantry::prelude::*;

mod words {
    /// A name that only this module knows.
    pub(crate) type Words = String;
}

pub(crate) mod geo {
    use tenantry::prelude::*;

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "a check is given a reference, whatever the type is"
    )]
    fn is_on_earth(latitude: &f64) -> Result<(), String> {
        if latitude.abs() <= 90.0 {
            Ok(())
        } else {
            Err("there are 90 degrees".to_owned())
        }
    }

    #[derive(Embedded, Debug, Clone, PartialEq)]
    pub(crate) struct Place {
        #[field(check_with = is_on_earth)]
        pub(crate) latitude: f64,
        pub(crate) longitude: f64,
        pub(crate) note: Option<String>,
    }
}

use geo::Place;
use words::Words;

use super::nested::Region;

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Address {
    pub(crate) street: Words,
    #[field(max_length = 30, check = "length(city) > 1", index)]
    pub(crate) city: String,
    #[field(
        default = "CH",
        check = "country IS NOT NULL AND country = upper(country)"
    )]
    pub(crate) country: String,
    pub(crate) floor: Option<i32>,
    #[field(on_delete = "restrict")]
    pub(crate) region: Option<Fk<Region>>,
    #[field(embed)]
    pub(crate) place: Option<Place>,
}

/// Whom to ask, with an address that there is in any case.
#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Contact {
    #[field(unique)]
    pub(crate) email: String,
    #[field(embed, prefix = "at_")]
    pub(crate) address: Address,
    #[field(default = 3)]
    pub(crate) rank: i16,
    #[field(default = true)]
    pub(crate) is_active: bool,
}
