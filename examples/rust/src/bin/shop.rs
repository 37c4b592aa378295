//! `shop order ID`: publishes an order, and waits until the broker has it.

use std::env;

use anyhow::{Context, Result, bail};
use lapin::{
    BasicProperties, Confirmation, Connection, ConnectionProperties, ExchangeKind, options::*,
    types::FieldTable,
};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [command, id] = &arguments[..] else {
        bail!("usage: shop order ID");
    };
    if command != "order" {
        bail!("usage: shop order ID");
    }
    let broker = env::var("PAYMENTS_BROKER").context("PAYMENTS_BROKER")?;
    let connection = Connection::connect(&broker, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel
        .exchange_declare(
            "shop".into(),
            ExchangeKind::Direct,
            ExchangeDeclareOptions {
                durable: true,
                ..Default::default()
            },
            FieldTable::default(),
        )
        .await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let order = json!({ "id": id, "customer": "ada", "cents": 1999 });
    let confirmation = channel
        .basic_publish(
            "shop".into(),
            "order.placed".into(),
            BasicPublishOptions {
                mandatory: true,
                ..Default::default()
            },
            order.to_string().as_bytes(),
            BasicProperties::default()
                .with_content_type("application/json".into())
                .with_delivery_mode(2)
                .with_message_id(id.as_str().into()),
        )
        .await?
        .await?;
    match confirmation {
        Confirmation::Ack(None) => println!("published order {id}"),
        Confirmation::Ack(Some(_)) => bail!("no queue takes order {id}"),
        refused => bail!("order {id} was not taken: {refused:?}"),
    }
    connection.close(200, "done".into()).await?;
    Ok(())
}
