//! Types of extensions: citext, hstore and ltree.

use std::collections::BTreeMap;

use tenantry::migrate::Choices;
use tenantry::postgres::types::Type;
use tenantry::prelude::*;
use tenantry::value::{BytesMut, DecodeError, Element, ExtensionType, Scalar, SqlType};

use crate::given::{Given, TENANTS};

macro_rules! texts {
    ($($name:ident $extension:literal;)*) => {$(
        #[derive(Debug, Clone, PartialEq)]
        struct $name(String);

        impl Scalar for $name {
            const SQL: SqlType = SqlType::Extension(&ExtensionType::new($extension, $extension));

            fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
                self.0.encode(out)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                String::decode(ty, raw).map(Self)
            }
        }

        impl Element for $name {}
    )*};
}

texts! {
    Email "citext";
    Path "ltree";
    Labels "hstore";
}

#[tenant_model(table = "members")]
#[derive(Debug, Clone, PartialEq)]
struct Member {
    #[field(key)]
    id: i64,
    #[field(unique)]
    email: Email,
    place: Option<Path>,
}

#[tenant_model(table = "tags")]
#[derive(Debug, Clone, PartialEq)]
struct Tag {
    #[field(key)]
    id: i64,
    owner: Fk<Owner>,
    labels: Labels,
    others: Vec<Email>,
}

/// A newtype around one is a key as any other.
#[derive(Debug, Clone, PartialEq, Column)]
struct Address(Email);

/// Found by a text whose case does not count.
#[tenant_model(table = "owners")]
#[derive(Debug, Clone, PartialEq)]
struct Owner {
    #[field(key, given)]
    email: Address,
    name: String,
}

fn email(text: &str) -> Email {
    Email(text.to_owned())
}

#[test]
fn values_travel_as_texts_and_are_compared_by_their_types() {
    let given = Given::new(&[Member::DEF, Owner::DEF, Tag::DEF], "SELECT 1");
    let db = Database::connect(given.url()).unwrap();
    for tenant in TENANTS {
        let mut scope = db.tenant(&TenantKey::new(tenant).unwrap()).unwrap();
        let scope = &mut scope;
        let place = Path("top.science".to_owned());
        let new = NewMember::new(email("Ann@Acme.example")).place(place.clone());
        let ann = Member::insert(new).returning(scope).unwrap();
        assert_eq!(
            (&ann.email, ann.place.as_ref()),
            (&email("Ann@Acme.example"), Some(&place))
        );
        let same = Member::query().filter(Member::EMAIL.eq(email("ANN@acme.EXAMPLE")));
        assert_eq!(same.one(scope).unwrap(), ann);
        let among = Member::query().filter(Member::EMAIL.is_in([email("ANN@acme.EXAMPLE")]));
        assert_eq!(among.count(scope).unwrap(), 1);
        let both = (Member::ID, Member::EMAIL);
        let pairs = both.is_in([(ann.id, email("ANN@acme.EXAMPLE")), (0, email("b"))]);
        let pairs = Member::query().filter(pairs);
        assert_eq!(pairs.count(scope).unwrap(), 1);
        let twice = Member::insert(NewMember::new(email("ann@ACME.example")));
        let error = twice.execute(scope).unwrap_err();
        assert_eq!(error.kind(), tenantry::ErrorKind::Unique, "{error}");
        let many = ["b@x.example", "A@x.example"].map(|text| NewMember::new(email(text)));
        Member::insert_many(many).execute(scope).unwrap();
        let ordered = Member::query()
            .order_by(Member::EMAIL.asc())
            .select(Member::EMAIL);
        let ordered = ordered.all(scope).unwrap();
        assert_eq!(
            ordered,
            ["A@x.example", "Ann@Acme.example", "b@x.example"].map(email)
        );
        let copied = Member::copy_in([NewMember::new(email("c"))]).execute(scope);
        assert!(
            copied
                .unwrap_err()
                .to_string()
                .contains("use `insert_many`")
        );
        keys(scope);
    }
}

fn keys(scope: &mut TenantScope) {
    let owner = NewOwner::new(Address(email("Bob")), "Bob");
    let mut owner = Owner::insert(owner).returning(scope).unwrap();
    let labels = Labels(r#""a"=>"1", "b"=>NULL"#.to_owned());
    let others = vec![email("x, \"y\" \\ {z}"), email("")];
    let new = NewTag::new(Address(email("BOB")), labels.clone(), others.clone());
    let tag = Tag::insert(new).returning(scope).unwrap();
    assert_eq!((&tag.labels, &tag.others), (&labels, &others));
    assert_eq!(
        Owner::find(Address(email("bob"))).one(scope).unwrap(),
        owner
    );
    assert_eq!(tag.follow(Tag::OWNER, scope).unwrap(), owner);
    let pairs = Tag::query().join(Tag::OWNER).all(scope).unwrap();
    assert_eq!(pairs[0].1, owner);
    let loaded = Tag::query().with(Tag::OWNER).all(scope).unwrap();
    assert_eq!(loaded.len(), 1);
    owner.name = "Robert".to_owned();
    owner.save(scope).unwrap();
    let mut both = Owner::query().all(scope).unwrap();
    both[0].name = "Bert".to_owned();
    assert_eq!(Owner::save_all(&mut both, scope).unwrap(), 1);
}

mod before {
    use super::*;

    #[tenant_model(table = "members")]
    pub(super) struct Member {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub email: String,
        pub place: Option<String>,
    }
}

#[test]
fn a_migration_asks_for_the_extension_and_converts_both_ways() {
    let rows = "INSERT INTO {t}.members (email, place) VALUES ('Ann', 'top.a')";
    let mut given = Given::new(&[before::Member::DEF], rows);
    let operations = given.become_(&[Member::DEF], &Choices::new());
    assert!(
        operations.contains(&"use extension `citext`".to_owned()),
        "{operations:?}"
    );
    assert!(
        operations.contains(&"use extension `ltree`".to_owned()),
        "{operations:?}"
    );
    let found = given.finds("SELECT email FROM {t}.members WHERE email = 'ANN'::public.citext");
    assert_eq!(found, ["Ann"]);
    let count: BTreeMap<&str, usize> = operations.iter().map(|it| (it.as_str(), 1)).collect();
    assert_eq!(count.len(), operations.len(), "{operations:?}");
}

mod missing {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct Shape(String);

    impl Scalar for Shape {
        const SQL: SqlType = SqlType::Extension(
            &ExtensionType::new("no such extension", "shape").modifier("Point,4326"),
        );

        fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
            self.0.encode(out)
        }

        fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
            String::decode(ty, raw).map(Self)
        }
    }

    #[tenant_model]
    pub(super) struct Field {
        #[field(key)]
        pub id: i64,
        pub shape: Shape,
    }
}

#[test]
fn an_extension_that_the_server_lacks_is_told_and_nothing_is_done() {
    let mut given = Given::new(&[before::Member::DEF], "SELECT 1");
    given.write(&[before::Member::DEF, missing::Field::DEF], &Choices::new());
    let chain = given.chain();
    let error = tenantry_tests::fleet::migrator(chain)
        .on(&mut given.client)
        .run();
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("no such extension") && error.contains("help: "),
        "{error}"
    );
    let found = given.finds("SELECT count(*)::text FROM pg_class WHERE relname = 'fields'");
    assert_eq!(found, ["0"]);
}
