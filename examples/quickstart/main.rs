//! The main job, whole, in one process: shoppers send things back, a warehouse receives them,
//! and the bridge sees to it that Loop refunds what is in good order and holds the rest.
//!
//! For whoever wants to see it work before reading on. No account, no server:
//!
//! ```text
//! cargo run --example quickstart
//! ```
//!
//! Loop is played by the sandbox of `loop-client`, over HTTP on loopback; the warehouse's system is
//! the SQLite OMS of `ams-oms-client`. What you would change: [`connect`], for your merchant's key,
//! and the `oms` that [`run`] gives to the bridge, for your own. The rest plays the shoppers and
//! the warehouse.

mod audit;
mod receiver;
mod report;
#[cfg(test)]
mod restart;
mod shoppers;
mod warehouse;

use std::error::Error;
use std::process::ExitCode;

use ams_loop_bridge::ledger::{Ledger, SqliteLedger};
use ams_loop_bridge::{Bridge, LookResult, LoopApi, Policy};
use ams_oms_client::{MerchantId, Oms, SqliteOms};
use loop_client::sandbox::Sandbox;
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use loop_client::{ApiKey, Client, Timestamp};

use receiver::Receiver;
use report::Totals;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Rounds after which nothing can be left to do.
const ROUNDS: usize = 6;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(totals) if totals.violations == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Outcome<Totals> {
    let folder = tempfile::tempdir()?;
    let merchant: MerchantId = "acme".parse()?;
    let cases = shoppers::cases();

    println!("Loop's stand-in, the warehouse's system and the bridge start.");
    let sandbox = Sandbox::builder()
        .first_return_id(shoppers::FIRST_RETURN_ID)
        .start()
        .await?;
    let oms = SqliteOms::open(folder.path().join("oms.sqlite")).await?;
    let client = connect(&sandbox)?;
    let ledger = SqliteLedger::open(folder.path().join("ledger.sqlite")).await?;
    let bridge = bridge(&sandbox, &merchant, client.clone(), oms.clone(), ledger)?;
    let receiver = Receiver::start(bridge.clone(), None, report::say).await?;
    subscribe(&client, &receiver.url()).await?;

    println!("\nShoppers ask to return things; some of Loop's webhooks get lost.");
    shoppers::submit(&sandbox, &cases, report::say);
    sandbox.webhooks_delivered().await;

    println!("\nThe bridge asks Loop what it missed.");
    pull(&bridge, now()).await?;
    bridge.settle(now()).await?;

    println!("\nParcels arrive at the warehouse.");
    warehouse::receive(&oms, &merchant, &cases, report::say).await?;

    println!("\nThe bridge settles.");
    for _ in 0..ROUNDS {
        let decided = settle(&bridge, now()).await?;
        sandbox.webhooks_delivered().await;
        pull(&bridge, now()).await?;
        if decided == 0 {
            break;
        }
    }

    let totals = report::table(&sandbox, &oms, &bridge, &cases).await?;
    receiver.stop().await;
    Ok(totals)
}

/// Loop, with the merchant's key.
fn connect(sandbox: &Sandbox) -> Outcome<Client> {
    let key = ApiKey::new(sandbox.api_key())?;
    Ok(Client::builder(key).base_url(sandbox.base_url()).build()?)
}

/// The bridge itself, for a merchant who has refunds enabled.
fn bridge(
    sandbox: &Sandbox,
    merchant: &MerchantId,
    loop_api: impl LoopApi + 'static,
    oms: impl Oms + 'static,
    ledger: impl Ledger + 'static,
) -> Outcome<Bridge> {
    Ok(Bridge::new(merchant.clone(), loop_api, oms, ledger)
        .with_policy(Policy::processing())?
        .with_webhooks(WebhookVerifier::new([sandbox.webhook_secret()])?))
}

/// Asks Loop for the webhooks that the bridge listens to, unless it has been asked before.
async fn subscribe(client: &Client, url: &str) -> Outcome<()> {
    let known = client.webhooks().list().await?;
    for (topic, trigger) in [
        (Topic::Return, Trigger::ReturnCreated),
        (Topic::Return, Trigger::ReturnUpdated),
        (Topic::Return, Trigger::ReturnClosed),
        (Topic::ReturnProcessing, Trigger::ProcessingFailed),
    ] {
        if !known.iter().any(|it| {
            it.url == url
                && it.topic.as_ref() == Some(&topic)
                && it.trigger.as_ref() == Some(&trigger)
        }) {
            client.webhooks().create(&topic, &trigger, url).await?;
        }
    }
    Ok(())
}

async fn pull(bridge: &Bridge, now: Timestamp) -> Outcome<()> {
    let report = bridge.pull(now).await?;
    for key in &report.new {
        report::say(&format!(
            "pull       {}  found, no webhook had told of it",
            key.rma_number
        ));
    }
    for row in &report.unreadable {
        report::say(&format!("pull       {row}"));
    }
    Ok(())
}

/// Settles once; how many returns something was decided about.
async fn settle(bridge: &Bridge, now: Timestamp) -> Outcome<usize> {
    let report = bridge.settle(now).await?;
    let mut decided = 0;
    for look in &report.looks {
        if let LookResult::Decided(decision) = &look.result {
            decided += 1;
            report::say(&format!(
                "settle     {}  {:<8} {}",
                look.key.rma_number,
                report::action(decision.action),
                decision.note.as_ref().unwrap_or(&decision.explanation),
            ));
        }
    }
    for failure in &report.failures {
        report::say(&format!(
            "settle     {}  later    {}",
            failure.key.rma_number, failure.error
        ));
    }
    Ok(decided + report.failures.len())
}

fn now() -> Timestamp {
    Timestamp::now()
}
