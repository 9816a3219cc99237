//! A stateful stand-in for Loop on loopback, for tests and demonstrations.
//!
//! [`Sandbox::start`] serves Loop's HTTP API on a free port of this machine. Code under test talks
//! to it as it would to Loop; the test plays the other people through the handle: the shopper
//! who submits a return, the merchant who edits or cancels it in the admin, and the independent
//! observer who asks what really happened.
//!
//! ```
//! use loop_client::sandbox::{Fault, NewLine, NewReturn, On, Processing, Sandbox};
//! use loop_client::{ApiKey, Client, Effect, ReturnState};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder().processing(Processing::Held).start().await?;
//! let client = Client::builder(ApiKey::new(sandbox.api_key())?)
//!     .base_url(sandbox.base_url())
//!     .build()?;
//! let id = sandbox.create_return(
//!     NewReturn::new("#1001")
//!         .line(NewLine::new("SHIRT-S").price("78.00"))
//!         .line(NewLine::new("SHIRT-M").price("78.00")),
//! );
//! let id = id.try_into()?;
//!
//! // The answer to a refund is lost: nobody can know whether Loop took it.
//! let process = On::path("POST", "/warehouse/return/{id}/process").times(1);
//! sandbox.inject(Fault::lost_reply(), process);
//! let lost = client.returns().process(id).await.unwrap_err();
//! assert_eq!(lost.effect(), Effect::Unknown);
//!
//! // So look at the return, and never process it again. Loop did take it, and works on it later.
//! assert_eq!(client.returns().get(id).await?.state, Some(ReturnState::Open));
//! assert_eq!(sandbox.finish_processing(), 1);
//! assert_eq!(client.returns().get(id).await?.state, Some(ReturnState::Closed));
//! assert_eq!(sandbox.truth()[0].refunds, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What it serves
//!
//! Under `/api/{version}`, for the versions `2026-10`, `2026-07`, `v1`, `latest` (which is
//! `2026-10`) and `unstable`:
//!
//! | Method | Path |
//! | --- | --- |
//! | GET | `/warehouse/return/list` |
//! | GET | `/warehouse/return/details` |
//! | GET | `/warehouse/reporting/asn` |
//! | POST | `/warehouse/return/{id}/process`, `/flag`, `/cancel`, `/close`, `/note` |
//! | POST | `/warehouse/return/{id}/remove?line_item_id=` |
//! | GET | `/warehouse/return/{id}/notes` |
//! | POST | `/order/link`, `/order/qr` |
//! | POST | `/dispositioning/grade`, `/dispositioning/assess` |
//! | POST, DELETE | `/returns/{id}/fraud-report` |
//! | POST | `/returns/{id}/labels`, `/returns/{id}/labels/regenerate` |
//! | GET | `/label-requests`, `/label-requests/{id}` |
//! | POST | `/label-requests/{id}/errors` |
//! | POST | `/labels` |
//! | PUT | `/labels/{id}` |
//! | GET, POST | `/destinations` |
//! | GET, PUT, DELETE | `/destinations/{id}` |
//! | GET | `/happy-returns/shipments`, `/happy-returns/shipments/{happy_returns_shipment_id}` |
//! | GET | `/happy-returns/shipments/{id}/items` |
//! | GET, POST | `/blocklists`, `/allowlists` |
//! | GET, DELETE | `/blocklists/{id}`, `/allowlists/{id}` |
//! | POST | `/cart` |
//! | GET, POST, DELETE | `/cart/{token}` |
//! | GET, POST, PUT | `/orders` |
//! | GET, PUT, DELETE | `/orders/{id}` |
//! | POST | `/orders/return-eligibility` |
//! | GET, POST | `/webhooks` |
//! | PUT, DELETE | `/webhooks/{id}` |
//!
//! Anything else is 404, also draft returns. A call without the right `X-Authorization`, or with a
//! key that lacks the scope ([`SandboxBuilder::scopes`]), is 401; one too many in a minute is 429.
//!
//! Webhooks are sent for every trigger; `restock.requested` and `giftcard.requested` on command
//! only: [`Sandbox::request_restock`], [`Sandbox::request_gift_card`].
//!
//! It shares no types with the client, so that the two are independent witnesses of Loop's
//! documentation.
//!
//! # How it behaves where Loop is odd
//!
//! * An action that Loop refuses is answered with status 200 and an error object.
//! * A second process request that arrives while the first is still queued is accepted, and the
//!   outcome is carried out twice: [`ReturnTruth::refunds`] is then 2.
//! * A process request about a Reshop return is answered with `true` and does nothing:
//!   `return.closed` never comes.
//! * The list covers 24 hours unless both dates are given, hides the states `review` and
//!   `cancelled` unless asked, and its page links carry no `paginate`, `from` and `state` and name
//!   version `v1`.
//! * The ASN report takes a date that it cannot read for 1 January 1970.
//! * The removal of lines processes the return afterwards, as a process request does, and cancels
//!   it if no line is left. Only lines that pay a refund or store credit can be removed, and a
//!   second removal fails, also while the first is queued.
//! * `condition_category` is a text in `2026-07` and `v1`, an object elsewhere; a pair of subject
//!   and title that the shop does not know makes a new category.
//! * Orders need `created_at`, except in `2026-07` and `v1`.
//! * Every refusal about carts has status 200.
//! * The id of a label request is a text when it is read, a number in its webhook and in the call
//!   that answers it; the parts of its addresses have two sets of names.
//! * A label request with reported errors stays `issued`.
//! * `from` and `last_page` of blocklist and allowlist are texts, and page links of Laravel pages
//!   carry nothing but the page.
//! * Webhook bodies are written as PHP writes JSON; a signature holds for those bytes only.
//!
//! # How it misbehaves on command
//!
//! [`Sandbox::inject`] spoils chosen calls: errors before or after the effect, lost replies, cut,
//! truncated, slow and oversized bodies, pages of HTML, texts that nobody knows.
//! [`Sandbox::disturb_webhooks`] drops, repeats, delays and reorders webhooks. [`Sandbox::truth`]
//! tells what really happened.
//!
//! # Where Loop's behaviour is not known
//!
//! * Process, flag and close refuse an expired return, as cancel is known to do.
//! * A return in review can be flagged and closed, not cancelled; a flagged one cannot be flagged
//!   again. A return in a state that Loop does not document refuses every action.
//! * A flag, cancellation or expiry that comes while a process request is queued stops it
//!   (webhook `return.processing.failed`); one that finds the return closed is carried out.
//! * The JSON object of a process request becomes a note when it is carried out, and a body that
//!   is no object does nothing.
//! * Notes can be written in every state; notes of an unknown id are refused as actions are.
//! * Both ends of a time window belong to it; the list is sorted newest first.
//! * Details of an order with several returns give the newest; without any of its three
//!   parameters the answer is that of an unknown id.
//! * ASN dates apply to `created_at`, its `id` is the **return** id on every row, and a `to`
//!   without a time means the beginning of that day.
//! * The label of a return is made with it, if [`NewReturn::tracking`] is set.
//! * A 404 whose form is not known has `code` and `message`; so have the refusals of labels that
//!   Loop buys.
//! * Removal refuses every state in which a process request would be refused, and names an
//!   unknown id with 403, never with 200. A line with the outcome `default` shares that of its
//!   return.
//! * Grading or assessing a line again replaces what was there, and neither changes `updated_at`.
//!   The list shows the shorter of the two key sets that were seen, details the longer, both with
//!   the grade as a text. `Grade A` is the only category at the start. A line of another shop is
//!   422 before `2026-10`. An `inspected_at` that is no date is refused.
//! * A fraud report can be withdrawn once, with 204; the id is checked before the fields.
//! * Loop buys labels for open returns only, and a label that exists is named before the state.
//!   The new label is there at once, with status `new`, and replaces a regenerated one. Labels do
//!   not change `updated_at`. Without a label to regenerate the code is
//!   `return_cannot_receive_label`.
//! * Label requests are listed oldest first; errors can be reported on any, a label only for one
//!   that is issued. `POST /labels` answers 201, and 200 in `2026-07` and `v1`; labels that Loop
//!   bought cannot be updated. The topic `label.request` is the only one with a body for its
//!   triggers; so it is with `happy.returns.shipment`, `restock` and `giftcard`.
//! * Creating a destination answers 200; `enabled` is true unless said otherwise, an update needs
//!   the fields of create, and nothing ties a return to a destination that exists.
//! * A deep link is made for any order that some return or the orders API named, whatever `zip`
//!   says, and is the same every time. The text in its 400 is `ORDER_NOT_FOUND`. The QR image is
//!   not served.
//! * Shipments are found by `created_at`; `to` alone asks for the 24 hours before it.
//! * A listing has 15 entries a page and takes the same value twice; deleting answers 204.
//! * A cart holds variants of present return lines and those of [`Sandbox::add_variant`].
//! * An order is the JSON object that was sent, with an id from here: no field but `created_at` is
//!   checked. The list is `{"orders": […]}` without pages, an upsert goes by `id`, an update
//!   replaces, deleting answers 204. Orders of returns are not among them. Return eligibility has
//!   no items, and `advisory` is null.
//! * Regenerating a label without the scope is 403, the only call for which that is documented.
//!   `orders` opens the orders API.
//! * A webhook whose receiver cannot be reached counts as one that is answered with an error,
//!   for retries and for the deactivation of its subscription.
//! * Processing of a Reshop return ([`NewReturn::is_reshop`]) is refused in the states in which
//!   that of any other is, and skipped after the removal of lines too.

