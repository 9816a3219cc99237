//! What stands in for a merchant and for the service when there is no account: a shop in the
//! sandbox, which has some things and lacks others, and a webhook endpoint with a bridge behind it.

use std::net::Ipv4Addr;

use ams_loop_bridge::ledger::MemoryLedger;
use ams_loop_bridge::{Bridge, rma_key};
use ams_oms_client::{MemoryOms, MerchantId, Oms as _};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::post;
use loop_client::sandbox::{NewLine, NewReturn, Sandbox};
use loop_client::webhook::{Topic, Trigger, WebhookVerifier};
use loop_client::{
    ApiVersion, Client, DestinationAddress, DestinationType, NewDestination, Timestamp,
};
use reqwest::Url;
use tokio::net::TcpListener;

use crate::Outcome;
use crate::report::{Line, Section, State as Found};
use crate::settings::{Account, Secret, client};

/// The key of the shop lacks Carts, as many do.
const SCOPES: [&str; 5] = [
    "returns",
    "orders",
    "developer_tools",
    "destinations:read",
    "destinations:write",
];

pub(crate) struct Demo {
    sandbox: Sandbox,
    oms: MemoryOms,
    merchant: MerchantId,
    account: Account,
}

impl Demo {
    pub(crate) async fn start(merchant: &MerchantId, version: ApiVersion) -> Outcome<Self> {
        let sandbox = Sandbox::builder().scopes(SCOPES).start().await?;
        let connect = |version: &ApiVersion| {
            let key = sandbox.api_key().to_owned();
            client(key, Some(sandbox.base_url()), version)
        };
        let usual = connect(&ApiVersion::default())?;
        furnish(&usual).await?;
        let oms = MemoryOms::new();
        let bridge = Bridge::new(merchant.clone(), usual, oms.clone(), MemoryLedger::new())
            .with_webhooks(WebhookVerifier::new([sandbox.webhook_secret()])?);
        let account = Account {
            client: connect(&version)?,
            address: sandbox.base_url().to_owned(),
            webhook_url: Some(serve(bridge).await?),
            secret: Some(Secret::new(sandbox.webhook_secret().to_owned())?),
        };
        Ok(Self {
            sandbox,
            oms,
            merchant: merchant.clone(),
            account,
        })
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// A shopper submits a return, which no program may do to a real account.
    pub(crate) async fn round_trip(&self) -> Outcome<Section> {
        let shirt = NewLine::new("TEE-BLK-M").reason("Did not fit");
        let id = self
            .sandbox
            .create_return(NewReturn::new("#1001").line(shirt));
        self.sandbox.webhooks_delivered().await;
        let key = rma_key(&self.merchant, id.try_into()?);
        let what = "From shopper to RMA";
        let submitted = format!("a shopper of the stand-in has submitted return {id};");
        let line = if self.oms.get_rma(&key).await?.is_some() {
            let meaning = format!("{submitted} its webhook came, and RMA {id} is in the OMS.");
            Line::new(Found::Ok, what, meaning)
        } else {
            let meaning = format!(
                "{submitted} no webhook came, and so no RMA was made. With subscriptions it is \
                 made at once; without them the next pull makes it."
            );
            Line::new(Found::Missing, what, meaning)
        };
        Ok(Section::new("A whole round trip", vec![line]))
    }
}

/// Two warehouses, and somebody else who listens.
async fn furnish(shop: &Client) -> Outcome<()> {
    for (name, city) in [("AMS Boise", "Boise"), ("Other 3PL", "Columbus")] {
        let address = DestinationAddress::new("1 Dock Road", city, "United States", "US");
        let warehouse = NewDestination::new(DestinationType::Warehouse, name, address);
        shop.destinations().create(&warehouse).await?;
    }
    let (topic, trigger) = (Topic::Restock, Trigger::RestockRequested);
    let elsewhere = "https://erp.example.com/loop";
    shop.webhooks().create(&topic, &trigger, elsewhere).await?;
    Ok(())
}

/// The service's webhook endpoint, for as long as the process runs.
async fn serve(bridge: Bridge) -> Outcome<Url> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let (address, merchant) = (listener.local_addr()?, bridge.merchant());
    let url = format!("http://{address}/webhooks/loop/{merchant}").parse()?;
    let app = Router::new()
        .route("/webhooks/loop/{merchant}", post(accept))
        .with_state(bridge);
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(url)
}

async fn accept(
    State(bridge): State<Bridge>,
    Path(merchant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if merchant != bridge.merchant().as_str() {
        return StatusCode::NOT_FOUND;
    }
    let signatures = headers.get_all(WebhookVerifier::HEADER);
    let signatures = signatures.iter().map(HeaderValue::as_bytes);
    let now = Timestamp::now();
    let reply = bridge.accept_webhook(signatures, &body, now).await;
    StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
