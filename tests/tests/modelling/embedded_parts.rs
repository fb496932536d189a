//! Embedded structs, in modules of their own, where the models do not see what they are made of.

use tenantry::prelude::*;

/// Fields that models have in common.
#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Audit {
    /// When it was made.
    #[field(auto_now_add)]
    pub(crate) made_at: Timestamp,
    #[field(auto_now)]
    pub(crate) changed_at: Timestamp,
    #[field(index)]
    pub(crate) changed_by: Option<String>,
    #[field(version)]
    pub(crate) version: i64,
    #[field(soft_delete)]
    deleted_at: Option<Timestamp>,
}

impl Audit {
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted_at.is_some()
    }
}

pub(crate) mod parts {
    use tenantry::prelude::*;

    use super::super::embedded::Country;

    mod words {
        /// A name that only this module knows.
        #[derive(tenantry::Column, Debug, Clone, PartialEq)]
        pub(crate) struct Zip(pub(crate) String);
    }

    pub(crate) use words::Zip as Code;

    fn is_street(street: &str) -> Result<(), String> {
        if street.is_empty() {
            Err("a street has a name".to_owned())
        } else {
            Ok(())
        }
    }

    fn is_short(unit: &str) -> Result<(), &'static str> {
        if unit.len() < 5 {
            Ok(())
        } else {
            Err("four letters at most")
        }
    }

    #[derive(Embedded, Debug, Clone, PartialEq)]
    pub(crate) struct Address {
        #[field(check_with = is_street, max_length = 40)]
        pub(crate) street: String,
        /// The code of the place, if it has one.
        #[field(column = "order", check = "length(\"order\") > 2")]
        pub(crate) r#type: Option<Code>,
        #[field(default = "Bern", index)]
        pub(crate) city: String,
        #[field(on_delete = "restrict")]
        pub(crate) country: Option<Fk<Country>>,
        #[field(generated = "lower(city) || coalesce(\"order\", '')")]
        pub(crate) folded: String,
        #[field(check_with = is_short)]
        pub(crate) unit: Option<String>,
    }

    /// An amount that only this module takes apart.
    #[derive(Embedded, Debug, Clone, PartialEq)]
    pub(crate) struct Money {
        #[field(precision = 12, scale = 2, check = "amount >= 0")]
        amount: Decimal,
        #[field(max_length = 3)]
        currency: String,
    }

    impl Money {
        pub(crate) fn new(cents: i64, currency: &str) -> Self {
            Self {
                amount: Decimal::new(cents, 2),
                currency: currency.to_owned(),
            }
        }

        pub(crate) fn cents(&self) -> i64 {
            i64::try_from(self.amount.mantissa()).unwrap()
        }
    }
}
