//! Clients that take their time, and those that never come to an end.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use reqwest::StatusCode;

use crate::front::Webhook;
use crate::patience::{hold, until};
use crate::service::Service;

/// Connections on which nothing is ever said.
const IDLE: usize = 180;
/// More of them than anybody may have a place for at once.
const CROWD: usize = 320;
const OF_EACH_KIND: usize = 8;
/// Whose answers are more than the kernel keeps for anybody.
const QUESTIONS: usize = 8_000;

const KINDS: [Kind; 5] = [
    Kind::HalfHead,
    Kind::HalfBody,
    Kind::DribblesHead,
    Kind::DribblesBody,
    Kind::NeverReads,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Stops in the middle of its headers.
    HalfHead,
    /// Stops in the middle of its body.
    HalfBody,
    /// A byte of its headers now and then, without end.
    DribblesHead,
    /// The same with its body.
    DribblesBody,
    /// Asks for a lot and reads no answer.
    NeverReads,
}

/// One that is in no hurry.
struct SlowClient {
    stream: TcpStream,
    kind: Kind,
    answer: Vec<u8>,
    is_cut_off: bool,
}

impl SlowClient {
    fn come(service: &Service, kind: Kind) -> Self {
        const START: &str = "POST /webhooks/loop/acme HTTP/1.1\r\nHost: localhost\r\n";
        const BODY: &str = "X-Loop-Signature: c2xvdw==\r\nContent-Length: 100000\r\n\r\n{";
        let (url, said) = match kind {
            Kind::HalfHead => (&service.url, format!("{START}X-Loop-Sig")),
            Kind::DribblesHead => (&service.url, format!("{START}X-Slow: ")),
            Kind::HalfBody | Kind::DribblesBody => (&service.url, format!("{START}{BODY}")),
            // The page is the longest answer that there is.
            Kind::NeverReads => {
                let question = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
                (&service.operators, question.repeat(QUESTIONS))
            }
        };
        let mut stream = connect(url);
        // As much as goes: it may be answered already, or not be listened to.
        drop(stream.write(said.as_bytes()));
        Self {
            stream,
            kind,
            answer: Vec::new(),
            is_cut_off: false,
        }
    }

    /// Goes on, if it is let.
    fn go_on(&mut self) {
        let is_fatal = |error: &std::io::Error| error.kind() != ErrorKind::WouldBlock;
        let speaks = matches!(
            self.kind,
            Kind::DribblesHead | Kind::DribblesBody | Kind::NeverReads
        );
        if speaks && self.stream.write(b" ").is_err_and(|error| is_fatal(&error)) {
            self.is_cut_off = true;
        }
        if self.kind == Kind::NeverReads {
            return;
        }
        let mut buffer = [0; 512];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.is_cut_off = true,
            Ok(length) => self.answer.extend(&buffer[..length]),
            Err(error) => self.is_cut_off |= is_fatal(&error),
        }
    }
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Everybody else is served meanwhile.
pub(crate) async fn clients_are_cut_off(service: &Service, real: &Webhook) {
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(&service.url)).collect();
    let all = KINDS.iter().flat_map(|kind| [*kind; OF_EACH_KIND]);
    let mut slow: Vec<SlowClient> = all.map(|kind| SlowClient::come(service, kind)).collect();
    everybody_else_is_served(service, real).await;
    let cut_off = idle.iter().filter(|it| !is_open(it)).count();
    assert_eq!(
        cut_off, 0,
        "others are served beside those that say nothing, not after them"
    );
    until("slow clients to be cut off", async || {
        everybody_else_is_served(service, real).await;
        slow.iter_mut().for_each(SlowClient::go_on);
        let waiting: Vec<_> = slow.iter().filter(|it| !it.is_cut_off).collect();
        let kinds: Vec<_> = waiting.iter().map(|it| it.kind).collect();
        hold(kinds.is_empty(), || format!("{kinds:?}"))
    })
    .await;
    for it in &slow {
        let answer = String::from_utf8_lossy(&it.answer);
        let is_told = answer.is_empty() || answer.starts_with("HTTP/1.1 408");
        assert!(is_told, "{:?} was answered: {answer}", it.kind);
    }
    drop(idle);
    let crowd: Vec<TcpStream> = (0..CROWD).map(|_| connect(&service.url)).collect();
    everybody_else_is_served(service, real).await;
    drop(crowd);
}

/// Some that keep it from stopping for a while, but no longer.
pub(crate) fn clients_who_stay(service: &Service) -> Vec<TcpStream> {
    let kinds = [Kind::HalfHead, Kind::HalfBody];
    let slow = kinds.map(|kind| SlowClient::come(service, kind).stream);
    slow.into_iter().chain([connect(&service.url)]).collect()
}

async fn everybody_else_is_served(service: &Service, real: &Webhook) {
    assert_eq!(service.send(real).await, Some(StatusCode::OK));
    assert_eq!(service.get("/healthz").await.0, StatusCode::OK);
    assert_eq!(service.get("/metrics").await.0, StatusCode::OK);
}

fn is_open(stream: &TcpStream) -> bool {
    let peeked = stream.peek(&mut [0]);
    peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}