mod answer;
mod backstage;
mod builder;
mod core;
mod faults;
mod form;
mod grading;
mod http;
mod ids;
mod limit;
mod list;
mod model;
mod moment;
mod money;
mod outbox;
mod pages;
mod php;
mod query;
mod refused;
mod render;
mod retries;
mod scopes;
mod shop;
mod shopper;
mod subscriptions;
mod truth;
mod world;

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;

pub use builder::{Processing, SandboxBuilder};
pub use faults::{Fault, FaultId, On, OnWebhook, ReleaseOrder, WebhookFault};
pub use retries::WebhookRetries;
pub use shopper::{NewLine, NewReturn};
pub use truth::{Delivery, DeliveryOutcome, RecordedCall, ReturnTruth};

use self::core::Core;
use self::model::State;

/// A running stand-in for Loop; see the [module documentation](self).
///
/// Clones share the server, which stops when the last of them is dropped.
#[derive(Clone)]
pub struct Sandbox {
    server: Arc<Server>,
}

struct Server {
    core: Arc<Core>,
    /// Held, never used: dropping it stops the server.
    _stop: oneshot::Sender<()>,
    delivering: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.delivering.abort();
    }
}

impl Sandbox {
    /// Starts a sandbox with the default settings on a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// As [`SandboxBuilder::start`].
    pub async fn start() -> std::io::Result<Sandbox> {
        Sandbox::builder().start().await
    }

