//! How many calls to Loop a settled return costs, beside the floor of one write and a share of a
//! page: `cargo bench --workspace --bench calls`.
//!
//! A shop in a steady state: every day as many returns are submitted, received and closed as on
//! the day before. Time is moved by hand, pulls and settling passes run as in `service.toml`, and
//! the calls of some hours are counted.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a benchmark ends by panicking, and its numbers are small"
)]

#[path = "../shop/mod.rs"]
mod shop;

use std::collections::{BTreeMap, HashMap};

use ams_loop_bridge::ledger::MemoryLedger;
use ams_loop_bridge::{Bridge, Policy};
use ams_oms_client::{Condition, MemoryOms, Warehouse as _};
use loop_ams_benches::{Table, ratio};
use loop_client::Call;
use loop_client::webhook::WebhookVerifier;

use shop::{Calls, HandClock, SECRET, Shop, at, key, merchant, receipt, webhook};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// What one key may send in an hour.
const ALLOWED: f64 = 300.0 * 60.0;
/// When the measured hours begin: what is received by then was submitted after the beginning.
const START: i64 = 20 * DAY;

/// Then what was received in the end is closed too.
const AFTERWARDS: i64 = 30 * MINUTE;

#[derive(Clone, Copy)]
struct Scene {
    name: &'static str,
    a_day: u64,
    hours: i64,
    /// Of a hundred webhooks so many arrive.
    webhooks: u32,
    /// Of a hundred returns so many have a damaged unit.
    damaged: u32,
    /// How long a parcel is on its way, at least and at most.
    way: (i64, i64),
    /// The warehouse books receipts in once in so long.
    wave: i64,
    pull_every: i64,
}

/// What happens in the measured hours, by second.
enum Event {
    Submitted,
    Received,
}

#[derive(Default)]
struct Sums {
    calls: Calls,
    settled: u64,
    flagged: u64,
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut kinds = Table::new(&[
        "Scenario",
        "A day",
        "Settled",
        "Process",
        "Flag",
        "Note",
        "Details",
        "List",
        "ASN",
        "All",
        "Per return",
        "By floor 1.003",
        "Polling's share",
        "Returns an hour by one key",
    ]);
    for scene in scenes() {
        let busy = runtime.block_on(run(scene));
        let quiet = runtime.block_on(run(Scene { a_day: 0, ..scene }));
        let of = |call| busy.calls.of(call);
        let done = busy.settled + busy.flagged;
        let all = busy.calls.all() as f64;
        let fixed = quiet.calls.all() as f64;
        let per_return = all / done as f64;
        // What polling costs that finds nothing does not grow with the returns.
        let marginal = (all - fixed) / done as f64;
        let hours = (scene.hours * HOUR + AFTERWARDS) as f64 / HOUR as f64;
        let carried = (ALLOWED - fixed / hours) / marginal;
        kinds.row([
            scene.name.to_owned(),
            scene.a_day.to_string(),
            done.to_string(),
            of(Call::Process).to_string(),
            of(Call::Flag).to_string(),
            of(Call::CreateNote).to_string(),
            of(Call::ReturnDetails).to_string(),
            of(Call::ListReturns).to_string(),
            of(Call::AsnReport).to_string(),
            busy.calls.all().to_string(),
            format!("{per_return:.3}"),
            ratio(per_return / 1.003),
            format!("{:.0} %", 100.0 * fixed / all),
            format!("{carried:.0}"),
        ]);
    }
    println!("{kinds}");
}

fn scenes() -> Vec<Scene> {
    let parcels = Scene {
        name: "webhooks and pulls",
        a_day: 500,
        hours: 24,
        webhooks: 100,
        damaged: 0,
        way: (2 * DAY, 12 * DAY),
        wave: MINUTE,
        pull_every: 5 * MINUTE,
    };
    let mut scenes = Vec::new();
    for (a_day, hours) in [(500, 24), (5_000, 6), (50_000, 2)] {
        let parcels = Scene {
            a_day,
            hours,
            ..parcels
        };
        scenes.push(parcels);
        scenes.push(Scene {
            name: "polling only",
            webhooks: 0,
            ..parcels
        });
        scenes.push(Scene {
            name: "10 % of webhooks lost",
            webhooks: 90,
            ..parcels
        });
    }
    let many = Scene {
        a_day: 50_000,
        hours: 2,
        ..parcels
    };
    scenes.push(Scene {
        name: "5 % damaged",
        damaged: 5,
        ..many
    });
    scenes.push(Scene {
        name: "pulls every 15 minutes",
        pull_every: 15 * MINUTE,
        ..many
    });
    scenes.push(Scene {
        name: "booked in once an hour",
        wave: HOUR,
        ..many
    });
    scenes.push(Scene {
        name: "submitted two hours before",
        way: (HOUR, 2 * HOUR),
        ..many
    });
    scenes.push(Scene {
        name: "the same, booked in once an hour",
        way: (HOUR, 2 * HOUR),
        wave: HOUR,
        ..many
    });
    scenes
}

