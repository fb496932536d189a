use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key, uniqe)]
    pub id: i64,
    pub name: String,
}

#[tenant_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub person: Fk<Person>,
}

pub fn query() {
    let _ = Person::query().filter(Person::NAME.eq("Ann"));
    let _ = Person::insert(NewPerson::new("Ann").id(3));
}

fn main() {}