    /// Sets up a sandbox before it starts.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }

    fn new(core: Arc<Core>, stop: oneshot::Sender<()>, delivering: AbortHandle) -> Sandbox {
        Sandbox {
            server: Arc::new(Server {
                core,
                _stop: stop,
                delivering,
            }),
        }
    }

    /// `http://127.0.0.1:PORT/api`; the version follows after a slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.core().base_url
    }

    /// The key for the header `X-Authorization`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.core().api_key
    }

    /// The secret that signs webhooks.
    #[must_use]
    pub fn webhook_secret(&self) -> &str {
        &self.core().webhook_secret
    }

    // What people do outside of the API.

    /// A shopper submits a return, which begins `open`. Gives back the Loop return id and queues
    /// the webhook `return.created`.
    pub fn create_return(&self, new: NewReturn) -> u64 {
        self.core().act(|world, now| world.create(new, now))
    }

    /// The merchant in the admin, the carrier or time itself moves a return to a state. Any text
    /// is taken, as Loop's states are an open set; `open` lifts a flag, because that is what a
    /// review ends in.
    ///
    /// Queues `return.updated`, and `return.closed` if the return becomes closed. False if there
    /// is no such return.
    pub fn set_state(&self, id: u64, state: &str) -> bool {
        let state = State::named(state);
        self.core()
            .act(|world, now| world.set_state(id, state, now))
    }

    /// The merchant removes a line in the admin. Queues `return.updated`. The return stays as it
    /// is otherwise, even without lines. False if there is no such return or line.
    pub fn remove_line(&self, id: u64, line_item_id: u64) -> bool {
        self.core()
            .act(|world, now| world.remove_line(id, line_item_id, now))
    }

    /// Carries out every accepted process request that still waits, oldest first, and says how
    /// many there were.
    pub fn finish_processing(&self) -> usize {
        self.core().act(world::World::carry_out_all)
    }

    /// The oldest waiting process request of this return fails: its state stays, and
    /// `return.processing.failed` is queued. False if none waits.
    pub fn fail_processing(&self, id: u64, message: &str) -> bool {
        self.core().act(|world, _| world.fail_oldest(id, message))
    }

    /// The merchant's setting "Allow flagged returns to process"; off unless switched on.
    pub fn allow_flagged_to_process(&self, on: bool) {
        self.core()
            .act(|world, _| world.allow_flagged_to_process(on));
    }

    /// From now on no webhook about this return is delivered, and nobody is told.
    pub fn lose_webhooks_of(&self, id: u64) {
        self.core().lose_webhooks_of(id);
    }

    // What an independent observer can know.

    /// Waits until every queued webhook was delivered, lost or given up, and with
    /// [`Processing::Immediate`] until accepted process requests were carried out. It does not
    /// wait for requests that are held or delayed, nor for webhooks that are held.
    pub async fn webhooks_delivered(&self) {
        self.core().outbox.idle().await;
    }

    /// What really happened to each return, by id.
    #[must_use]
    pub fn truth(&self) -> Vec<ReturnTruth> {
        self.core()
            .read(|world, _| world.returns().map(model::Return::truth).collect())
    }

    /// Every request that arrived, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.core().calls()
    }

    /// Every webhook that was due to a subscription and is no longer pending, in order.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.core().outbox.log()
    }

    fn core(&self) -> &Core {
        &self.server.core
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
