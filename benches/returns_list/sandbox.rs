//! The sandbox with a hundred thousand returns, as a process of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use loop_client::sandbox::{NewLine, NewReturn, Sandbox};

pub const RETURNS: u32 = 100_000;
/// When the first return is made.
pub const BEGIN: i64 = 1_780_000_000;
/// 201 days after it, which is two windows.
pub const END: i64 = BEGIN + 201 * 86_400;

/// When each return is made, and the state it ends in.
pub fn returns() -> impl Iterator<Item = (i64, &'static str)> {
    (0..RETURNS).map(|number| {
        let state = match number % 20 {
            0 => "review",
            1 => "cancelled",
            2 => "expired",
            3 | 4 => "open",
            _ => "closed",
        };
        (BEGIN + i64::from(number) * 173, state)
    })
}

/// Serves until it is ended. Its address is the only line it prints, once all returns are there.
#[tokio::main(flavor = "current_thread")]
pub async fn serve() {
    let millis = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&millis);
    let sandbox = Sandbox::builder()
        .now(Arc::new(move || clock.load(Ordering::Relaxed)))
        .rate_limit_per_minute(u32::MAX)
        .start()
        .await
        .unwrap();
    for (number, (at, state)) in returns().enumerate() {
        millis.store(at * 1000, Ordering::Relaxed);
        let line = |of: &str| {
            NewLine::new(format!("SHIRT-{}-{of}", number % 5000))
                .price("78.00")
                .barcode("0012345678905")
                .reason("Too small")
        };
        let id = sandbox.create_return(
            NewReturn::new(format!("#{}", 1000 + number))
                .outcome("exchange+refund")
                .customer_email("shopper@example.com")
                .destination_id(20_112)
                .carrier("USPS")
                .tracking("9400100000000000000000")
                .line(line("M"))
                .line(line("L")),
        );
        if state != "open" {
            assert!(sandbox.set_state(id, state));
        }
    }
    println!("{}", sandbox.base_url());
    std::future::pending::<()>().await;
}
