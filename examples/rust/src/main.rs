//! Books the payment of each order that the shop took: a row in PostgreSQL, and what the customer has spent.

use std::{env, time::Duration};

use anyhow::{Context, Result, bail};
use futures_lite::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, ExchangeKind,
    message::Delivery,
    options::*,
    types::{AMQPValue, FieldTable},
};
use serde::Deserialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_postgres::{Client, NoTls};

const PREFETCH: u16 = 16;
const DELIVERY_LIMIT: i32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
struct Order {
    id: String,
    customer: String,
    cents: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let broker = env::var("PAYMENTS_BROKER").context("PAYMENTS_BROKER")?;
    let database = env::var("PAYMENTS_DATABASE").context("PAYMENTS_DATABASE")?;
    let mut stop = signal(SignalKind::terminate())?;
    loop {
        match consume(&broker, &database, &mut stop).await {
            Ok(()) => return Ok(()),
            Err(error) => eprintln!("{error:#}; connecting again"),
        }
        tokio::select! {
            _ = stop.recv() => return Ok(()),
            _ = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Works until it is told to stop; an error means that one of the connections is lost.
async fn consume(broker: &str, database: &str, stop: &mut Signal) -> Result<()> {
    let mut client = open_database(database).await.context("database")?;
    let connection = Connection::connect(broker, ConnectionProperties::default())
        .await
        .context("broker")?;
    let channel = connection.create_channel().await?;
    declare(&channel).await.context("declaring")?;
    channel
        .basic_qos(PREFETCH, BasicQosOptions::default())
        .await?;
    let mut deliveries = channel
        .basic_consume(
            "payments".into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    println!("waiting for orders");
    loop {
        tokio::select! {
            biased;
            _ = stop.recv() => break,
            next = deliveries.next() => match next {
                Some(delivery) => handle(&mut client, delivery?).await?,
                None => bail!("the broker has cancelled the consumer"),
            }
        }
    }
    connection.close(200, "stopped".into()).await?;
    Ok(())
}

async fn open_database(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("database: {error}");
        }
    });
    Ok(client)
}

async fn declare(channel: &Channel) -> lapin::Result<()> {
    let durable = ExchangeDeclareOptions {
        durable: true,
        ..Default::default()
    };
    for (exchange, kind) in [
        ("shop", ExchangeKind::Direct),
        ("shop.dead", ExchangeKind::Fanout),
    ] {
        channel
            .exchange_declare(exchange.into(), kind, durable, FieldTable::default())
            .await?;
    }
    let mut arguments = FieldTable::default();
    for (name, value) in [
        ("x-queue-type", AMQPValue::LongString("quorum".into())),
        ("x-delivery-limit", AMQPValue::LongInt(DELIVERY_LIMIT)),
        (
            "x-dead-letter-exchange",
            AMQPValue::LongString("shop.dead".into()),
        ),
    ] {
        arguments.insert(name.into(), value);
    }
    for (queue, exchange, key, arguments) in [
        ("payments.dead", "shop.dead", "", FieldTable::default()),
        ("payments", "shop", "order.placed", arguments),
    ] {
        channel
            .queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments)
            .await?;
        channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                key.into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
    }
    Ok(())
}

async fn handle(client: &mut Client, delivery: Delivery) -> Result<()> {
    let order: Order = match serde_json::from_slice(&delivery.data) {
        Ok(order) => order,
        Err(error) => {
            eprintln!("no order: {error}");
            delivery
                .reject(BasicRejectOptions { requeue: false })
                .await?;
            return Ok(());
        }
    };
    match book(client, &order).await {
        Ok(()) => {
            delivery.ack(BasicAckOptions::default()).await?;
        }
        Err(error) if client.is_closed() => return Err(error).context("database"),
        Err(error) => {
            // The queue's delivery limit ends this.
            eprintln!("order {}: {:#}", order.id, anyhow::Error::from(error));
            delivery
                .nack(BasicNackOptions {
                    requeue: true,
                    ..Default::default()
                })
                .await?;
        }
    }
    Ok(())
}

/// Books an order once, however often it comes.
async fn book(client: &mut Client, order: &Order) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    let booked = transaction
        .execute(
            "INSERT INTO payments (order_id, customer, cents) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[&order.id, &order.customer, &order.cents],
        )
        .await?;
    if booked == 1 {
        transaction
            .execute(
                "INSERT INTO customers (name, spent) VALUES ($1, $2) \
                 ON CONFLICT (name) DO UPDATE SET spent = customers.spent + excluded.spent",
                &[&order.customer, &order.cents],
            )
            .await?;
    }
    transaction.commit().await
}
