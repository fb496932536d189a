//! The work through sea-orm.

use std::hint::black_box;

use sea_orm::entity::prelude::*;
use sea_orm::{ConnectOptions, Database, Set, TransactionTrait as _};
use tokio::runtime::Runtime;

use crate::unit::{Slice, Work};

mod category {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "categories")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod item {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) id: i64,
        pub(crate) name: String,
        pub(crate) quantity: i32,
        pub(crate) weight: f64,
        pub(crate) is_active: bool,
        pub(crate) due: Date,
        pub(crate) made_at: DateTimeUtc,
        pub(crate) code: Uuid,
        pub(crate) note: Option<String>,
        pub(crate) category: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {
        #[sea_orm(
            belongs_to = "super::category::Entity",
            from = "Column::Category",
            to = "super::category::Column::Id"
        )]
        Category,
    }

    impl Related<super::category::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Category.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn new(url: &str) -> impl crate::Peer + use<> {
    let runtime = crate::runtime();
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(1)
        .min_connections(1)
        .sqlx_logging(false);
    // As the others, which ask nothing before they use a connection.
    options.test_before_acquire(false);
    let client = runtime.block_on(Database::connect(options));
    let client = client.expect("the server is there");
    SeaOrm { runtime, client }
}

struct SeaOrm {
    runtime: Runtime,
    client: DatabaseConnection,
}

impl crate::Peer for SeaOrm {
    fn run(&mut self, slice: Slice) {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            for unit in slice.numbers() {
                let select = crate::select(slice.tenant(unit));
                let selected = client.execute_unprepared(&select).await;
                selected.expect("the tenant is there");
                for (id, number) in slice.rows(unit) {
                    work(client, slice.work, id, number)
                        .await
                        .expect("it works");
                }
            }
        });
    }
}

async fn work(client: &DatabaseConnection, work: Work, id: i64, number: i32) -> Result<(), DbErr> {
    match work {
        Work::Find => {
            black_box(item::Entity::find_by_id(id).one(client).await?);
        }
        Work::List => {
            let many = item::Entity::find().filter(item::Column::Id.lte(100));
            black_box(many.all(client).await?);
        }
        Work::Join => {
            let few = item::Entity::find().filter(item::Column::Id.lte(20));
            black_box(few.find_also_related(category::Entity).all(client).await?);
        }
        Work::Insert => {
            let new = item::ActiveModel {
                name: Set("new".to_owned()),
                quantity: Set(number),
                weight: Set(0.5),
                is_active: Set(true),
                due: Set(Date::from_ymd_opt(2026, 1, 1).expect("a day")),
                made_at: Set(DateTimeUtc::UNIX_EPOCH),
                code: Set(Uuid::from_u128(u128::from(number.unsigned_abs()))),
                category: Set(7),
                ..Default::default()
            };
            black_box(new.insert(client).await?);
        }
        Work::Save => save(client, id, number).await?,
        Work::Transaction => {
            let tx = client.begin().await?;
            save(&tx, id, number).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

async fn save(client: &impl ConnectionTrait, id: i64, number: i32) -> Result<(), DbErr> {
    let one = item::Entity::find_by_id(id).one(client).await?;
    let mut one: item::ActiveModel = one.expect("a row").into();
    one.quantity = Set(number);
    black_box(one.update(client).await?);
    Ok(())
}