/// The calls of the measured hours.
async fn run(scene: Scene) -> Sums {
    let mut random = fastrand::Rng::with_seed(8);
    let clock = HandClock::default();
    let (shop, oms) = (Shop::new(clock.clone()), MemoryOms::new());
    let mut policy = Policy::processing();
    // What was submitted before is known by its webhooks, whatever the scenario.
    policy.pull.first_look_back_hours = 1;
    let ledger = MemoryLedger::new();
    let bridge = Bridge::new(merchant(), shop.clone(), oms.clone(), ledger)
        .with_policy(policy)
        .unwrap()
        .with_clock(clock.clone())
        .with_webhooks(WebhookVerifier::new([SECRET]).unwrap());

    let end = START + scene.hours * HOUR;
    let mut submitted = HashMap::new();
    let mut events = BTreeMap::<i64, Vec<(u64, Event)>>::new();
    let earliest = START - scene.way.1;
    let returns = scene.a_day as i64 * (end - earliest) / DAY;
    for number in 0..returns {
        let id = 1_000_000 + number as u64;
        let created = earliest + (end - earliest) * number / returns;
        let received = created + random.i64(scene.way.0..=scene.way.1);
        let received = received.div_euclid(scene.wave) * scene.wave;
        if received < START && created < START {
            continue;
        }
        submitted.insert(id, created);
        // Of what is on its way beyond the measured hours only Loop needs to know.
        if created < START {
            shop.submit(id, created);
            if received < end {
                clock.set(created);
                tell(&bridge, &mut random, 100, (id, created), false, created).await;
            }
        } else {
            events
                .entry(created)
                .or_default()
                .push((id, Event::Submitted));
        }
        if (START..end).contains(&received) {
            events
                .entry(received)
                .or_default()
                .push((id, Event::Received));
        }
    }
    clock.set(START - 1);
    for before in [2 * HOUR, HOUR, 1] {
        bridge.settle(at(START - before)).await.unwrap();
    }
    bridge.pull(at(START - 1)).await.unwrap();
    bridge.settle(at(START - 1)).await.unwrap();
    shop.take_calls();

    let mut sums = Sums::default();
    for minute in 0..(end - START + AFTERWARDS) / MINUTE {
        let now = START + minute * MINUTE;
        clock.set(now);
        let happened = events.range(now - MINUTE + 1..=now);
        for (_, events) in happened {
            for (id, event) in events {
                let created = submitted[id];
                match event {
                    Event::Submitted => {
                        shop.submit(*id, created);
                        let told = (*id, created);
                        tell(&bridge, &mut random, scene.webhooks, told, false, now).await;
                    }
                    Event::Received => {
                        let is_damaged = random.u32(0..100) < scene.damaged;
                        let condition = if is_damaged {
                            Condition::Damaged
                        } else {
                            Condition::Available
                        };
                        sums.flagged += u64::from(is_damaged);
                        sums.settled += u64::from(!is_damaged);
                        oms.apply(&key(*id), receipt(*id, condition)).await.unwrap();
                    }
                }
            }
        }
        for id in shop.finish(now) {
            let told = (id, submitted[&id]);
            tell(&bridge, &mut random, scene.webhooks, told, true, now).await;
        }
        if now % scene.pull_every == 0 {
            bridge.pull(at(now)).await.unwrap();
        }
        bridge.settle(at(now)).await.unwrap();
    }
    sums.calls = shop.take_calls();
    assert_eq!(shop.processed(), sums.settled, "{}", scene.name);
    assert_eq!(sums.calls.of(Call::Flag), sums.flagged, "{}", scene.name);
    sums
}

/// A webhook, if it arrives.
async fn tell(
    bridge: &Bridge,
    random: &mut fastrand::Rng,
    arrives: u32,
    (id, created): (u64, i64),
    closed: bool,
    now: i64,
) {
    if random.u32(0..100) < arrives {
        let (body, signature) = webhook(id, created, closed);
        let signature = [signature.as_bytes()];
        let reply = bridge
            .accept_webhook(signature, body.as_bytes(), at(now))
            .await;
        assert_eq!(reply.status(), 200);
    }
}
