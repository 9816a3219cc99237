use std::ffi::OsString;

use tokio::net::TcpListener;

use super::{Problem, run};

#[tokio::test]
async fn what_it_cannot_work_with_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    for (name, value, mentions) in [
        ("LOOP_API_KEY", "canary", "LOOP_WEBHOOK_SECRET is not set"),
        ("LISTEN", "here", "LISTEN here: "),
        (
            "LISTEN",
            &taken,
            &format!("LISTEN {taken}: Address already in use"),
        ),
        // Of a real account, which this is none of.
        ("LOOP_WEBHOOK_SECRET", "canary", "LOOP_API_KEY"),
    ] {
        let variables = |asked: &str| match asked {
            // Where nothing is wrong it would listen, and run until it is stopped.
            "LISTEN" if name != "LISTEN" => Some(OsString::from("127.0.0.1:0")),
            asked => (asked == name).then(|| OsString::from(value)),
        };
        match run(&variables).await {
            Err(Problem::Setup(it) | Problem::Failed(it)) => {
                assert!(it.contains(mentions) && !it.contains("canary"), "{it}");
            }
            Ok(()) => panic!("{name} is taken"),
        }
    }
}
